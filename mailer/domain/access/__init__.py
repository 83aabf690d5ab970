"""Who may cause what: signed tokens, the table of entitlement, and alignment of domains."""
