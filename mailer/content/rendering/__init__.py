"""A document as HTML mail, plain text and web page."""
