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

AHEAD: Final = 64
"""Messages kept written: some for each connection."""
BATCH: Final = 16
"""Messages written at one go, so that a hand-over between threads costs little for each."""
HANDS: Final = 2
"""Threads that write: while one waits for the loop to look at what it wrote, the other goes on."""


class Written(NamedTuple):
    """A delivery with its message, or with what kept it from being written."""

    delivery: Claimed
    result: Envelope | UnsendableError | Exception


class Scribe:
    """Keeps some messages written; everything but `write` happens in the event loop."""

    def __init__(
        self,
        queue: deque[Claimed],
        write: Callable[[Claimed], Envelope],
        tell: Callable[[], None],
    ) -> None:
        """Take the queue to write from, what writes one message, and whom to tell of more."""
        self._queue, self._write, self._tell = queue, write, tell
        self._written: deque[Written] = deque()
        self._in_hand = 0
        self._hands: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._written) + self._in_hand

    def next(self) -> Written | None:
        """Return the next message, if one is written, and see to it that more are."""
        found = self._written.popleft() if self._written else None
        self.urge()
        return found

    def urge(self) -> None:
        """Write on, if there is room and something to write."""
        while self._queue and self._is_free():
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._in_hand += len(batch)
            task = asyncio.create_task(self._work(batch))
            self._hands.add(task)

    async def close(self) -> list[Claimed]:
        """Write no more; returns what was not handed out."""
        self._closed = True
        await asyncio.gather(*self._hands)
        left = [written.delivery for written in self._written]
        self._written.clear()
        return left

    def _is_free(self) -> bool:
        return not self._closed and len(self._hands) < HANDS and len(self) <= AHEAD - BATCH

    async def _work(self, batch: list[Claimed]) -> None:
        written = await asyncio.to_thread(self._write_all, batch)
        self._written += written
        self._in_hand -= len(batch)
        self._hands.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        self.urge()
        self._tell()

    def _write_all(self, batch: list[Claimed]) -> list[Written]:
        return [Written(delivery, self._attempt(delivery)) for delivery in batch]

    def _attempt(self, delivery: Claimed) -> Envelope | Exception:
        try:
            return self._write(delivery)
        except Exception as error:  # noqa: BLE001 - raised where the message is wanted
            return error
