"""A mail that came in: what is known of it before and after it is read, and its states."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mailer.domain.inbound.inbox import Item


class Way(StrEnum):
    """The way by which a mail came in."""

    LMTP = "lmtp"
    SMTP = "smtp"
    PIPE = "pipe"
    IMAP = "imap"


class MailState(StrEnum):
    """The state of a mail."""

    UNREAD = "unread"
    """A worker has yet to read it."""
    HELD = "held"
    """Read, and answered later: strangers asked for too many answers at once."""
    HANDLED = "handled"
    """Read, and what follows from it was done."""
    WAITING = "waiting"
    """Read, and a person has to look at it: nothing is dropped (law 11)."""
    QUARANTINED = "quarantined"
    """It could not be read: something of ours failed on it."""
    CITED = "cited"
    """Handled; a subscriber's consent rests on it, and it stays for as long as that does."""


READ: Final = (MailState.HANDLED, MailState.WAITING, MailState.QUARANTINED)
OPEN: Final = (MailState.UNREAD, MailState.HELD)
"""The states of mail that a worker reads, now or later."""
FREE: Final = frozenset({MailState.HANDLED, MailState.CITED})
"""Nobody waits for these: they count in no quota."""
NEXT: Final[Mapping[MailState, frozenset[MailState]]] = {
    MailState.UNREAD: frozenset({*READ, MailState.HELD}),
    MailState.HELD: frozenset({*READ, *OPEN}),
    MailState.HANDLED: frozenset({MailState.UNREAD}),
    MailState.CITED: frozenset(),
    MailState.WAITING: frozenset({MailState.UNREAD}),
    MailState.QUARANTINED: frozenset({MailState.UNREAD}),
}
"""The states that may follow a state. Back to unread: a person had it put into the queue again.
Reading twice (a job ran twice) finds no way from a state that was read, and does nothing."""
SETTLED: Final = frozenset({MailState.WAITING, MailState.QUARANTINED, MailState.HANDLED})
"""The states from which a mail is handled as soon as a person dealt with it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail as it is handed over: envelope and bytes."""

    way: Way
    sender: str
    """Envelope sender; empty for the null one (RFC 5321 section 4.5.5)."""
    recipients: tuple[str, ...]
    """The envelope's recipients that are ours, as they were written; one at least."""
    content: bytes
    peer: str = ""
    """Its origin: an IP address, a mailbox, or empty."""
    connection: str = ""
    """Names the connection that it came over, to a listener; empty elsewhere."""

    @property
    def digest(self) -> str:
        """Name the mail by all that makes it this one: a sender that tries again sends the same.

        The way is not part of it, so that what came by two ways is taken once.
        """
        found = hashlib.blake2b(digest_size=16)
        for part in (self.sender, *sorted(self.recipients)):
            found.update(part.encode("utf-8", "surrogateescape") + b"\0")
        found.update(b"\0" + self.content)
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Received:
    """One mail that is kept."""

    number: int
    state: MailState
    way: Way
    sender: str
    recipients: tuple[str, ...]
    peer: str
    at: datetime
    size: int
    """Octets, as it came."""
    kind: str = ""
    """The kind that it was understood as; empty until it is read."""
    command: str = ""
    """The command that it holds and its argument, or empty."""
    reason: str = ""
    """The reason for its state, for people."""
    attempts: int = 0
    """The number of times that a worker began to read it."""
    begun: float = 0.0
    """The instant at which a worker last began (Unix seconds)."""
    connection: str = ""
    """Names the connection that it came over; empty if it came by no listener."""
    held: int = 0
    """The number of times that its answer was put off."""
    charge: int = 0
    """The octets that it counts in its shares of the room."""
    shares: tuple[str, ...] = ()
    """The shares in which it counts; see `mailer.domain.inbound.quotas`."""
    digest: str = ""
    """The digest of the whole (SHA-256, hexadecimal), if only its beginning is kept."""
    released: bool = False
    """True if a person had it read again: then it is answered whatever the limits say."""
    item: Item | None = None
    """What the inbox knows of it; None: no person has to see it."""
