"""How some relays are named in SPF: they send from other addresses than where they take mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

INCLUDES: Final[Mapping[str, str]] = {
    "amazonaws.com": "amazonses.com",
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "googlemail.com": "_spf.google.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "sendgrid.net": "sendgrid.net",
    "mailgun.org": "mailgun.org",
    "postmarkapp.com": "spf.mtasv.net",
    "brevo.com": "spf.brevo.com",
    "sendinblue.com": "spf.brevo.com",
    "mailjet.com": "spf.mailjet.com",
    "mandrillapp.com": "spf.mandrillapp.com",
    "fastmail.com": "spf.messagingengine.com",
    "infomaniak.com": "spf.infomaniak.ch",
    "ovh.net": "mx.ovh.com",
    "gandi.net": "_mailcust.gandi.net",
    "zoho.eu": "zohomail.eu",
    "zoho.com": "zohomail.com",
}
"""Domain of a relay's host -> what its customers include."""


def include_of(host: str) -> str:
    """Return what a relay's customers include in SPF; empty: not known."""
    labels = host.lower().rstrip(".").split(".")
    for at in range(len(labels) - 1):
        if known := INCLUDES.get(".".join(labels[at:])):
            return known
    return ""
