"""`mailer webhooks`: `commands`, and how endpoints are shown (`views`)."""
