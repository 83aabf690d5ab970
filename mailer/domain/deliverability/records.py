"""The DNS records that a list publishes, as they are shown to people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailer.domain.access.alignment import canonical
from mailer.domain.deliverability.dkim_record import PublicKey


class Record(NamedTuple):
    """A record to publish."""

    name: str
    kind: str
    """`TXT` or `MX`."""
    value: str
    """Of a TXT: the text, not split into strings."""
    purpose: str
    """`dkim`, `spf`, `dmarc`, `tls_rpt`, `mx`."""

    @property
    def zone(self) -> str:
        """Return it as a line of a zone file."""
        if self.kind != "TXT":
            return f"{self.name}. IN {self.kind} {self.value}"
        pieces = strings(self.value)
        written = (
            f"( {' '.join(pieces)} )"
            if len(pieces) > 1 or self.purpose == "dkim"
            else "".join(pieces)
        )
        return f"{self.name}. IN TXT {written}"


def dkim(key: PublicKey) -> Record:
    """Return the record of a key."""
    return Record(key.name, "TXT", key.record, "dkim")


def beginning(domain: str, author: str = "", senders: Iterable[str] = ()) -> list[Record]:
    """Return the records that a list begins with: SPF and DMARC.

    Args:
        domain: the list's.
        author: the domain of the From address; empty: the same.
        senders: terms that name who sends, such as `ip4:192.0.2.1`; none: those of the MX.
    """
    named = " ".join(senders) or "mx"
    of = canonical(author) or domain
    return [
        Record(domain, "TXT", f"v=spf1 {named} ~all", "spf"),
        Record(f"_dmarc.{of}", "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}", "dmarc"),
    ]


def tls_reports(domain: str) -> Record:
    """Return the record that asks for reports of TLS on mail to a domain (RFC 8460 section 3)."""
    value = f"v=TLSRPTv1; rua=mailto:postmaster@{domain}"
    return Record(f"_smtp._tls.{domain}", "TXT", value, "tls_rpt")


def strings(text: str) -> list[str]:
    """Split a TXT record into quoted strings of at most 255 bytes (RFC 1035 section 3.3)."""
    return [f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)]
