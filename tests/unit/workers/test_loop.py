"""The worker's loop gathers news that comes thick, and delays nothing else."""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mailer.workers.loop import (
    CROWD,
    GATHER_SECONDS,
    THICK_SECONDS,
    GatheringSelector,
    new_event_loop,
)


class Bench:
    """Watched pairs of sockets, with a clock that only sleeping and the test move."""

    def __init__(self, stack: ExitStack) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.meanwhile: list[int] = []
        """The pairs that hear something during the next sleep."""
        self._stack = stack
        self.selector = stack.enter_context(GatheringSelector(self.sleep, lambda: self.time))
        self._far: list[socket.socket] = []
        self._near: list[socket.socket] = []

    def watch(self, count: int) -> None:
        for _ in range(count):
            near, far = (self._stack.enter_context(end) for end in socket.socketpair())
            self.selector.register(near, selectors.EVENT_READ, len(self._near))
            self._near.append(near)
            self._far.append(far)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        for pair in self.meanwhile:
            self.send(pair)
        self.meanwhile.clear()

    def send(self, pair: int) -> None:
        self._far[pair].send(b"x")

    def heard(self, timeout: float | None = 0.05) -> set[int]:
        found = {key.data for key, _ in self.selector.select(timeout)}
        for pair in found:
            self._near[pair].recv(1)
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Watch nothing yet."""
    with ExitStack() as stack:
        yield Bench(stack)


def test_news_that_comes_thick_is_gathered(bench: Bench) -> None:
    """To be woken for each of them would cost more than they do."""
    bench.watch(CROWD)
    bench.send(0)
    assert bench.heard() == {0}
    bench.meanwhile = [1, 2, 3]
    assert bench.heard() == {1, 2, 3}
    assert bench.slept == [GATHER_SECONDS]


def test_what_is_here_already_does_not_wait(bench: Bench) -> None:
    """There is work to do, during which more gathers by itself."""
    bench.watch(CROWD)
    bench.send(0)
    assert bench.heard() == {0}
    bench.send(5)
    assert bench.heard() == {5}
    assert bench.slept == []


def test_news_after_a_quiet_while_is_not_delayed(bench: Bench) -> None:
    """A relay far away answers slowly, and nothing is saved by answering it later."""
    bench.watch(CROWD)
    bench.send(0)
    assert bench.heard() == {0}
    bench.time += THICK_SECONDS
    assert bench.heard() == set()
    assert bench.slept == []


def test_no_crowd_no_gathering(bench: Bench) -> None:
    """One connection in lock-step would be slower by the moment, each time."""
    bench.watch(CROWD - 1)
    bench.send(0)
    assert bench.heard() == {0}
    assert bench.heard() == set()
    assert bench.slept == []


@pytest.mark.parametrize("timeout", [-1.0, 0.0, GATHER_SECONDS])
def test_a_timer_that_is_due_is_not_delayed(bench: Bench, timeout: float) -> None:
    """The loop's other work must go first."""
    bench.watch(CROWD)
    bench.send(0)
    assert bench.heard() == {0}
    assert bench.heard(timeout) == set()
    assert bench.slept == []


def test_nothing_heard_in_the_moment_waits_for_the_system(bench: Bench) -> None:
    """It does not look again and again: that would keep a core busy."""
    bench.watch(CROWD)
    bench.send(0)
    assert bench.heard() == {0}
    assert bench.heard() == set()
    assert bench.slept == [GATHER_SECONDS]


def test_a_loop_runs_on_it() -> None:
    """Talks over more connections than make a crowd, in step, with timers and threads beside."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
        writer.close()

    async def ask(port: int, name: str) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        heard = []
        for turn in range(50):
            writer.write(f"{name} {turn}\n".encode())
            heard.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return heard

    async def talk() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            names = [f"n{n}" for n in range(2 * CROWD)]
            answers = await asyncio.gather(*(ask(port, name) for name in names))
            for name, heard in zip(names, answers, strict=True):
                assert heard == [f"{name} {turn}\n".upper().encode() for turn in range(50)]
            assert await asyncio.to_thread(sum, [1, 2]) == 3
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.01)

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(talk())
