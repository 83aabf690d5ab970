"""Writing ahead: messages that take long to make are made before a connection asks for them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, cast

from mailer.message.outgoing.slots import UnsendableError
from mailer.relay.envelope import Envelope
from mailer.store.campaigns.chunks import Claimed

AHEAD: Final = 256
"""Messages kept written at most: while the relays are busy writing goes on, so that later none of
the two waits for the other. Each takes some kilobytes: what all share is held once."""


Made = TypeVar("Made")


class Written(NamedTuple):
    """A delivery with its message, or with what kept it from being written."""

    delivery: Claimed
    result: Envelope | UnsendableError | Exception


def attempt(make: Callable[[Claimed], Made], delivery: Claimed) -> Made | Exception:
    """Make something of a delivery; what keeps it from being made is raised where it is wanted."""
    try:
        return make(delivery)
    except Exception as error:  # noqa: BLE001 - the caller keeps it with the delivery
        return error


class Prewriting(ABC):
    """Keeps some messages written; everything here is called in the event loop."""

    def __init__(self, queue: deque[Claimed], tell: Callable[[], None]) -> None:
        """Write from a queue, and call `tell` when there is more."""
        self._queue, self._tell = queue, tell
        self._written: deque[Written] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waited_for = self._closed = False

    @abstractmethod
    def __len__(self) -> int:
        """Return how many were taken from the queue and not handed out, or one or two more."""

    @abstractmethod
    def urge(self) -> None:
        """Write on, if there is room and something to write."""

    def next(self) -> Written | None:
        """Return the next message, if one is written, and see to it that more are."""
        if not self._written:
            self._waited_for = True  # before one looks again: a thread may just have written one
        found = self._written.popleft() if self._written else None
        self.urge()
        return found

    def _leave(self) -> None:
        """Count the running task no more."""
        self._tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def close(self) -> list[Claimed]:
        """Write no more; returns what was not handed out."""
        self._closed = True
        await asyncio.gather(*self._tasks)
        left = [written.delivery for written in self._written]
        self._written.clear()
        return left
