"""Runs asynchronous servers in a thread, for tests of what has an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from support.patience import PATIENCE


@contextmanager
def in_a_thread(*make: Callable[[], AbstractAsyncContextManager[Any]]) -> Iterator[list[Any]]:
    """Run servers for the length of a `with` block; yields what they are entered as."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    servers: list[Any] = []
    failed: list[BaseException] = []
    stop: list[asyncio.Event] = []

    async def work() -> None:
        made = [one() for one in make]
        try:
            servers.extend([await one.__aenter__() for one in made])
            stop.append(asyncio.Event())
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            started.set()
        await stop[0].wait()
        for one in reversed(made):
            await one.__aexit__(None, None, None)

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE)
    assert not failed, failed
    try:
        yield servers
    finally:
        loop.call_soon_threadsafe(stop[0].set)
        thread.join(PATIENCE)
        loop.close()
