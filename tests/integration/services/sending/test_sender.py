"""A worker's job reports on a campaign that cannot go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mailer.config import Settings
from mailer.services.sending.sender import Others, Sender
from mailer.services.sending.worker_context import Verdict
from mailer.store import keys, queue
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for


@asynccontextmanager
async def sender_of(service: SmallService, settings: Settings) -> AsyncIterator[Sender]:
    """Make what a worker sends with; its connections are closed after the block."""
    asynchronous = service.store.asyncio()
    sender = Sender(service.store, asynchronous, settings, service.clock)
    yield sender
    await sender.close()
    await asynchronous.close()


def test_a_job_that_fails_says_so_on_the_campaign(store: Store, tmp_path: Path) -> None:
    """Law 11: otherwise a secretary would watch “sending, 0 of 1” for ever."""
    settings = settings_for(tmp_path)
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    campaign = service.started()
    store.redis.delete(keys.edition("small", campaign.digest))

    async def run() -> None:
        async with sender_of(service, settings) as sender:
            with pytest.raises(Exception, match="small"):
                await sender.run(campaign.number)

    asyncio.run(run())
    status = service.campaigns.status(campaign.number)
    assert "a worker failed (There is no version" in status.campaign.reason
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
        async with sender_of(service, settings) as sender:
            return await sender.run(campaign.number)

    assert asyncio.run(run()) is Verdict.HALTED


def test_the_scheduler_waits_once_and_people_do_not(store: Store, tmp_path: Path) -> None:
    """To stop and begin anew costs a busy campaign a thirtieth of a second each time."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    campaign = service.started()

    def looks(*waiting: queue.QueueName) -> list[bool]:
        for name in waiting:
            queue.enqueue(store, name, "upkeep")
        others = Others(store, campaign.number)
        return [others.wait() for _ in range(3)]

    upkeep, urgent = queue.QueueName.UPKEEP, queue.QueueName.URGENT
    assert looks() == [False, False, False]
    assert looks(upkeep) == [False, True, True]
    assert looks(upkeep, urgent) == [True, True, True]
