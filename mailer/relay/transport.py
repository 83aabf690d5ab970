"""The interface that senders need of whatever hands their messages over."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mailer.relay.envelope import Envelope, Feed


class Wait(NamedTuple):
    """The answers of one relay that are late."""

    late: int = 0
    """Connections that wait for one."""
    since: float = 0.0
    """Since when the oldest is awaited, by the loop's clock."""
    silent: bool = False
    """The relay answers nothing at all."""


class Transport(Protocol):
    """Takes envelopes from feeds, hands them over, and tells the feeds how each ended.

    Belongs to one event loop. `RelayPool` is one, for SMTP; `Direct` makes one of anything that can
    carry a single message (`Carrier`).
    """

    @property
    def in_flight(self) -> int:
        """Return how many envelopes were taken and not settled."""

    @property
    def problem(self) -> str | None:
        """Tell why nothing can be handed over at present, if so; in words for people."""

    def failing(self) -> dict[str, str]:
        """Return what is wrong with those relays that get no mail at present, by their names."""

    def refusals(self) -> dict[str, str]:
        """Return what the relays say that refuse all our mail, by their names."""

    def waits(self) -> dict[str, Wait]:
        """Return for which answers we wait longer than usual, by the relay's name."""

    def next_try(self) -> float | None:
        """Return in how many seconds a relay that is left alone is tried again, if one is."""

    def hosts(self) -> list[str]:
        """List the hosts of the relays that take mail now, as rate limits name them.

        The one to use next is in front.
        """

    def serve(self, feed: Feed, *, urgent: bool = False) -> None:
        """Fetch envelopes from that feed from now on, instead of the one before of its kind."""

    def leave(self, feed: Feed) -> None:
        """Fetch nothing more from a feed; it still hears the outcome of what was taken from it."""

    def recall(self, envelope: Envelope) -> None:
        """Settle an envelope as released, if it was taken and nobody has begun it."""

    def poke(self) -> None:
        """Signal that the feed may have something; may be called at any time in the loop."""

    async def idle(self) -> None:
        """Wait until the feeds have nothing more and nothing is in flight."""

    def raise_failure(self) -> None:
        """Raise what the feed raised, if it did: then nothing more is taken from it."""

    async def drain(self, seconds: float) -> None:
        """Fetch nothing more, and finish what is in flight; after that time, cut it off."""

    async def close(self) -> None:
        """Close all connections; what is still in flight is settled by the laws."""
