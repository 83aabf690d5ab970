"""The real worker process's loop: what is urgent goes before the rest of a campaign."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.domain.campaigns.rate_limit import parse_rate_limit
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.sending.sender import Sender
from mailer.services.sending.worker_context import Verdict
from mailer.store import queue
from mailer.store.server.connection import Store
from mailer.workers import jobs, runtime
from mailer.workers.run import Worker
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for


@pytest.fixture
def relay() -> Iterator[FaultyRelay]:
    """A relay in a thread of its own, because the worker keeps this one busy."""
    relay, loop = FaultyRelay(), asyncio.new_event_loop()
    loop.run_until_complete(relay.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield relay
    asyncio.run_coroutine_threadsafe(relay.stop(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_an_urgent_job_waits_no_longer_than_a_slice(
    store: Store, tmp_path: Path, relay: FaultyRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person waits for their confirmation while the bulletin goes to thousands.

    What the rate limit leaves to do would take minutes: a job that kept the worker for itself would
    have left nothing of it when the urgent one's turn comes.
    """
    configured = settings_for(
        tmp_path,
        relays=[relay.url()],
        redis_url=store.address,
        workers=1,
        rate_limits=(parse_rate_limit("10 a minute"),),
    )
    service = SmallService(store, configured)
    campaigns = Campaigns(store, configured, SystemClock())  # the worker's clock
    service.subscribe(*[f"r{n}@example.org" for n in range(100)])
    number = campaigns.send(campaigns.create("small", "bulletin").number).number
    slices: list[int] = []
    seen: dict[str, int] = {}
    run = Sender.run

    async def counted(self: Sender, number: int) -> Verdict:
        slices.append(number)
        return await run(self, number)

    def upkeep() -> None:
        seen["urgent"] = len(slices)
        seen["outstanding"] = campaigns.status(number).counts.outstanding
        campaigns.pause(number)  # so that the worker has an end

    def ask() -> None:
        while not relay.received:
            time.sleep(0.001)
        queue.enqueue(store, queue.QueueName.URGENT, "upkeep")
        seen["asked"] = len(slices)

    monkeypatch.setattr(Sender, "run", counted)
    monkeypatch.setattr(jobs, "upkeep", upkeep)
    asking = threading.Thread(target=ask)
    asking.start()
    own = runtime.start(configured)
    try:
        Worker(own).work(burst=True, logging_level="ERROR")
    finally:
        own.close()
        asking.join()
    assert seen["outstanding"] > 0
    # One that the worker had taken from the queue already may have begun after we asked.
    assert seen["urgent"] - seen["asked"] <= 1
    assert campaigns.status(number).counts.accepted == 100 - seen["outstanding"]
