"""Messages that are ready to go, and the source that the relays get them from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from mailer.domain.campaigns.delivery import Attempt
from mailer.domain.settings.transport_url import Destination


@dataclass(slots=True, eq=False)
class Envelope:
    """One message for one recipient, as it travels."""

    number: int
    """The number of its delivery, for the feed; nothing here reads it."""
    sender: str | bytes
    """Envelope sender, without angle brackets; empty for the null sender."""
    recipient: str | bytes
    """Envelope recipient, without angle brackets."""
    content: bytes | Sequence[bytes]
    """Wire form, whole or in parts: CRLF line ends, dots stuffed (RFC 5321 section 4.5.2),
    ending in CRLF, without the final dot."""
    size: int
    """Bytes of the content, for the SIZE extension (RFC 1870)."""
    smtputf8: bool = False
    """True if addresses or headers need SMTPUTF8 (RFC 6531)."""
    feed: Feed | None = field(default=None, repr=False)
    """The feed it was taken from, which hears its outcome; set by the pool."""
    mark: int = 0
    """The number of its relay's refusals known when it was handed over; for the breaker."""


class Nothing(Enum):
    """The answers of a feed that has no envelope, beside `None`."""

    FOR_THIS_RELAY = auto()
    """Only other relays may have what there is."""
    YET = auto()
    """There may be more soon: the feed pokes the pool then, or leaves it."""


class Feed(Protocol):
    """A source of envelopes that also hears their outcomes; called in the event loop.

    Neither method may block for long. What they raise stops the pool and comes out of its
    `idle` and `drain`.
    """

    def take(self, relay: Destination) -> Envelope | Nothing | None:
        """Hand out the next envelope for that relay, or nothing for now.

        After `None` or `YET` the pool asks again only when it is poked; after `FOR_THIS_RELAY`, not
        for that relay.
        """

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Note the outcome: called exactly once for each envelope taken."""
