"""Web hooks in the real worker process's loop: they are told beside its other jobs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.clock import SimulatedClock, SystemClock
from mailer.domain.events import Event
from mailer.services.webhooks import delivering
from mailer.services.webhooks.delivering import Delivering
from mailer.services.webhooks.managing import Webhooks
from mailer.services.webhooks.turn import LEASE
from mailer.store import events, queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.workers import jobs, runtime
from mailer.workers.run import Worker
from support.patience import PATIENCE
from support.servers.hook_receiver import HookReceiver
from support.service.parts import started
from support.service.small_campaign import settings_for, settings_in_file


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    """A receiver in a thread of its own, for the worker keeps this one busy."""
    made, loop = HookReceiver(), asyncio.new_event_loop()
    loop.run_until_complete(made.__aenter__())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield made
    asyncio.run_coroutine_threadsafe(made.__aexit__(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_worker_tells_endpoints_and_a_hanging_one_does_not_keep_it(
    store: Store, tmp_path: Path, receiver: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 19: the urgent job that comes while an endpoint hangs is done at once."""
    configured = settings_for(
        tmp_path, redis_url=store.address, webhook_allow_networks=["127.0.0.0/8"]
    )
    clock = SystemClock()
    hooks = Webhooks(store, configured, clock)
    for path in ("/hang", "/200"):
        hooks.add(receiver.url(path), ["campaign.*"])
    events.record(store, Event("campaign.paused", clock.now(), {"campaign": 1}))
    hanging: list[bool] = []
    own = runtime.start(configured)

    def read_forms() -> None:
        hanging.append(own.awaits)

    monkeypatch.setattr(jobs, "read_forms", read_forms)
    try:
        for job in ("upkeep", "deliver_hooks", "read_forms"):
            queue.enqueue(store, QueueName.UPKEEP, job)
        Worker(own).work(burst=True, logging_level="ERROR", max_jobs=4)
        assert hanging == [True]
        for _ in range(int(PATIENCE / 0.1)):
            if receiver.to("/200") and receiver.to("/hang"):
                break
            own.attend(0.1)
    finally:
        own.close()
    assert len(receiver.to("/200")) == len(receiver.to("/hang")) == 1


def test_a_worker_that_is_killed_while_it_tells_an_event_loses_none(
    store: Store, tmp_path: Path, receiver: HookReceiver
) -> None:
    """Killed between the delivery and the note of it: the event comes again, under the same id."""
    configured = settings_in_file(
        tmp_path / "data", redis_url=store.address, webhook_allow_networks=["127.0.0.0/8"]
    )
    clock = SystemClock()
    one = Webhooks(store, configured, clock).add(receiver.url("/hang"), ["campaign.*"])
    events.record(store, Event("campaign.paused", clock.now(), {"campaign": 1}))
    got = threading.Event()
    receiver.on_message = lambda _: got.set()
    assert delivering.wake(store, clock)
    with started("run", configured) as worker:
        assert got.wait(PATIENCE)
        worker.kill()
    receiver.answers["/hang"] = [200]

    async def another() -> None:
        opened = store.asyncio()
        later = SimulatedClock(clock.now() + LEASE + timedelta(seconds=1))
        worker = Delivering(store, opened, configured, later)
        await worker.start()
        await worker.close(0)
        await opened.close()

    asyncio.run(another())
    first, second = receiver.messages
    assert first.id == second.id
    (attempt,) = Webhooks(store, configured, clock).show(one.id).attempts
    assert (attempt.number, attempt.outcome) == (2, "delivered")
