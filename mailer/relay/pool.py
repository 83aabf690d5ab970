"""Connections to the relays, opened as they are needed, kept between jobs, and looked after.

The pool asks its feeds for envelopes whenever a connection can take one, the urgent feed first, and
tells the feed that an envelope came from how it ended, even if that feed has left meanwhile: an
answer that comes late keeps nobody else waiting. While no relay can be reached no feed is asked, so
that nothing is claimed in vain.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from mailer.domain.campaigns.delivery import Attempt, Outcome, released
from mailer.domain.settings.relay_url import RelayUrl
from mailer.errors import RelayError
from mailer.relay.breaker import MOST_REFUSALS, Breaker
from mailer.relay.client import Session
from mailer.relay.dial import dial
from mailer.relay.envelope import Envelope, Feed, Nothing
from mailer.relay.feeds import Feeds
from mailer.relay.health import LOOK_SECONDS, Relay, Wait, share_out, usable_hosts
from mailer.relay.limits import Backoff, Limits
from mailer.relay.owner import Loss
from mailer.relay.tls import Contexts

__all__ = ["Backoff", "Limits", "RelayPool", "Wait"]

LONGEST_LOOK: Final = 30.0
"""While no answer comes we look for how long they are awaited more and more seldom, to this."""
SILENT: Final = "gives no answer"


class RelayPool:
    """Hands a feed's envelopes to the relays over as many connections as are useful.

    Belongs to one event loop. Starts with no connection and no feed.
    """

    def __init__(
        self,
        relays: Sequence[RelayUrl],
        *,
        connections: int = 16,
        refusals: int = MOST_REFUSALS,
        limits: Limits | None = None,
        backoff: Backoff | None = None,
        ehlo_name: str | None = None,
        tls: ssl.SSLContext | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take the relays and what bounds their use.

        Args:
            relays: at least one; connections are shared out by their weights.
            connections: most connections at once, to all of them together.
            refusals: so many equal refusals in a row are about us.
            limits: time-outs.
            backoff: how a relay that fails is left alone.
            ehlo_name: what we call ourselves; none: the machine's full name.
            tls: verifies certificates; none: the system's authorities.
            jitter: random numbers in [0, 1) that spread the waits.
        """
        if not relays or connections < 1:
            raise ValueError("A pool needs a relay and a connection: check the relays' settings.")
        self._relays = [Relay(url, breaker=Breaker(refusals)) for url in relays]
        self._connections = connections
        self._limits, self._backoff = limits or Limits(), backoff or Backoff()
        self._ehlo_name, self._tls, self._jitter = ehlo_name, Contexts(tls), jitter
        self._feeds = Feeds()
        self._owners: dict[Session, Relay] = {}
        self._leaving: set[Session] = set()
        """Sessions that are over, whose transport is not closed yet."""
        self._dials: set[asyncio.Task[None]] = set()
        self._taken: dict[Envelope, Relay] = {}
        """Envelopes that are with a session, and their relay."""
        self._in_flight = 0
        self._dry = True
        """The feed had nothing when it was asked last."""
        self._more = False
        """But it will have more, or may have."""
        self._stopping = self._closed = False
        self._failure: Exception | None = None
        self._room = False
        """More connections could be opened: kept ready, since each envelope asks."""
        self._poked: asyncio.Handle | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._watching: asyncio.TimerHandle | None = None
        self._pause = LOOK_SECONDS
        self._look_due = 0.0
        self._share_out()

    # What users call.

    @property
    def in_flight(self) -> int:
        """Return how many envelopes were taken and not settled."""
        return self._in_flight

    @property
    def problem(self) -> str | None:
        """Tell why nothing can be handed over at present, if so; in words for people."""
        if not all(relay.down for relay in self._relays):
            return None
        return "; ".join(f"{relay.url.name}: {relay.problem}" for relay in self._relays)

    def problems(self) -> dict[str, str]:
        """Return what is wrong with each relay that failed last, by its name."""
        return {relay.url.name: relay.problem for relay in self._relays if relay.problem}

    def failing(self) -> dict[str, str]:
        """Return the same for those that get no mail at present: the others carry their share."""
        return {relay.url.name: relay.problem for relay in self._relays if relay.down}

    def waits(self) -> dict[str, Wait]:
        """Return for which answers we wait longer than usual, by the relay's name."""
        return {relay.url.name: relay.wait for relay in self._relays if relay.wait.late}

    def refusals(self) -> dict[str, str]:
        """Return what the relays say that refuse all our mail, by their names."""
        return {one.url.name: one.breaker.reason for one in self._relays if one.breaker.open}

    def next_try(self) -> float | None:
        """Return in how many seconds a relay that is left alone is tried again, if one is."""
        now = asyncio.get_running_loop().time()
        due = [relay.waiting.when() - now for relay in self._relays if relay.waiting is not None]
        return max(0.0, min(due)) if due else None

    def hosts(self) -> list[str]:
        """List the hosts of the relays that take mail now, the one to use next in front."""
        return usable_hosts(self._relays, self._jitter)

    def open_connections(self) -> dict[str, int]:
        """Return how many connections are open, by the relay's name."""
        return {relay.url.name: len(relay.sessions) for relay in self._relays}

    def serve(self, feed: Feed, *, urgent: bool = False) -> None:
        """Take envelopes from that feed from now on, instead of the one before of its kind.

        Args:
            feed: where they come from.
            urgent: asked before the other one.

        Raises:
            RuntimeError: the pool is closed.
        """
        if self._closed:
            raise RuntimeError("This pool is closed; make another one.")
        self._feeds.serve(feed, urgent=urgent)
        if not urgent:
            self._failure = None
        self._stopping = False
        self.poke()

    def leave(self, feed: Feed) -> None:
        """Take nothing more from a feed; it still hears how what was taken from it ends.

        What no session has begun is settled as released.
        """
        self._feeds.leave(feed)
        self._more = False
        self._dry = self._dry or self._feeds.empty
        for envelope in self._feeds.returned:
            if envelope.feed is feed:
                self.recall(envelope)
        self._look_if_quiet()

    def recall(self, envelope: Envelope) -> None:
        """Settle an envelope as released, if it was given back and no session has begun it anew."""
        if self._feeds.recall(envelope):
            self._settle(envelope, released())

    def poke(self) -> None:
        """Say that the feed may have something; may be called at any time in the loop."""
        self._dry = False
        for relay in self._relays:
            relay.dry = False
        if self._poked is None and not self._closed:
            self._poked = asyncio.get_running_loop().call_soon(self._wake)

    async def idle(self) -> None:
        """Wait until the feeds have nothing more and nothing is in flight.

        Waits on while the relays are down; `problem` tells, and `drain` ends it.

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
        """Take nothing more, and finish what is in flight; after that time, cut it off.

        Raises:
            Exception: what the feed raised.
        """
        self._stopping = True
        for envelope in self._feeds.returned:
            self.recall(envelope)
        self._look_if_quiet()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.idle()
        for session in tuple(self._owners):
            if not session.is_idle:
                session.abort("cut off: it did not finish in time")
        await self.idle()

    async def close(self) -> None:
        """Close all connections; what is still in flight is settled by the laws.

        Idle connections are left with a QUIT. Drain first for a clean end.
        """
        self._stopping = self._closed = True
        for timer in (self._watching, *(relay.waiting for relay in self._relays)):
            if timer is not None:
                timer.cancel()
        for task in tuple(self._dials):
            task.cancel()
        for session in tuple(self._owners):
            if session.is_idle:
                session.quit()
            else:
                session.abort("the pool was closed")
        for envelope in self._feeds.returned:
            self.recall(envelope)
        self._let_go()
        await asyncio.gather(*self._dials, return_exceptions=True)
        await asyncio.gather(*(session.closed for session in self._leaving))

    # What sessions call.

    def take(self, session: Session, *, rolling: bool) -> Envelope | None:
        """Give a session the next envelope; open more connections if that seems useful."""
        if self._stopping:
            return None
        relay = self._owners[session]
        envelope = None
        if relay.may_take:
            envelope = self._feeds.again() or self._next_for(relay)
        if envelope is None:
            return None
        self._taken[envelope] = relay
        relay.breaker.hand(envelope)
        if relay.doubted:
            relay.probe = envelope
        if self._room and rolling:
            self._grow()
        return envelope

    def _next_for(self, relay: Relay) -> Envelope | None:
        try:
            found = self._feeds.next(relay.url)
        except Exception as error:  # noqa: BLE001 - comes out of idle(), where it is awaited
            self._fail(error)
            return None
        if isinstance(found, Envelope):
            self._in_flight += 1
            self._dry = relay.dry = False
            if self._watching is None:
                self._watch()
            return found
        relay.dry = found is Nothing.FOR_THIS_RELAY
        if relay.dry:  # for another relay, to which there may be no connection yet
            asyncio.get_running_loop().call_soon(self._grow)
        else:
            self._dry, self._more = True, found is not None
            self._look_if_quiet()
        return None

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Pass an outcome to the feed, or hold it back until it is clear what it means."""
        relay = self._part(envelope)
        relay.answered += bool(attempt.code)  # none: the end of a connection, not its answer
        breaker, was_open = relay.breaker, relay.breaker.open
        if attempt.outcome is Outcome.ACCEPTED:
            for held in breaker.accept(envelope):
                self._settle(*held)
            self._settle(envelope, attempt)
        else:
            for settled in breaker.hear(envelope, attempt):
                self._settle(*settled)
            self._look_if_quiet()
        if was_open or breaker.open:
            self._turn(relay)

    def give_back(self, envelope: Envelope) -> None:
        """Keep an envelope for the next session that asks."""
        self._part(envelope)
        if self._stopping or envelope.feed not in self._feeds:
            self._settle(envelope, released())
        else:
            self._feeds.give_back(envelope)
            self.poke()

    def ended(self, session: Session, loss: Loss, reason: str) -> None:
        """Forget a session, and leave its relay alone for a while if it failed."""
        relay = self._owners.pop(session)
        relay.sessions.discard(session)
        self._leaving.add(session)
        session.closed.add_done_callback(lambda _: self._leaving.discard(session))
        if session.served and not relay.breaker.open:
            relay.failures = 0
        if loss not in {Loss.OURS, Loss.UNUSED} and not (loss is Loss.CLOSED and session.served):
            refuses = loss is Loss.REFUSED and relay.breaker.open
            self._leave_alone(relay, relay.breaker.reason if refuses else reason)
        self._share_out()
        self._grow()

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

    def _part(self, envelope: Envelope) -> Relay:
        relay = self._taken.pop(envelope)
        if relay.probe is envelope:
            relay.probe = None
        return relay

    def _turn(self, relay: Relay) -> None:
        """Turn away from a relay that refuses everything, or back to it when it takes mail."""
        if relay.breaker.open:
            if relay.waiting is None and relay.probe is None:
                self._leave_alone(relay, relay.breaker.reason)
            for session in tuple(relay.sessions):
                session.retire()
        else:
            relay.problem, relay.failures = "", 0
        self._share_out()
        self.poke()

    def _let_go(self) -> None:
        """Settle what is held back, if nothing is on its way that would tell what it means."""
        held = sum(relay.breaker.held for relay in self._relays)
        prompt = self._in_flight - sum(relay.late_envelopes for relay in self._relays)
        over = self._stopping or (self._dry and not self._more)
        if not held or held < prompt or not over:
            return
        for relay in self._relays:
            for settled in relay.breaker.let_go(stopping=self._stopping):
                self._settle(*settled)
            if relay.breaker.open:
                self._turn(relay)

    def _is_quiet(self) -> bool:
        return not self._in_flight and (self._dry or self._stopping)

    def _look_if_quiet(self) -> None:
        self._let_go()
        if self._is_quiet():
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()

    def _wake(self) -> None:
        self._poked = None
        for session in tuple(self._owners):
            if self._dry and not self._feeds.returned:
                return
            session.wake()
        self._grow()

    # Answers that are late, and relays that are silent.

    def _watch(self) -> None:
        """Look at the waits now and then, for as long as anything is in flight."""
        loop = asyncio.get_running_loop()
        self._look_due = loop.time() + self._pause
        self._watching = loop.call_at(self._look_due, self._look)

    def _look(self) -> None:
        self._watching = None
        now, changed = asyncio.get_running_loop().time(), False
        stood_still = max(0.0, now - self._look_due)
        self._pause = min(self._pause * 2, LONGEST_LOOK)
        for relay in self._relays:
            before = relay.wait
            self._pause = min(self._pause, relay.look(now, stood_still))
            changed |= before.late != relay.wait.late
            if relay.wait.silent and (not before.silent or relay.is_probe_late):
                relay.probe, changed = None, True
                self._leave_alone(relay, SILENT)
            elif before.silent and not relay.wait.silent:
                self._turn(relay)
        if changed:
            self._share_out()
            self._look_if_quiet()
            self._grow()
        if self._in_flight and not self._closed:
            self._watch()
        else:
            self._pause = LOOK_SECONDS

    # The connections.

    def _grow(self) -> None:
        """Open connections while the feed has envelopes: one, then as many again as there are."""
        if self._stopping or (self._dry and not self._feeds.returned):
            return
        for relay in self._relays:
            if relay.down and relay.has_room:
                self._dial(relay)
        used = sum(relay.used for relay in self._relays)
        if not any(relay.dialing for relay in self._relays):
            for _ in range(min(self._connections - used, max(1, used))):
                free = [relay for relay in self._relays if relay.has_room]
                if not free:
                    break
                self._dial(min(free, key=lambda relay: relay.used / relay.url.weight))
        self._look_for_room()

    def _look_for_room(self) -> None:
        self._room = (
            not any(relay.dialing for relay in self._relays)
            and sum(relay.used for relay in self._relays) < self._connections
            and any(relay.has_room for relay in self._relays)
        )

    def _dial(self, relay: Relay) -> None:
        relay.dialing += 1
        task = asyncio.get_running_loop().create_task(self._open(relay))
        self._dials.add(task)
        task.add_done_callback(self._dialled)

    def _dialled(self, task: asyncio.Task[None]) -> None:
        self._dials.discard(task)
        self._look_for_room()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nothing that dialling foresees: a defect, which must come out where it is awaited.
            self._fail(error if isinstance(error, Exception) else RuntimeError(str(error)))

    async def _open(self, relay: Relay) -> None:
        try:
            line = await dial(
                relay.url,
                seconds=self._limits.connect,
                ehlo_name=self._ehlo_name,
                tls=self._tls.for_relay(relay.url),
            )
        except RelayError as error:
            self._leave_alone(relay, str(error))
            self._share_out()
            asyncio.get_running_loop().call_soon(self._grow)
            return
        finally:
            relay.dialing -= 1
        if not relay.doubted:
            relay.problem = ""
        session = Session(
            line.transport,
            self,
            offer=line.offer,
            limits=self._limits,
            messages=relay.url.messages,
        )
        relay.sessions.add(session)
        self._owners[session] = relay
        self._share_out()
        if self._closed:
            session.quit()
        else:
            session.wake()

    def _leave_alone(self, relay: Relay, reason: str) -> None:
        relay.problem = reason
        if relay.waiting is None and not self._closed:
            relay.failures += 1
            wait = self._backoff.after(relay.failures, self._jitter())
            relay.waiting = asyncio.get_running_loop().call_later(wait, self._try_again, relay)

    def _try_again(self, relay: Relay) -> None:
        relay.waiting = None
        self._share_out()
        if not self._stopping:
            self._wake()

    def _share_out(self) -> None:
        share_out(self._relays, self._connections)
        self._look_for_room()
