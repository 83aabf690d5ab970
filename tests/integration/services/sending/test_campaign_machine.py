"""Any order of starts, pauses, kills, refusals and departures: the ledger agrees with the relay."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from mailer.domain.campaigns.campaign import FINAL, State
from mailer.domain.campaigns.delivery import deferred, released
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.errors import StateError
from mailer.services.operation.tick import Tick
from mailer.services.sending import chunk_job as chunks
from mailer.services.sending import dispatch
from mailer.services.sending.worker_context import Turn
from mailer.services.subscriptions import subscribers
from mailer.store import keys
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import Ledger
from mailer.store.campaigns.settling import Settled
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for

MARKERS = ["", "", "", "+rcpt-550", "+rcpt-451", "+dot-554", "+dot-452", "+dot-drop", "+mail-421"]
LEASE_MS = 1000


class KilledLedger(Ledger):
    """The ledger as a process sees it that is killed before it can write what became of things."""

    async def settle(
        self, chunk: Chunk, accepted: Sequence[int], others: Sequence[Settled], now: datetime
    ) -> State:
        """Write nothing down."""
        del chunk, accepted, others, now
        return State.SENDING

    async def finish(
        self, chunk: Chunk, now: datetime, *, left: bool, awaited: Sequence[int] = ()
    ) -> bool:
        """Do not give the chunk back either."""
        del chunk, now, left, awaited
        return False


class CampaignMachine(RuleBasedStateMachine):
    """One campaign, its readers, and all that can happen to it."""

    store: ClassVar[Store]

    @initialize(
        markers=st.lists(st.sampled_from(MARKERS), min_size=1, max_size=12),
        policy=st.sampled_from(["resend", "skip"]),
    )
    def begin(self, markers: list[str], policy: str) -> None:
        """Subscribe readers, some of whose addresses make trouble, and start."""
        self.store.redis.flushall()
        self.store.redis.set(keys.SCHEMA, keys.SCHEMA_VERSION)
        self.folder = tempfile.TemporaryDirectory()
        configured = settings_for(Path(self.folder.name), unknown_policy=policy, retry_hours=8)
        self.service = SmallService(self.store, configured)
        self.addresses = [f"r{n}{marker}@example.org" for n, marker in enumerate(markers)]
        self.service.subscribe(*self.addresses)
        self.numbers = {
            address: subscribers.find(self.store, parse_address(address)).number
            for address in self.addresses
        }
        self.campaign = self.service.started().number
        self.relay = FaultyRelay()

    def teardown(self) -> None:
        """Bring it to its end, and compare once more."""
        if not hasattr(self, "campaign"):
            return
        self.relay.refusing = b""
        with suppress(StateError):
            self.service.campaigns.resume(self.campaign)
        for _ in range(40):
            if self.status.campaign.state in FINAL and self.status.counts.complete:
                break
            self.work(killed=False)
            self.service.clock.advance(timedelta(hours=5))
        counts = self.status.counts
        assert counts.complete
        assert self.status.campaign.state in FINAL
        assert not self.store.redis.smembers(keys.CAMPAIGNS_OPEN)
        self.agree()
        self.folder.cleanup()

    @property
    def status(self) -> Any:
        """Return the status of the campaign."""
        return self.service.campaigns.status(self.campaign)

    def bit(self, name: str, address: str) -> bool:
        """Look into the ledger."""
        return bool(
            self.store.redis.getbit(keys.ledger(self.campaign, name), self.numbers[address])
        )

    def work(self, *, killed: bool, reachable: bool = True) -> None:
        """Run a worker's job; if killed, none of its outcomes reaches the ledger."""

        async def run() -> None:
            await self.relay.start()
            if not reachable:
                await self.relay.stop()
            async with self.service.worker([self.relay.url()], lease_ms=LEASE_MS) as dispatcher:
                campaign = self.status.campaign
                if campaign.state in {State.SENDING, State.CANCELLED}:
                    await dispatcher.send(campaign, Turn(60))
            if reachable:
                await self.relay.stop()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chunks, "RELAY_PATIENCE_SECONDS", 0.05)
            if killed:
                patch.setattr(dispatch, "Ledger", KilledLedger)
            asyncio.run(run())
        Tick(self.store, self.service.settings, self.service.clock).tend()

    def attempt(self, action: Callable[[int], Any]) -> None:
        """Do something to the campaign if its state allows it."""
        with suppress(StateError):
            action(self.campaign)

    @rule()
    def work_well(self) -> None:
        """A worker does its job."""
        self.work(killed=False)

    @rule(noticed=st.booleans())
    def work_and_be_killed(self, noticed: bool) -> None:
        """A worker is killed after handing over and before writing down."""
        self.work(killed=True)
        self.service.clock.advance(timedelta(milliseconds=2 * LEASE_MS * noticed))

    @rule(count=st.integers(1, 5), noticed=st.booleans())
    def claim_and_be_killed(self, count: int, noticed: bool) -> None:
        """A worker is killed after claiming and before handing over."""

        async def run() -> None:
            asynchronous = self.store.asyncio()
            ledger = Ledger(asynchronous, self.campaign, LEASE_MS)
            now = self.service.clock.now()
            chunk = await ledger.take("killed", now)
            if isinstance(chunk, Chunk):
                work = await ledger.read(chunk, self.status.campaign.languages, now)
                await ledger.claim(chunk, work.todo[:count], now)
            await asynchronous.close()

        asyncio.run(run())
        self.service.clock.advance(timedelta(milliseconds=2 * LEASE_MS * noticed))

    @rule(
        count=st.integers(1, 5),
        meanwhile=st.booleans(),
        end=st.sampled_from(["deferred", "released", "killed"]),
    )
    def give_back_while_answers_are_awaited(self, count: int, meanwhile: bool, end: str) -> None:
        """A relay takes long; the chunk goes on, by another worker, and then the answers come."""

        async def run() -> None:
            asynchronous = self.store.asyncio()
            ledger = Ledger(asynchronous, self.campaign, LEASE_MS)
            now = self.service.clock.now()
            chunk = await ledger.take("patient", now)
            if isinstance(chunk, Chunk):
                work = await ledger.read(chunk, self.status.campaign.languages, now)
                claims = await ledger.claim(chunk, work.todo[:count], now)
                awaited = [one.number for one in claims.claimed]
                await ledger.finish(chunk, now, left=len(work.todo) > count, awaited=awaited)
                if meanwhile:
                    await self.serve(Ledger(asynchronous, self.campaign, LEASE_MS), awaited)
                await self.answer(ledger, chunk, awaited, end)
            await asynchronous.close()

        asyncio.run(run())

    async def serve(self, ledger: Ledger, awaited: Sequence[int]) -> None:
        """Let another worker take the chunk, and see what it would do in it."""
        now = self.service.clock.now()
        chunk = await ledger.take("other", now)
        if isinstance(chunk, Chunk):
            work = await ledger.read(chunk, self.status.campaign.languages, now)
            assert not set(awaited) & {*work.orphans, *work.todo}
            await ledger.finish(chunk, now, left=bool(work.todo))

    async def answer(self, ledger: Ledger, chunk: Chunk, awaited: Sequence[int], end: str) -> None:
        """Settle what was awaited, unless the worker is killed first."""
        now = self.service.clock.now()
        if end == "killed" or not awaited:
            return
        attempt = deferred(451, "4.3.0", "not now") if end == "deferred" else released()
        again = now + timedelta(minutes=5)
        await ledger.settle(chunk, [], [Settled(n, attempt, "", again) for n in awaited], now)
        await ledger.settle_late(chunk, awaited, left=end == "released")

    @rule(hours=st.sampled_from([0.001, 0.1, 1, 9]))
    def time_passes(self, hours: float) -> None:
        """Leases end, and deferred deliveries come due."""
        self.service.clock.advance(timedelta(hours=hours))

    @rule()
    def pause(self) -> None:
        """A secretary sees a mistake."""
        self.attempt(self.service.campaigns.pause)

    @rule()
    def resume(self) -> None:
        """It was none."""
        self.attempt(self.service.campaigns.resume)

    @precondition(lambda self: self.status.counts.settled > 1)
    @rule()
    def cancel(self) -> None:
        """It was one."""
        self.attempt(self.service.campaigns.cancel)

    @rule(data=st.data())
    def someone_leaves(self, data: st.DataObject) -> None:
        """Law 4, at any moment."""
        number = self.numbers[data.draw(st.sampled_from(self.addresses))]
        with suppress(StateError):
            subscribers.change(self.store, number, Action.LEAVE, self.service.clock.now())

    @rule(data=st.data())
    def someone_is_suppressed(self, data: st.DataObject) -> None:
        """The register counts at the last moment too."""
        address = parse_address(data.draw(st.sampled_from(self.addresses)))
        service = self.service
        subscribers.suppress(service.store, service.settings, service.clock.now(), address, "asked")

    @rule(refusal=st.sampled_from([b"", b"550 5.7.1 Denied\r\n", b"421 4.3.2 Going\r\n"]))
    def relay_changes_its_mind(self, refusal: bytes) -> None:
        """It refuses everything, or takes mail again."""
        self.relay.refusing = refusal

    @rule()
    def work_without_a_relay(self) -> None:
        """The relay refuses connections."""
        self.work(killed=False, reachable=False)

    @rule()
    def send_again(self) -> None:
        """Law 1, at any moment."""
        with pytest.raises(StateError):
            self.service.campaigns.send(self.campaign)

    @invariant()
    def books_balance(self) -> None:
        """Law 2 at every instant."""
        if hasattr(self, "campaign"):
            counts = self.status.counts
            assert counts.balanced, counts
            assert counts.planned == len(self.addresses)

    def agree(self) -> None:
        """Check that the relay's messages and the ledger's outcomes are the same."""
        seen = Counter(self.relay.recipients())
        for address in self.addresses:
            if self.bit("accepted", address):
                assert seen[address] >= 1
            if self.bit("skipped", address):
                assert not seen[address]
            if seen[address] > 1:
                assert self.bit("resent", address)
                assert self.service.settings.unknown_policy == "resend"
            if seen[address] and not self.bit("accepted", address):
                refused_later = self.bit("rejected", address) and self.bit("resent", address)
                assert self.bit("unknown", address) or refused_later


def test_the_ledger_agrees_with_the_relay_whatever_happens(store: Store) -> None:
    """Laws 1 to 4 hold in any order of events, and every campaign ends."""
    CampaignMachine.store = store
    machine: Any = CampaignMachine.TestCase
    machine.settings = settings(
        max_examples=20,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine().runTest()
