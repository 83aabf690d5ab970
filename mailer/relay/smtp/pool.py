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
from typing import Final

from mailer.domain.campaigns.delivery import Attempt, Outcome, released
from mailer.domain.settings.relay_url import RelayUrl
from mailer.relay.breaker import MOST_REFUSALS, Breaker
from mailer.relay.envelope import Envelope, Nothing
from mailer.relay.feeding import Feeding
from mailer.relay.limits import Backoff, Limits
from mailer.relay.smtp.client import Session
from mailer.relay.smtp.dial import Line
from mailer.relay.smtp.dialling import Dialling
from mailer.relay.smtp.health import Relay, usable_hosts
from mailer.relay.smtp.loss import Loss
from mailer.relay.smtp.watching import Watch
from mailer.relay.transport import Wait

SILENT: Final = "gives no answer"


class RelayPool(Feeding):
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
        """Keep the relays and the limits of their use.

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
        super().__init__()
        self._relays = [Relay(url, breaker=Breaker(refusals)) for url in relays]
        self._limits, self._jitter = limits or Limits(), jitter
        self._owners: dict[Session, Relay] = {}
        self._leaving: set[Session] = set()
        """Sessions that are over, whose transport is not closed yet."""
        self._taken: dict[Envelope, Relay] = {}
        """Envelopes that are with a session, and their relay."""
        self._watch = Watch(self._relays, self)
        self._dialling = Dialling(
            self._relays,
            self,
            connections=connections,
            limits=self._limits,
            backoff=backoff or Backoff(),
            ehlo_name=ehlo_name,
            tls=tls,
            jitter=jitter,
        )

    # What users call.

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
        return self._dialling.next_try()

    def hosts(self) -> list[str]:
        """List the hosts of the relays that take mail now, the one to use next in front."""
        return usable_hosts(self._relays, self._jitter)

    def poke(self) -> None:
        """Signal that the feed may have something; may be called at any time in the loop."""
        for relay in self._relays:
            relay.dry = False
        super().poke()

    async def close(self) -> None:
        """Close all connections; what is still in flight is settled by the laws.

        Idle connections are left with a QUIT. Drain first for a clean end.
        """
        self._stopping = self._closed = True
        self._watch.stop()
        self._dialling.close()
        for session in tuple(self._owners):
            if session.is_idle:
                session.quit()
            else:
                session.abort("the pool was closed")
        self._recall_all()
        self._let_go()
        await self._dialling.ended()
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
        if rolling and self._dialling.room:
            self._dialling.grow()
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
            if not self._watch.running:
                self._watch.start()
            return found
        relay.dry = found is Nothing.FOR_THIS_RELAY
        if relay.dry:  # for another relay, to which there may be no connection yet
            asyncio.get_running_loop().call_soon(self._dialling.grow)
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
            self._dialling.leave_alone(relay, relay.breaker.reason if refuses else reason)
        self._dialling.share_out()
        self._dialling.grow()

    def _part(self, envelope: Envelope) -> Relay:
        relay = self._taken.pop(envelope)
        if relay.probe is envelope:
            relay.probe = None
        return relay

    def _turn(self, relay: Relay) -> None:
        """Turn away from a relay that refuses everything, or back to it when it takes mail."""
        if relay.breaker.open:
            if relay.waiting is None and relay.probe is None:
                self._dialling.leave_alone(relay, relay.breaker.reason)
            for session in tuple(relay.sessions):
                session.retire()
        else:
            relay.problem, relay.failures = "", 0
        self._dialling.share_out()
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

    def _wake(self) -> None:
        for session in tuple(self._owners):
            if self._dry and not self._feeds.returned:
                return
            session.wake()
        self._dialling.grow()

    def _cut_off(self, reason: str) -> None:
        for session in tuple(self._owners):
            if not session.is_idle:
                session.abort(reason)

    # What dialling asks and tells.

    def wants_more(self) -> bool:
        """Tell whether there may be something to hand over."""
        return not self._stopping and (not self._dry or bool(self._feeds.returned))

    def welcome(self, relay: Relay, line: Line) -> None:
        """Have an open connection hand envelopes over."""
        session = Session(
            line.transport,
            self,
            offer=line.offer,
            limits=self._limits,
            messages=relay.url.messages,
        )
        relay.sessions.add(session)
        self._owners[session] = relay
        self._dialling.share_out()
        if self._closed:
            session.quit()
        else:
            session.wake()

    def relay_is_due(self) -> None:
        """Try a relay again that was left alone."""
        if not self._stopping:
            self._answer_poke()

    def dialling_failed(self, error: Exception) -> None:
        """Stop, and have the defect come out where it is awaited."""
        self._fail(error)

    # What the watch asks and tells.

    def awaits_answers(self) -> bool:
        """Tell whether anything is in flight."""
        return bool(self._in_flight) and not self._closed

    def fell_silent(self, relay: Relay) -> None:
        """Leave a relay alone that answers nothing."""
        self._dialling.leave_alone(relay, SILENT)

    def spoke_again(self, relay: Relay) -> None:
        """Use a relay again that had been silent."""
        self._turn(relay)

    def waits_changed(self) -> None:
        """Replace connections whose answer is late."""
        self._dialling.share_out()
        self._look_if_quiet()
        self._dialling.grow()
