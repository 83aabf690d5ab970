"""Runs a campaign's job: send for a while, then make room for others or close the books."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.campaigns.campaign import State
from mailer.errors import StoreError
from mailer.relay.opening import open_transport
from mailer.relay.transport import Transport, Wait
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.inbound.bounces import rules_of
from mailer.services.sending.composing import Composer
from mailer.services.sending.dispatch import Dispatcher
from mailer.services.sending.prewriting.signing import Signing
from mailer.services.sending.worker_context import Turn, Verdict, WorkerContext
from mailer.services.service_mail.alerts import Alerts
from mailer.store import queue
from mailer.store.campaigns import records as campaigns
from mailer.store.campaigns import relays
from mailer.store.campaigns.relays import Late
from mailer.store.campaigns.throttle import Throttle
from mailer.store.server.connection import AsyncStore, Store

SLICE_SECONDS: Final = 2.0
"""The time after which a job goes to the end of the queue if others wait, so that campaigns
share the workers and nothing urgent waits for longer."""
LONGEST_SECONDS: Final = 60.0
"""The time after which it does so anyway."""

_log = log.get_logger(__name__)


class Others:
    """The others that wait for a worker while it has a turn at a campaign."""

    def __init__(self, store: Store, campaign: int) -> None:
        self._store, self._campaign = store, campaign
        self._let_upkeep_wait = True

    def wait(self) -> bool:
        """Tell whether the worker should make room for them.

        The scheduler's ticks, which nobody waits for, wait once: they come as often as one asks.
        """
        waiting = queue.others_waiting(self._store, self._campaign)
        if waiting == {queue.QueueName.UPKEEP} and self._let_upkeep_wait:
            self._let_upkeep_wait = False
            return False
        return bool(waiting)


class Sender:
    """Sends campaigns for as long as a worker lives; make and use it within one event loop."""

    def __init__(
        self, store: Store, asynchronous: AsyncStore, settings: Settings, clock: Clock
    ) -> None:
        """Set up; `asynchronous` is the store for calls that must not block the loop."""
        settings.check_for_sending()
        self._store, self._clock = store, clock
        self._since: datetime | None = None
        """Since when no relay takes mail."""
        self._pool = open_transport(
            settings.relays,
            connections=settings.connections,
            refusals=settings.refusals_in_a_row,
            ehlo_name=_own_name(settings.list_domain),
        )
        self._composer = composer = Composer(store, settings, secret_key(settings))
        self._context = context = WorkerContext(
            composer=composer,
            pool=self._pool,
            clock=clock,
            retry_limit=settings.retry_limit,
            signing=Signing.worth_it(composer.keys),
            throttle=Throttle(settings.rate_limits),
            rules=rules_of(settings),
        )
        self._dispatcher = Dispatcher(
            asynchronous, context, int(settings.lease_seconds * 1000), self._late_answers_came
        )
        self._silent: frozenset[str] = frozenset()
        self.use(settings)
        self.stop: Callable[[], None] = self._dispatcher.stop
        """Ends the job at hand at the next delivery's edge; call it in the loop."""

    def use(self, settings: Settings) -> None:
        """Go on with another look; connections, and campaigns under way, stay as they are."""
        self._campaigns = Campaigns(self._store, settings, self._clock)
        self._alerts = Alerts(self._store, settings, self._clock)
        self._composer.use(settings)
        self._context.rules = rules_of(settings)

    @property
    def pool(self) -> Transport:
        """The connections, for service mail too."""
        return self._pool

    @property
    def awaits(self) -> int:
        """Count the chunks of which answers are awaited; the loop must run for them."""
        return self._dispatcher.awaits

    async def run(self, number: int) -> Verdict:
        """Send one campaign for a while; enqueue another job if there is more to do.

        Raises:
            StoreError: the store was away for too long.
        """
        campaign = campaigns.get(self._store, number)
        if campaign.state not in {State.SENDING, State.CANCELLED}:
            return Verdict.HALTED
        others = Others(self._store, number)
        try:
            turn = Turn(SLICE_SECONDS, LONGEST_SECONDS, lambda: self._must_end(number, others))
            verdict = await self._dispatcher.send(campaign, turn)
        except Exception as error:
            # Law 11: a campaign that cannot go on must say so where people look, not in a log only.
            self._say(
                number, f"a worker failed ({str(error) or type(error).__name__}); see the log"
            )
            raise
        self._note(number, verdict)
        if verdict is Verdict.SLICE_OVER:
            queue.enqueue_lanes(self._store, number, 1)
        elif verdict is Verdict.FINISHED:
            self._campaigns.close_if_complete(number)
        return verdict

    def _must_end(self, number: int, others: Others) -> bool:
        """Tell whether others wait for this worker, or a relay fails, which is to be told."""
        if self._pool.failing() or others.wait():
            return True
        self._note(number, Verdict.SLICE_OVER)
        return False

    def tell(self) -> None:
        """Publish which relays get no mail, and which answers are late; call it now and then."""
        failing, waits = self._pool.failing(), self._pool.waits()
        relays.report(self._store, failing)
        relays.report_late(self._store, {name: self._late(wait) for name, wait in waits.items()})
        silent = frozenset(name for name, wait in waits.items() if wait.silent)
        for name in silent | self._silent:
            since = self._late(waits[name]).since if name in silent else None
            if relays.report_silence(self._store, name, since, self._clock.now()):
                told = f"Relay {name} " + (
                    f"is silent since {since:%H:%M:%S} UTC." if since else "answers again."
                )
                _log.warning("relay.silent" if since else "relay.answers", message=told, relay=name)
        self._silent = silent

    def _late(self, wait: Wait) -> Late:
        ago = asyncio.get_running_loop().time() - wait.since
        return Late(wait.late, self._clock.now() - timedelta(seconds=ago), silent=wait.silent)

    def _late_answers_came(self, number: int) -> None:
        """Close a campaign of which nothing is awaited any more."""
        try:
            self._campaigns.close_if_complete(number)
        except StoreError as error:  # the scheduler's next tick closes it
            told = f"The campaign could not be closed: {error}"
            _log.warning("store.away", message=told, campaign=number)

    def _note(self, number: int, verdict: Verdict) -> None:
        """Publish what holds the campaign back, or that nothing does any more."""
        self.tell()
        self._alerts.tell(number, self._pool.refusals())
        reason = self._pool.problem or ""
        if verdict is Verdict.NO_RELAY:
            reason = reason or "no relay answers"
        elif verdict in {Verdict.STOPPED, Verdict.HALTED}:
            return
        self._say(number, self._dated(reason))

    def _dated(self, reason: str) -> str:
        """Add to a reason since when it holds, as this worker saw it, and when the next try is."""
        now = self._clock.now()
        self._since = (self._since or now) if reason else None
        if self._since is None:
            return ""
        told = f"{reason.rstrip('. ')}; since {self._since:%H:%M} UTC"
        wait = self._pool.next_try()
        if wait is None:
            return told
        return f"{told}, next try after {now + timedelta(seconds=wait):%H:%M:%S} UTC"

    def _say(self, number: int, reason: str) -> None:
        if campaigns.note(self._store, number, reason, self._clock.now()):
            text = f"Campaign {number} waits: {reason}" if reason else f"Campaign {number} goes on."
            _log.warning("campaign.waiting", message=text, campaign=number)

    async def close(self) -> None:
        """Close the connections to the relays, and end what signs."""
        await self._dispatcher.close()


def _own_name(domain: str) -> str:
    """Tell what we call ourselves to relays: our full name, or else the list's domain.

    RFC 5321 section 4.1.1.1. Asked for once, since that may take seconds.
    """
    name = socket.getfqdn()
    local = "." not in name or name.endswith((".localdomain", ".arpa"))
    return domain if local else name
