"""Entitlement: signed tokens, the table of who may cause what, and alignment of domains."""
