"""Hands mail to the intake from an event loop: what arrives together is written together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mailer.domain.inbound.received import Incoming
from mailer.services.inbound.group_commit import GroupCommit
from mailer.services.inbound.intake import LOT, Kept

MOST_MAILS: Final = LOT
MOST_BYTES: Final = 8_000_000
"""The bytes of one transaction; a single mail may be larger."""
PATIENCE_SECONDS: Final = 60.0
"""The time for which a sender waits for the store; clients wait ten minutes for the reply to their
final dot (RFC 5321 section 4.5.3.2.6)."""


class Committer(GroupCommit[Incoming, Kept]):
    """One writer for all connections.

    A mail whose sender gave up is kept, and known when it comes again.
    """

    def __init__(self, receive: Callable[[Sequence[Incoming]], list[Kept]]) -> None:
        """Commit mail by `receive`, which is called in a thread, one call at a time."""
        super().__init__(
            receive,
            most=MOST_MAILS,
            octets=lambda mail: len(mail.content),
            most_octets=MOST_BYTES,
            patience=PATIENCE_SECONDS,
        )
