"""SMTP out: the client that hands messages to a relay, and its pool of connections."""
