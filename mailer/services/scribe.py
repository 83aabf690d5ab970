"""Writes messages ahead in threads, where signing takes long enough for that to be worth it.

An RSA signature takes a quarter of a millisecond, in which `cryptography` lets other threads run:
the loop goes on handing over what is signed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, cast

from mailer.message.slots import UnsendableError
from mailer.relay.envelope import Envelope
from mailer.store.ledger import Claimed

AHEAD: Final = 256
"""Messages kept written at most: while the relays are busy the threads go on, so that later none of
the two waits for the other. Each takes some kilobytes: what all share is held once."""
BEGIN_AT: Final = AHEAD // 2
"""Writing begins anew when there are no more than that: a thread that starts for each message would
cost too much."""
WAKE_AT: Final = 8
"""Whoever waits for a message is woken when there are that many, or no more come."""
HANDS: Final = 2
"""Threads that write: while one waits for its turn to run Python, the other signs."""


class Written(NamedTuple):
    """A delivery with its message, or with what kept it from being written."""

    delivery: Claimed
    result: Envelope | UnsendableError | Exception


class Scribe:
    """Keeps some messages written; everything but `write` is called in the event loop."""

    def __init__(
        self,
        queue: deque[Claimed],
        write: Callable[[Claimed], Envelope],
        tell: Callable[[], None],
    ) -> None:
        """Take the queue to write from, what writes one message, and whom to tell of more."""
        self._queue, self._write, self._tell = queue, write, tell
        self._loop = asyncio.get_running_loop()
        self._written: deque[Written] = deque()
        self._hands: set[asyncio.Task[None]] = set()
        self._waited_for = self._closed = False

    def __len__(self) -> int:
        """Return how many were taken from the queue and not handed out, or one or two more."""
        return len(self._written) + len(self._hands)

    def next(self) -> Written | None:
        """Return the next message, if one is written, and see to it that more are."""
        if not self._written:
            self._waited_for = True  # before one looks again: a thread may just have written one
        found = self._written.popleft() if self._written else None
        self.urge()
        return found

    def urge(self) -> None:
        """Write on, if there is room and something to write."""
        while (
            len(self._hands) < min(HANDS, len(self._queue))
            and len(self._written) <= BEGIN_AT
            and not self._closed
        ):
            self._hands.add(asyncio.create_task(self._work()))

    async def close(self) -> list[Claimed]:
        """Write no more; returns what was not handed out."""
        self._closed = True
        await asyncio.gather(*self._hands)
        left = [written.delivery for written in self._written]
        self._written.clear()
        return left

    async def _work(self) -> None:
        await asyncio.to_thread(self._write_on)
        self._hands.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        self.urge()
        self._tell()

    def _write_on(self) -> None:
        """Write until there is enough or nothing more; in a thread, and beside another."""
        while not self._closed and len(self._written) < AHEAD:
            try:
                delivery = self._queue.popleft()
            except IndexError:
                return
            self._written.append(Written(delivery, self._attempt(delivery)))
            if self._waited_for and len(self._written) >= WAKE_AT:
                self._waited_for = False
                self._loop.call_soon_threadsafe(self._tell)

    def _attempt(self, delivery: Claimed) -> Envelope | Exception:
        try:
            return self._write(delivery)
        except Exception as error:  # noqa: BLE001 - raised where the message is wanted
            return error
