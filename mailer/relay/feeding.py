"""Handling of feeds, common to all transports: asking, telling outcomes, waiting for quiet.

The base of all transports, by inheritance, so that it costs nothing for each message.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

from mailer.domain.campaigns.delivery import Attempt, released
from mailer.relay.envelope import Envelope, Feed
from mailer.relay.feeds import Feeds


class Feeding(ABC):
    """Serves an urgent feed and an ordinary one; belongs to one event loop.

    Starts with no feed.
    """

    def __init__(self) -> None:
        """Start without any feed."""
        self._feeds = Feeds()
        self._in_flight = 0
        self._dry = True
        """The feed had nothing when it was asked last."""
        self._more = False
        """But it will have more, or may have."""
        self._stopping = self._closed = False
        self._failure: Exception | None = None
        self._poked: asyncio.Handle | None = None
        self._waiters: list[asyncio.Future[None]] = []

    @property
    def in_flight(self) -> int:
        """Return how many envelopes were taken and not settled."""
        return self._in_flight

    def serve(self, feed: Feed, *, urgent: bool = False) -> None:
        """Fetch envelopes from that feed from now on, instead of the one before of its kind.

        Args:
            feed: where they come from.
            urgent: asked before the other one.

        Raises:
            RuntimeError: the transport is closed.
        """
        if self._closed:
            raise RuntimeError("This transport is closed; make another one.")
        self._feeds.serve(feed, urgent=urgent)
        if not urgent:
            self._failure = None
        self._stopping = False
        self.poke()

    def leave(self, feed: Feed) -> None:
        """Fetch nothing more from a feed; it still hears the outcome of what was taken from it.

        What was given back and not begun anew is settled as released.
        """
        self._feeds.leave(feed)
        self._more = False
        self._dry = self._dry or self._feeds.empty
        for envelope in self._feeds.returned:
            if envelope.feed is feed:
                self.recall(envelope)
        self._look_if_quiet()

    def recall(self, envelope: Envelope) -> None:
        """Settle an envelope as released, if it was given back and nobody has begun it anew."""
        if self._feeds.recall(envelope):
            self._settle(envelope, released())

    def poke(self) -> None:
        """Signal that the feed may have something; may be called at any time in the loop."""
        self._dry = False
        if self._poked is None and not self._closed:
            self._poked = asyncio.get_running_loop().call_soon(self._answer_poke)

    async def idle(self) -> None:
        """Wait until the feeds have nothing more and nothing is in flight.

        Waits on while nothing can be handed over; `problem` tells, and `drain` ends it.

        Raises:
            Exception: what the feed raised, after what was in flight is settled.
        """
        while not self._is_quiet():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what the feed raised, if it did: then nothing more is taken from it."""
        if self._failure is not None:
            raise self._failure

    async def drain(self, seconds: float) -> None:
        """Fetch nothing more, and finish what is in flight; after that time, cut it off.

        Raises:
            Exception: what the feed raised.
        """
        self._stopping = True
        self._recall_all()
        self._look_if_quiet()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.idle()
        self._cut_off("cut off: it did not finish in time")
        await self.idle()

    @abstractmethod
    def _wake(self) -> None:
        """Ask the feeds again, because there may be something to hand over."""

    @abstractmethod
    def _cut_off(self, reason: str) -> None:
        """End what is in flight at once, and settle it by the laws."""

    def _let_go(self) -> None:  # noqa: B027  # a transport that holds nothing back has none to do
        """Settle what is held back, if nothing is on its way that would tell what it means."""

    def _recall_all(self) -> None:
        for envelope in self._feeds.returned:
            self.recall(envelope)

    def _answer_poke(self) -> None:
        self._poked = None
        self._wake()

    def _settle(self, envelope: Envelope, attempt: Attempt) -> None:
        self._in_flight -= 1
        try:
            if envelope.feed is not None:
                envelope.feed.settle(envelope, attempt)
        except Exception as error:  # noqa: BLE001 - comes out of idle(), where it is awaited
            self._fail(error)
        # What is held back may be all that is left, and then nothing else would let it go.
        if self._dry or self._stopping or not self._in_flight:
            self._look_if_quiet()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._stopping = True
        self._look_if_quiet()

    def _is_quiet(self) -> bool:
        return not self._in_flight and (self._dry or self._stopping)

    def _look_if_quiet(self) -> None:
        self._let_go()
        if self._is_quiet():
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()
