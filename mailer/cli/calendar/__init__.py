"""`mailer calendar`: meetings and other dates."""
