"""Where a mail came from, as far as it can be known: what limits and quotas count it by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailer.domain.networks import within
from mailer.domain.received import Way
from mailer.message.received_from import client_of


class Origin(NamedTuple):
    """Who handed a mail over to us, or to our mail server."""

    client: str
    """An IP address; empty: nobody knows."""
    direct: bool
    """True if it came straight from there, by SMTP."""


def origin_of(way: Way, peer: str, content: bytes, trusted: Sequence[str]) -> Origin:
    """Tell it by the connection, or by what a mail server of ours wrote into the mail.

    Args:
        way: how it came in.
        peer: the other end of the connection.
        content: the mail.
        trusted: networks of mail servers that hand mail over by SMTP, and are believed.
    """
    if way is Way.SMTP and not within(peer, trusted):
        return Origin(peer, direct=True)
    return Origin(client_of(content) or (peer if way is not Way.IMAP else ""), direct=False)
