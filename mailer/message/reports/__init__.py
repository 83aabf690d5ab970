"""Reports that other mail systems send about our domains, as bytes and as facts. Pure.

1. `attached` finds the file of a report in a mail, and unpacks it within bounds.
2. `dmarc` reads aggregate reports (RFC 7489 appendix C), `tls` reads those of TLS (RFC 8460).
3. `reading` does all of it.
"""
