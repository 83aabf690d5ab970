"""Origin of a mail, as far as it can be known: the key of limits and quotas."""

from __future__ import annotations

from typing import NamedTuple

from mailer.config import Settings
from mailer.domain.inbound.received import Incoming, Received, Way
from mailer.message.incoming.received_from import client_of
from mailer.services.inbound.believing import came_through


class Origin(NamedTuple):
    """The party that handed a mail over to us, or to our mail server."""

    client: str
    """An IP address; empty: nobody knows."""
    direct: bool
    """True if it came straight from there, not through a mail server of ours."""


def origin_of(settings: Settings, mail: Incoming | Received, content: bytes) -> Origin:
    """Tell it by the connection, or by what a mail server of ours wrote into the mail."""
    if not came_through(settings, mail):
        return Origin(mail.peer, direct=True)
    peer = mail.peer if mail.way is not Way.IMAP else ""
    return Origin(client_of(content) or peer, direct=False)
