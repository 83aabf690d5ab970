"""Who may do what, and what they did: `users`, `tokens` and `audit`."""
