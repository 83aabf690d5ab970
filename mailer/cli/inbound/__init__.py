"""`mailer inbound`: mail that comes in."""
