"""A thousand endpoints of which a tenth hang: the others get theirs as if those were not there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mailer.hooks.lanes import QUICK, SLOW
from mailer.services.webhooks import delivering
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.quiet_loop import LeapingLoop
from support.servers.hook_receiver import HookReceiver, Message
from support.service.hook_service import HookService

ENDPOINTS: Final = 1000
HANGING: Final = 100
EVERY: Final = ENDPOINTS // HANGING
OTHERS: Final = ENDPOINTS - HANGING
NEVER: Final = 10 * PATIENCE
"""Seconds until one that hangs is given up: not before the test lets that time pass."""


@pytest.fixture
def quick_store(store: Store) -> Iterator[Store]:
    """The store without waits for the disk, which a thousand endpoints to be added would sum up."""
    before = store.redis.config_get("appendfsync")["appendfsync"]
    store.redis.config_set("appendfsync", "no")
    yield store
    store.redis.config_set("appendfsync", before)


class Crowd:
    """The endpoints, and what they were told."""

    def __init__(self, receiver: HookReceiver) -> None:
        self.told: set[str] = set()
        self.cut: list[str] = []
        self.all_told = asyncio.Event()
        receiver.on_message, receiver.on_cut = self.note, self.cut.append

    def note(self, message: Message) -> None:
        """Take a message in."""
        if message.path.startswith("/200"):
            assert message.path not in self.told
            self.told.add(message.path)
            if len(self.told) == OTHERS:
                self.all_told.set()

    def begin(self) -> None:
        """Wait for the next event."""
        self.told.clear()
        self.cut.clear()
        self.all_told.clear()


def path_of(number: int) -> str:
    """Tell where an endpoint is; every tenth of them hangs."""
    return f"/{200 if number % EVERY else 'hang'}/{number}"


def test_endpoints_that_hang_cost_the_others_nothing(quick_store: Store, tmp_path: Path) -> None:
    """All others have theirs before the first of those that hang is given up.

    There are more of those than places in the quick lane: without lanes, they would have them all.
    """
    assert QUICK < HANGING < SLOW
    service = HookService(quick_store, tmp_path / "data")

    async def one_event(crowd: Crowd) -> None:
        crowd.begin()
        service.happen()
        assert delivering.wake(service.store, service.clock)
        async with service.worker(total_seconds=NEVER) as worker:
            telling = worker.start()
            await asyncio.wait_for(crowd.all_told.wait(), PATIENCE)
            assert crowd.cut == []
            assert not telling.done()
            loop = asyncio.get_running_loop()
            assert isinstance(loop, LeapingLoop)
            loop.leap(NEVER)
            await telling
        assert len(crowd.told) == OTHERS

    async def scene() -> None:
        async with HookReceiver() as receiver:
            crowd = Crowd(receiver)
            urls = [receiver.url(path_of(number)) for number in range(ENDPOINTS)]
            hanging = [service.add(url) for url in urls][::EVERY]
            await one_event(crowd)
            fares = [service.hooks.show(one) for one in hanging]
            assert {one.standing.failures for one in fares} == {1}
            assert all("did not answer" in one.attempts[0].reason for one in fares)
            # Those that are known to hang do not even begin in the quick lane.
            service.pass_time(seconds=6)
            await one_event(crowd)

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(scene())
