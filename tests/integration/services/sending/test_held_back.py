"""Reasons that hold a campaign back: a relay that refuses all, a retry's wait, another campaign."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.domain.settings.relay_url import RelayUrl
from mailer.services.operation.tick import Tick
from mailer.services.sending.sender import Sender
from mailer.services.sending.worker_context import Turn, Verdict
from mailer.store import events, keys, queue
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import Ledger
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for

WAITING = "campaign.waiting"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service that sends to nobody yet."""
    return SmallService(store, settings_for(tmp_path))


async def send(service: SmallService, relay: FaultyRelay, number: int) -> Verdict:
    """Run one worker's job on a campaign, and close the books if they are complete."""
    async with service.worker([relay.url()]) as dispatcher:
        verdict = await dispatcher.send(service.campaigns.status(number).campaign, Turn(60))
    service.campaigns.close_if_complete(number)
    return verdict


@pytest.mark.parametrize("readers", [3, 40])
def test_a_relay_that_refuses_everything_burns_nobody_and_the_campaign_says_why(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readers: int
) -> None:
    """A wrong setting at the relay must not cost the list; mended, it goes on by itself."""
    monkeypatch.setattr("mailer.services.sending.chunk_job.RELAY_PATIENCE_SECONDS", 0.1)

    async def job(service: SmallService, number: int) -> None:
        asynchronous = store.asyncio()
        sender = Sender(store, asynchronous, service.settings, service.clock)
        await sender.run(number)
        await sender.close()
        await asynchronous.close()

    async def run() -> None:
        async with FaultyRelay(refusing=b"550 5.7.1 Relay access denied\r\n") as relay:
            service = SmallService(store, settings_for(tmp_path, relays=[relay.url()]))
            service.subscribe(*[f"r{n}@example.org" for n in range(readers)])
            number = service.started().number
            await job(service, number)
            status = service.campaigns.status(number)
            assert status.campaign.state is State.SENDING
            assert status.campaign.standing == "paused by itself"
            assert status.as_json()["pauses_itself"] is True
            assert status.counts.outstanding == readers
            assert any("refuses all mail: 550 5.7.1" in said for said in status.held_by)
            relay.refusing = b""
            service.clock.advance(timedelta(hours=1))
            await job(service, number)
            assert service.campaigns.status(number).campaign.state is State.SENT
            assert len(set(relay.recipients())) == len(relay.received) == readers

    asyncio.run(run())
    told = [fields["type"] for _, fields in events.read(store)]
    assert told.count(WAITING) == told.count("campaign.going_on") == 1


def test_a_relay_that_the_others_stand_in_for_is_named_all_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits, so nobody would look, until the last relay fails as well."""
    monkeypatch.setattr("mailer.store.campaigns.relays.TOLD_SECONDS", int(PATIENCE))
    later = "r+rcpt-451@example.org"  # so that the campaign has something left to do

    async def run() -> None:
        async with FaultyRelay(refusing=b"550 5.7.1 Denied\r\n") as bad, FaultyRelay() as good:
            other = RelayUrl.parse(f"smtp://localhost:{good.port}?starttls=no")
            service = SmallService(store, settings_for(tmp_path, relays=[bad.url(), other]))
            service.subscribe(later, *[f"r{n}@example.org" for n in range(60)])
            number = service.started().number
            asynchronous = store.asyncio()
            sender = Sender(store, asynchronous, service.settings, service.clock)
            await sender.run(number)
            status = service.campaigns.status(number)
            assert status.counts.accepted > 0
            (said,) = [said for said in status.held_by if bad.url().name in said]
            assert "refuses all mail: 550 5.7.1 Denied; the other relays carry" in said
            assert not [told for _, told in events.read(store) if told["type"] == WAITING]
            await sender.close()
            await asynchronous.close()

    asyncio.run(run())


def test_a_retrys_next_try_is_written_down_before_it_is_made(service: SmallService) -> None:
    """A crash while it is under way must not turn the wait into a loop without any."""
    (number,) = service.subscribe("busy+rcpt-451@example.org")
    campaign = service.started()

    async def claim_and_die() -> None:
        store = service.store.asyncio()
        ledger = Ledger(store, campaign.number, lease_ms=1000)
        now = service.clock.now()
        chunk = await ledger.take("dead", now)
        assert isinstance(chunk, Chunk)
        assert await ledger.due(chunk, now) == [number]
        (claimed,) = (await ledger.claim(chunk, [number], now)).claimed
        assert claimed.attempt == 2
        await store.close()

    async def run() -> list[int]:
        tried = []
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)
            service.clock.advance(timedelta(minutes=6))
            await claim_and_die()
            for minutes in (1, 5, 6):  # the second wait is of ten minutes
                service.clock.advance(timedelta(minutes=minutes))
                await send(service, relay, campaign.number)
                tried.append(sum(b"RCPT" in command for command in relay.commands))
                assert service.campaigns.status(campaign.number).counts.balanced
        return tried

    assert asyncio.run(run()) == [1, 1, 2]
    assert service.store.redis.hget(keys.attempts(campaign.number), number) == b"3"


def test_what_was_claimed_and_not_begun_counts_as_no_attempt(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause must not use up a reader's tries."""
    monkeypatch.setattr("mailer.services.sending.chunk_job.RELAY_PATIENCE_SECONDS", 0.1)
    (number,) = service.subscribe("busy+rcpt-451@example.org")
    campaign = service.started()

    async def run() -> None:
        async with FaultyRelay() as relay:
            await send(service, relay, campaign.number)
            service.clock.advance(timedelta(minutes=6))
            await relay.stop()
            async with service.worker([relay.url()]) as dispatcher:
                assert await dispatcher.send(campaign, Turn(60)) is Verdict.NO_RELAY

    asyncio.run(run())
    assert service.store.redis.hget(keys.attempts(campaign.number), number) == b"1"
    assert service.campaigns.status(campaign.number).counts.in_flight == 0


def test_a_small_campaign_ends_long_before_a_big_one_that_began_earlier(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice to ten must not wait for the bulletin to all: jobs take turns at the one worker."""
    configured = settings_for(tmp_path, workers=1).model_copy(update={"chunk_size": 96})
    service = SmallService(store, configured)
    service.subscribe(*[f"r{n}@example.org" for n in range(1000)])
    big = service.started().number
    store.redis.setbit(keys.tag_bits("few"), 1, 1)
    store.redis.sadd(keys.TAGS, "few")
    small = service.started(tags=("few",)).number
    tick = Tick(store, service.settings, service.clock)

    async def run() -> list[int]:
        """Do what the worker does with the queue, each slice a chunk long.

        By the loop's clock a message takes ten milliseconds, however fast the machine is.
        """
        order = []
        waiting = queue.queue(store.redis, queue.QueueName.CAMPAIGNS)
        loop = asyncio.get_running_loop()
        now = loop.time
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            monkeypatch.setattr(loop, "time", lambda: now() + len(relay.received) / 100)
            while waiting.job_ids:
                job = str(store.redis.lpop(waiting.key).decode())
                number = int(job.split("-")[1])
                order.append(number)
                campaign = service.campaigns.status(number).campaign
                if campaign.state is not State.SENDING:
                    continue
                if await dispatcher.send(campaign, Turn(0.02)) is Verdict.SLICE_OVER:
                    queue.enqueue_lanes(store, number, 1)
                tick.tend()
        return order

    order = asyncio.run(run())
    assert service.campaigns.status(small).campaign.state is State.SENT
    assert service.campaigns.status(big).campaign.state is State.SENT
    assert order.index(small) <= 2
    assert len(order) >= 10
