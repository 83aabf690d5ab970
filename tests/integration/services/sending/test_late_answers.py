"""Law 19: an answer that is late, or never comes, keeps nobody waiting but those it is about."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Backoff, Limits
from mailer.relay.smtp.pool import RelayPool
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.sending.dispatch import Dispatcher
from mailer.services.sending.worker_context import Turn, Verdict
from mailer.services.service_mail.posting import Posting
from mailer.store import keys, queue
from mailer.store.campaigns import relays
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import Ledger
from mailer.store.server.connection import Store
from mailer.workers import jobs, runtime
from mailer.workers.run import Worker
from support.patience import PATIENCE
from support.quiet_loop import run_quietly
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for

PATIENT = Limits(connect=600, command=600, final=600, idle=600, quit=600)
LATE = "dot-stall"
"""The marker that makes the test relay never answer."""


class Letters:
    """A feed that remembers how each of its envelopes ended."""

    def __init__(self, *addresses: str) -> None:
        self.waiting = deque(_letter(address) for address in addresses)
        self.ends: dict[str, Attempt] = {}
        self.on_settle: Callable[[], None] = lambda: None

    def take(self, _relay: Destination) -> Envelope | None:
        return self.waiting.popleft() if self.waiting else None

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        self.ends[str(envelope.recipient)] = attempt
        self.on_settle()

    def accepted(self) -> list[str]:
        """Return who got theirs."""
        return [address for address, one in self.ends.items() if one.outcome is Outcome.ACCEPTED]


def _letter(address: str) -> Envelope:
    content = b"Subject: hello\r\n\r\nText\r\n"
    return Envelope(1, "list@example.com", address, content, len(content))


@asynccontextmanager
async def pool_to(relay: FaultyRelay, connections: int) -> AsyncIterator[RelayPool]:
    """Make a pool that waits for answers as long as a relay may take."""
    pool = RelayPool(
        [relay.url()],
        connections=connections,
        limits=PATIENT,
        backoff=Backoff(first=1, longest=2),
        ehlo_name="localhost",
        jitter=lambda: 0.5,
    )
    try:
        yield pool
    finally:
        await pool.close()


async def until(condition: Callable[[], bool], step: float = 0.01) -> None:
    """Wait for what the other side of a socket brings about, or with long steps time itself."""
    while not condition():  # noqa: ASYNC110 - a state of several objects has no event
        await asyncio.sleep(step)


# Connections.


def test_connections_that_wait_for_late_answers_are_replaced() -> None:
    """One answer in a thousand that takes half a minute must not use up the connections."""

    async def main() -> None:
        async with FaultyRelay() as relay, pool_to(relay, 2) as pool:
            late = [f"late{n}+{LATE}@example.org" for n in range(2)]
            prompt = [f"r{n}@example.org" for n in range(20)]
            feed = Letters(*late, *prompt)
            pool.serve(feed)
            # Behind each late one the next one waits on the same connection.
            await until(lambda: len(feed.accepted()) >= len(prompt) - len(late), 1.0)
            assert not feed.ends.keys() & set(late)
            assert pool.problem is None

    run_quietly(main())


def test_a_relay_s_own_bound_on_connections_holds_for_late_ones_too() -> None:
    """An operator who writes `connections=2` has a relay that counts them."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            url = replace(relay.url(), connections=2)
            pool = RelayPool([url], connections=8, limits=PATIENT, ehlo_name="localhost")
            feed = Letters(*[f"late{n}+{LATE}@example.org" for n in range(3)])
            pool.serve(feed)
            await until(
                lambda: bool(pool.waits().get(url.name)) and pool.waits()[url.name].silent, 1.0
            )
            assert relay.connections == 2
            await pool.close()

    run_quietly(main())


def test_a_relay_that_answers_nothing_is_silent_until_it_answers() -> None:
    """It is told at once what is wrong, nothing more is handed over in vain, and it is tried again."""

    async def main() -> None:
        async with FaultyRelay() as relay, pool_to(relay, 3) as pool:
            silent = Letters(*[f"late{n}+{LATE}@example.org" for n in range(30)])
            pool.serve(silent)
            await until(lambda: pool.problem is not None, 1.0)
            assert "gives no answer" in str(pool.problem)
            assert pool.waits()[relay.url().name].silent
            assert len(silent.waiting) > 20, "it was not fed on"
            pool.leave(silent)
            feed = Letters(*[f"r{n}@example.org" for n in range(10)])
            pool.serve(feed)
            await until(lambda: len(feed.accepted()) == 10, 1.0)
            await until(lambda: pool.problem is None, 1.0)
            assert not any(wait.silent for wait in pool.waits().values())

    run_quietly(main())


def test_one_late_answer_of_an_idle_relay_is_no_silence() -> None:
    """While a connection is free nobody knows that the relay would not answer."""

    async def main() -> None:
        async with FaultyRelay() as relay, pool_to(relay, 2) as pool:
            feed = Letters(f"late+{LATE}@example.org", "r1@example.org", "r2@example.org")
            pool.serve(feed)
            await until(lambda: bool(feed.accepted()))
            await until(lambda: bool(pool.waits()), 1.0)
            await asyncio.sleep(60)  # by the loop's own clock
            assert pool.waits()[relay.url().name].late == 1
            assert pool.problem is None

    run_quietly(main())


def test_an_urgent_feed_is_asked_first_and_hears_its_own_outcomes() -> None:
    """A confirmation goes before the rest of a bulletin, and is accounted for by itself."""

    async def main() -> None:
        async with FaultyRelay() as relay, pool_to(relay, 1) as pool:
            bulletin, urgent = Letters(*[f"r{n}@example.org" for n in range(50)]), Letters()
            pool.serve(urgent, urgent=True)
            bulletin.on_settle = lambda: (
                urgent.waiting.append(_letter("ana@example.org"))
                if len(bulletin.ends) == 5
                else None
            )
            pool.serve(bulletin)
            await pool.idle()
            assert list(urgent.ends) == ["ana@example.org"]
            assert relay.recipients().index("ana@example.org") <= 7, "before most of the bulletin"
            assert len(bulletin.accepted()) == 50

    run_quietly(main())


def test_a_service_mail_without_an_answer_keeps_no_other_waiting() -> None:
    """Two people ask to be subscribed; one relay connection hangs over the first."""

    async def main() -> None:
        async with FaultyRelay() as relay, pool_to(relay, 2) as pool:
            posting = Posting(pool)
            late = asyncio.create_task(posting.hand_over(_letter(f"late+{LATE}@example.org")))
            await until(lambda: bool(relay.received))
            end = await posting.hand_over(_letter("ana@example.org"))
            assert end.outcome is Outcome.ACCEPTED
            assert not late.done()
            relay.cut()
            assert (await late).outcome is Outcome.UNKNOWN

    run_quietly(main())


# Campaigns.


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service whose chunks are small."""
    return SmallService(store, settings_for(tmp_path).model_copy(update={"chunk_size": 8}))


def test_a_job_ends_while_answers_are_awaited_and_another_campaign_goes_out(
    service: SmallService,
) -> None:
    """One reader's mail system takes ten minutes; everybody else's bulletin and notice do not."""
    late = f"late+{LATE}@example.org"
    service.subscribe(late, *[f"r{n}@example.org" for n in range(40)])
    first = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            assert await dispatcher.send(first, Turn(60)) is Verdict.FINISHED
            assert dispatcher.awaits == 1
            second = service.started()
            await _send_all(service, dispatcher, second)
            counts = service.campaigns.status(second.number).counts
            assert counts.accepted + counts.in_flight == 41
            relay.cut()
            await until(lambda: not dispatcher.awaits)
            assert max(Counter(relay.recipients()).values()) <= 2, "once for each campaign"

    asyncio.run(run())
    for number in (1, 2):
        counts = service.campaigns.status(number).counts
        assert counts.balanced
        assert (counts.in_flight, counts.unknown) == (0, 1)


def test_what_another_worker_awaits_is_neither_sent_again_nor_lost(
    service: SmallService,
) -> None:
    """A chunk goes on by whoever takes it; the delivery in flight stays with the one that has it."""
    late = f"late+{LATE}@example.org"
    numbers = service.subscribe(*[f"r{n}@example.org" for n in range(7)], late)
    campaign = service.started()

    async def run() -> None:
        async with (
            FaultyRelay() as relay,
            service.worker([relay.url()], connections=1) as one,
            service.worker([relay.url()]) as other,
        ):
            await one.send(campaign, Turn(60))
            assert one.awaits == 1
            await _send_all(service, other, campaign)
            assert Counter(relay.recipients())[late] == 1
            awaited = service.store.redis.zrange(keys.awaited(campaign.number), 0, -1)
            assert list(map(int, awaited)) == [numbers[-1]]
            relay.cut()
            await until(lambda: not one.awaits)
            assert not service.store.redis.exists(keys.awaited(campaign.number))

    asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.balanced
    assert (counts.unknown, counts.in_flight) == (1, 0)


def test_what_a_dead_worker_awaited_is_found_when_its_time_is_over(service: SmallService) -> None:
    """Killed while it awaits an answer, a worker leaves the delivery to the policy, as always."""
    numbers = service.subscribe(*[f"r{n}@example.org" for n in range(3)])
    campaign = service.started()

    async def run() -> None:
        store = service.store.asyncio()
        ledger = Ledger(store, campaign.number)
        chunk = await ledger.take("the first", service.clock.now())
        assert isinstance(chunk, Chunk)
        claims = await ledger.claim(chunk, numbers, service.clock.now())
        assert len(claims.claimed) == 3
        await ledger.finish(chunk, service.clock.now(), left=False, awaited=numbers)
        assert await ledger.take("the second", service.clock.now()) != chunk, "nothing is due"
        service.clock.advance(timedelta(seconds=ledger.lease_seconds + 1))
        again = await ledger.take("the second", service.clock.now())
        assert isinstance(again, Chunk)
        work = await ledger.read(again, campaign.languages, service.clock.now())
        assert list(work.orphans) == numbers
        await store.close()

    asyncio.run(run())


def test_a_pause_is_heeded_at_once_while_answers_are_awaited(service: SmallService) -> None:
    """A user who pauses a campaign must not wait for a relay."""
    service.subscribe(f"late+{LATE}@example.org", *[f"r{n}@example.org" for n in range(200)])
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            sending = asyncio.create_task(dispatcher.send(campaign, Turn(60)))
            await until(lambda: len(relay.received) > 20)
            service.campaigns.pause(campaign.number)
            assert await sending in {Verdict.HALTED, Verdict.FINISHED}
            assert dispatcher.awaits, "it did not wait for the answer"
            relay.cut()

    asyncio.run(run())
    status = service.campaigns.status(campaign.number)
    assert status.campaign.state is State.PAUSED
    assert status.counts.balanced


# What is told.


def test_late_answers_and_silence_are_told_where_people_look(service: SmallService) -> None:
    """At night an operator reads what waits, since when, and for whom; an event says so once."""
    service.subscribe("ana@example.org")
    campaign = service.started()
    name = service.settings.relays[0].name
    now = service.clock.now()
    relays.report_late(service.store, {name: relays.Late(3, now, silent=False)})
    assert service.campaigns.status(campaign.number).held_by[-1] == (
        f"3 late answers of {name} are awaited, the oldest since 07:00:00 UTC"
    )
    relays.report_late(service.store, {name: relays.Late(24, now, silent=True)})
    assert service.campaigns.status(campaign.number).held_by[-1] == (
        f"{name} is silent since 07:00:00 UTC; 24 answers are awaited"
    )
    told = [relays.report_silence(service.store, name, now, now) for _ in range(3)]
    assert told == [True, False, False]
    assert relays.report_silence(service.store, name, None, now)
    kinds = [fields[b"type"] for _, fields in service.store.redis.xrange(keys.EVENTS)]
    assert kinds[-2:] == [b"relay.silent", b"relay.answers"]


# The worker process.


_loops: dict[int, asyncio.AbstractEventLoop] = {}


@pytest.fixture
def relay() -> Iterator[FaultyRelay]:
    """A relay in a thread of its own, because the worker keeps this one busy."""
    relay, loop = FaultyRelay(), asyncio.new_event_loop()
    loop.run_until_complete(relay.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    _loops[id(relay)] = loop
    yield relay
    asyncio.run_coroutine_threadsafe(relay.stop(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_worker_takes_other_jobs_while_answers_are_awaited(
    store: Store, tmp_path: Path, relay: FaultyRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes only after the job that was enqueued behind the campaign has run."""
    configured = settings_for(tmp_path, relays=[relay.url()], redis_url=store.address, workers=1)
    service = SmallService(store, configured)
    campaigns = Campaigns(store, configured, SystemClock())  # the worker's clock
    service.subscribe(f"late+{LATE}@example.org", *[f"r{n}@example.org" for n in range(20)])
    number = campaigns.send(campaigns.create("small", "bulletin").number).number
    seen: list[int] = []

    def upkeep() -> None:
        seen.append(campaigns.status(number).counts.in_flight)
        _loops[id(relay)].call_soon_threadsafe(relay.cut)

    monkeypatch.setattr(jobs, "upkeep", upkeep)
    queue.enqueue(store, queue.QueueName.CAMPAIGNS, "upkeep", job_id="behind")
    own = runtime.start(configured)
    try:
        Worker(own).work(burst=True, logging_level="ERROR")
        assert not own.awaits
    finally:
        own.close()
    assert seen
    assert seen[0] >= 1
    counts = campaigns.status(number).counts
    assert counts.balanced
    assert counts.in_flight == 0


async def _send_all(service: SmallService, dispatcher: Dispatcher, campaign: Campaign) -> None:
    await dispatcher.send(service.campaigns.status(campaign.number).campaign, Turn(60))
