"""Identity of the client before our mail server, by the Received fields that it added.

Each server puts its own field above the others (RFC 5321 section 4.4), so that the topmost are our
own server's and tell the truth; what is below the first that names somebody outside may be forged.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.domain.settings.networks import parsed, within
from mailer.message.incoming.mime import read_fields

HOUSE: Final = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
    *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
)
"""Addresses that nobody outside has (RFC 6890)."""
_MOST: Final = 6
"""Hops within one's own house: filters, gateways."""
_HEADER_BYTES: Final = 64 * 1024
_LONGEST: Final = 2000
_FROM: Final = re.compile(r"\s*from\s", re.IGNORECASE)
_BY: Final = re.compile(r"\sby\s", re.IGNORECASE)
_CLAIMED: Final = re.compile(r"\b(?:helo|ident|envelope-from)[= ]\S+", re.IGNORECASE)
"""The client's claims about itself."""
_ADDRESS: Final = re.compile(r"[\[(](?:IPv6:)?([0-9a-f.:]{3,45})[\])]", re.IGNORECASE)
"""As Postfix, Exim, sendmail, qmail and Exchange write it."""


def client_of(content: bytes) -> str:
    """Return the IP address of the client that is named topmost and is not within our own house.

    Empty: none is named. Never raises.
    """
    head = content[:_HEADER_BYTES].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    fields = read_fields(head.decode("latin-1").replace("\r\n", "\n"))
    hops = [value[:_LONGEST] for name, value in fields if name.lower() == "received"]
    for hop in hops[:_MOST]:
        found = _address(hop)
        if not found and _FROM.match(hop):
            return ""  # what stands below it may be forged
        if found and not within(found, HOUSE):
            return found
    return ""


def _address(hop: str) -> str:
    """Read one field; first stands the name by which a client greets, so the last one counts."""
    before = _CLAIMED.sub("", _BY.split(hop, maxsplit=1)[0])
    for text in reversed(_ADDRESS.findall(before)):
        address = parsed(text)
        if address is not None:
            return str(address)
    return ""
