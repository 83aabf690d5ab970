"""`mailer campaigns`: test, send or schedule an edition, and watch it go out."""
