"""Writes messages ahead in threads, where each reader may have words of their own.

Such a text asks the store about its reader, and may have to be rendered: the loop goes on handing
over what is written.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from mailer.relay.envelope import Envelope
from mailer.services.sending.prewriting.written import AHEAD, Prewriting, Written, attempt
from mailer.store.campaigns.chunks import Claimed

BEGIN_AT: Final = AHEAD // 2
"""Writing begins anew when there are no more than that: a thread that starts for each message would
cost too much."""
WAKE_AT: Final = 8
"""A waiting caller is woken when there are that many, or no more come."""
HANDS: Final = 2
"""Threads that write: while one waits for the store, or signs, the other runs Python."""


class ThreadedPrewriting(Prewriting):
    """Keeps some messages written; everything but `write` is called in the event loop."""

    def __init__(
        self,
        queue: deque[Claimed],
        write: Callable[[Claimed], Envelope],
        tell: Callable[[], None],
    ) -> None:
        """Write messages from a queue in threads, and call `tell` when there are more."""
        super().__init__(queue, tell)
        self._write = write
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        """Return how many were taken from the queue and not handed out, or one or two more."""
        return len(self._written) + len(self._tasks)

    def urge(self) -> None:
        """Write on, if there is room and something to write."""
        while (
            len(self._tasks) < min(HANDS, len(self._queue))
            and len(self._written) <= BEGIN_AT
            and not self._closed
        ):
            self._tasks.add(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        await asyncio.to_thread(self._write_on)
        self._leave()
        self.urge()
        self._tell()

    def _write_on(self) -> None:
        """Write until there is enough or nothing more; in a thread, and beside another."""
        while not self._closed and len(self._written) < AHEAD:
            try:
                delivery = self._queue.popleft()
            except IndexError:
                return
            self._written.append(Written(delivery, attempt(self._write, delivery)))
            if self._waited_for and len(self._written) >= WAKE_AT:
                self._waited_for = False
                self._loop.call_soon_threadsafe(self._tell)
