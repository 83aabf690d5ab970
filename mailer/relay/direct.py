"""Makes a transport of whatever can carry one message: a folder, a command, a provider's API.

It takes as many envelopes at once as it may, judges the answers as those of a relay, and leaves the
carrier alone for a while when that fails, with nothing taken in vain.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final, Protocol

from mailer.domain.campaigns.delivery import Attempt, Outcome, deferred, put_back, unknown
from mailer.domain.settings.transport_url import TransportUrl
from mailer.errors import RelayError
from mailer.relay.breaker import MOST_REFUSALS, Breaker
from mailer.relay.envelope import Envelope
from mailer.relay.feeding import Feeding
from mailer.relay.limits import Backoff
from mailer.relay.transport import Wait

LATE_SECONDS: Final = 10.0
"""A message that is being carried for longer is late."""
URGENT_TIMES: Final = 2
"""Urgent mail may be carried beside as much other mail as may be at once: up to so many times."""


class Carrier(Protocol):
    """Hands over one message at a time, or several at once, each by a call of its own."""

    async def ready(self) -> None:
        """Make sure that mail can be handed over; called before the first, and after a failure.

        Raises:
            RelayError: it cannot, in words for people.
        """

    async def carry(self, envelope: Envelope) -> Attempt:
        """Hand a message over.

        Returns:
            How it ended, by the constructors of `domain.campaigns.delivery`: accepted only once it
            is safe there; unknown if nobody can tell.

        Raises:
            RelayError: it was not handed over, for a reason that is not the message's: it goes
                again later, and nothing is handed over for a while.
            asyncio.CancelledError: it is to be given up; it ends as unknown.
        """

    async def close(self) -> None:
        """Close what is kept between messages."""


class Direct(Feeding):
    """A transport that hands each envelope to a carrier."""

    def __init__(
        self,
        url: TransportUrl,
        carrier: Carrier,
        *,
        connections: int = 16,
        refusals: int = MOST_REFUSALS,
        backoff: Backoff | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Use the carrier within the given limits.

        Args:
            url: what the settings call it.
            carrier: hands the messages over.
            connections: most messages at once.
            refusals: so many equal refusals in a row are about us.
            backoff: how it is left alone when it fails.
            jitter: random numbers in [0, 1) that spread the waits.
        """
        super().__init__()
        self._url, self._carrier, self._most = url, carrier, connections
        self._breaker = Breaker(refusals)
        self._backoff, self._jitter = backoff or Backoff(), jitter
        self._tasks: dict[asyncio.Task[None], float] = {}
        """Messages that are being carried, and since when, by the loop's clock."""
        self._sure = False
        """A message was carried, and nothing failed since."""
        self._problem = ""
        self._failures = 0
        self._waiting: asyncio.TimerHandle | None = None
        """Set while it is left alone."""
        self._reason = ""
        """The reason why what was in flight was cut off."""

    # What senders call, beside what every transport has.

    @property
    def problem(self) -> str | None:
        """Tell why nothing can be handed over at present, if so; in words for people."""
        return f"{self._url.name}: {self._problem}" if self._problem else None

    def failing(self) -> dict[str, str]:
        """Return what is wrong, by the transport's name, if it takes no mail at present."""
        return {self._url.name: self._problem} if self._problem else {}

    def refusals(self) -> dict[str, str]:
        """Return what it says if it refuses all our mail, by its name."""
        return {self._url.name: self._breaker.reason} if self._breaker.open else {}

    def waits(self) -> dict[str, Wait]:
        """Return how many messages have been carried for long, by the transport's name."""
        now = asyncio.get_running_loop().time()
        late = [since for since in self._tasks.values() if now - since > LATE_SECONDS]
        return {self._url.name: Wait(len(late), min(late))} if late else {}

    def next_try(self) -> float | None:
        """Return in how many seconds it is tried again, if it is left alone."""
        if self._waiting is None:
            return None
        return max(0.0, self._waiting.when() - asyncio.get_running_loop().time())

    def hosts(self) -> list[str]:
        """Name it as rate limits do."""
        return [self._url.host]

    async def close(self) -> None:
        """Cut off what is in flight; drain first for a clean end."""
        self._stopping = self._closed = True
        if self._waiting is not None:
            self._waiting.cancel()
        self._cut_off("the transport was closed")
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._let_go()
        await self._carrier.close()

    # The messages.

    def _wake(self) -> None:
        """Fetch as many envelopes as may be carried now."""
        while not self._stopping and not self._dry and self._may_take():
            envelope = self._next()
            if envelope is None:
                return
            self._in_flight += 1
            self._breaker.hand(envelope)
            loop = asyncio.get_running_loop()
            task = loop.create_task(self._carry(envelope))
            self._tasks[task] = loop.time()
            task.add_done_callback(self._carried)

    def _may_take(self) -> bool:
        """Tell whether one more may be carried: where that is in doubt, one as a probe."""
        if self._waiting is not None:
            return False
        return len(self._tasks) < (self._most * URGENT_TIMES if self._sure else 1)

    def _next(self) -> Envelope | None:
        """Ask for the next envelope; the urgent feed alone once others take up all room."""
        try:
            if self._sure and len(self._tasks) >= self._most:
                found = self._feeds.next_urgent(self._url)
                return found if isinstance(found, Envelope) else None
            found = self._feeds.next(self._url)
        except Exception as error:  # noqa: BLE001 - comes out of idle(), where it is awaited
            self._fail(error)
            return None
        if isinstance(found, Envelope):
            return found
        self._dry, self._more = True, found is not None
        self._look_if_quiet()
        return None

    async def _carry(self, envelope: Envelope) -> None:
        try:
            if not self._sure:
                await self._carrier.ready()
            attempt = await self._carrier.carry(envelope)
        except RelayError as error:
            self._leave_alone(str(error))
            attempt = put_back(deferred(error.reply, error.enhanced, str(error)))
            self._settle(envelope, attempt)
        except asyncio.CancelledError:
            self._settle(envelope, unknown(self._reason))
        except Exception as error:  # noqa: BLE001 - a defect, which comes out of idle()
            self._settle(envelope, unknown(f"{type(error).__name__} while it was handed over"))
            self._fail(error)
        else:
            self._hear(envelope, attempt)

    def _carried(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if task.cancelled() or (error := task.exception()) is None:
            self._wake()
        else:
            self._fail(error if isinstance(error, Exception) else RuntimeError(str(error)))

    def _hear(self, envelope: Envelope, attempt: Attempt) -> None:
        """Pass an outcome to the feed, or hold it back until it is clear what it means."""
        breaker, was_open = self._breaker, self._breaker.open
        if attempt.outcome is Outcome.ACCEPTED:
            for held in breaker.accept(envelope):
                self._settle(*held)
        if not breaker.open and self._waiting is None:
            self._sure, self._problem, self._failures = True, "", 0
        if attempt.outcome is Outcome.ACCEPTED:
            self._settle(envelope, attempt)
        else:
            for settled in breaker.hear(envelope, attempt):
                self._settle(*settled)
            self._look_if_quiet()
        if breaker.open:
            self._leave_alone(breaker.reason)
        elif attempt.outcome is Outcome.UNKNOWN:  # or the others would end so, too
            self._leave_alone(attempt.text)
        elif was_open:
            self.poke()

    def _let_go(self) -> None:
        over = self._stopping or (self._dry and not self._more)
        if not self._breaker.held or self._breaker.held < self._in_flight or not over:
            return
        for settled in self._breaker.let_go(stopping=self._stopping):
            self._settle(*settled)
        if self._breaker.open:
            self._leave_alone(self._breaker.reason)

    def _cut_off(self, reason: str) -> None:
        self._reason = reason
        for task in self._tasks:
            task.cancel()

    def _leave_alone(self, reason: str) -> None:
        self._sure, self._problem = False, reason
        if self._waiting is None and not self._closed:
            self._failures += 1
            wait = self._backoff.after(self._failures, self._jitter())
            self._waiting = asyncio.get_running_loop().call_later(wait, self._try_again)

    def _try_again(self) -> None:
        self._waiting = None
        self._dry = False  # what was put back since may be due
        self._wake()
