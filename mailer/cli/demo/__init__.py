"""`mailer demo`: see it all work on one machine."""
