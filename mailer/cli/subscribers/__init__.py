"""`mailer subscribers`: readers."""
