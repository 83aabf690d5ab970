"""The paths of the console's pages to which mails to users lead, below `public_url`."""

from __future__ import annotations

from typing import Final

ACCOUNT: Final = "/console/account"
MAILS: Final = f"{ACCOUNT}#mails"
"""The place at which users choose which mails they get."""
INBOX: Final = "/console/inbox"
OPERATION: Final = "/console/operation"


def campaign(number: int) -> str:
    """Return the page of a campaign: what it is, how it stands, and what can be done."""
    return f"/console/campaigns/{number}"


def report(number: int) -> str:
    """Return the page that tells how a campaign ended."""
    return f"/console/campaigns/{number}/report"


def letter(mail: int) -> str:
    """Return the page of a mail that came in."""
    return f"{INBOX}/{mail}"


def webhook(endpoint: str) -> str:
    """Return the page of an endpoint of web hooks."""
    return f"{OPERATION}/webhooks/{endpoint}"
