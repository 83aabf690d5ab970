"""What a worker's job tells of a campaign that cannot go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from small_campaign import SmallService, settings_for

from mailer.services.sending import Sender
from mailer.services.tools import Verdict
from mailer.store import keys, queue
from mailer.store.connection import Store


def test_a_job_that_fails_says_so_on_the_campaign(store: Store, tmp_path: Path) -> None:
    """Law 11: otherwise a secretary would watch “sending, 0 of 1” for ever."""
    settings = settings_for(tmp_path)
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    campaign = service.started()
    store.redis.delete(keys.edition("small", campaign.digest))

    async def run() -> None:
        asynchronous = store.asyncio()
        sender = Sender(store, asynchronous, settings, service.clock)
        with pytest.raises(Exception, match="small"):
            await sender.run(campaign.number)
        await sender.close()
        await asynchronous.close()

    asyncio.run(run())
    status = service.campaigns.status(campaign.number)
    assert "a worker failed (There is no edition 'small" in status.campaign.reason
    assert status.counts.outstanding == 1
    assert status.counts.in_flight == 0


def test_a_paused_campaign_is_left_alone(store: Store, tmp_path: Path) -> None:
    """Jobs that were in the queue before the pause find nothing to do."""
    settings = settings_for(tmp_path)
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    campaign = service.started()
    service.campaigns.pause(campaign.number)

    async def run() -> Verdict:
        asynchronous = store.asyncio()
        sender = Sender(store, asynchronous, settings, service.clock)
        verdict = await sender.run(campaign.number)
        await sender.close()
        await asynchronous.close()
        return verdict

    assert asyncio.run(run()) is Verdict.HALTED


def test_the_clockwork_waits_once_and_people_do_not(store: Store, tmp_path: Path) -> None:
    """To stop and begin anew costs a busy campaign a thirtieth of a second each time."""
    settings = settings_for(tmp_path)
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    campaign = service.started()

    async def looks(*waiting: queue.QueueName) -> list[bool]:
        asynchronous = store.asyncio()
        sender = Sender(store, asynchronous, settings, service.clock)
        for name in waiting:
            queue.enqueue(store.redis, name, "upkeep")
        said = [sender._must_end(campaign.number) for _ in range(3)]
        await sender.close()
        await asynchronous.close()
        return said

    upkeep, urgent = queue.QueueName.UPKEEP, queue.QueueName.URGENT
    assert asyncio.run(looks()) == [False, False, False]
    assert asyncio.run(looks(upkeep)) == [False, True, True]
    assert asyncio.run(looks(upkeep, urgent)) == [True, True, True]
