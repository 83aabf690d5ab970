"""Writes what an event loop is handed, durably: what arrives together is written together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from mailer.errors import StoreError

Item = TypeVar("Item")
Kept = TypeVar("Kept")

PATIENCE_SECONDS: Final = 60.0
"""The time for which a caller waits for the store."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Kept]):
    item: Item
    kept: asyncio.Future[Kept]


class GroupCommit(Generic[Item, Kept]):
    """One writer for all callers: while it writes, the next lot gathers."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Kept]],
        *,
        most: int,
        octets: Callable[[Item], int] = lambda _item: 0,
        most_octets: int = 0,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """Commit in groups by `write`, which is called in a thread, one call at a time.

        Args:
            write: returns what became of each item, in order.
            most: items of one lot.
            octets: the size of an item.
            most_octets: of one lot; a single item may be larger. 0: any.
            patience: seconds that a caller waits at most.
        """
        self._write_items, self._most, self._octets = write, most, octets
        self._most_octets, self._patience = most_octets, patience
        self._queue: deque[_Waiting[Item, Kept]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, item: Item) -> Kept:
        """Return once an item is on disk.

        A caller that gives up (its connection was lost) disturbs nobody: the item is kept.

        Raises:
            StoreError: it may not be kept.
        """
        kept: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(item, kept))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        try:
            return await asyncio.wait_for(kept, self._patience)
        except TimeoutError:
            raise StoreError("The store does not answer; is its disk or machine stuck?") from None

    async def close(self) -> None:
        """Return when all that was handed over is settled."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        # Callers whose data has arrived by now join the first lot.
        await asyncio.sleep(0)
        try:
            while self._queue:
                await self._write_lot(self._next_lot())
        finally:
            self._writer = None

    def _next_lot(self) -> list[_Waiting[Item, Kept]]:
        lot = [self._queue.popleft()]
        size = self._octets(lot[0].item)
        while self._queue and len(lot) < self._most:
            size += self._octets(self._queue[0].item)
            if 0 < self._most_octets < size:
                break
            lot.append(self._queue.popleft())
        return lot

    async def _write_lot(self, lot: list[_Waiting[Item, Kept]]) -> None:
        items = [waiting.item for waiting in lot]
        try:
            kept = await asyncio.to_thread(self._write_items, items)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must be told
            for waiting in lot:
                if not waiting.kept.done():
                    waiting.kept.set_exception(
                        error if isinstance(error, StoreError) else StoreError(repr(error))
                    )
            return
        for waiting, one in zip(lot, kept, strict=True):
            if not waiting.kept.done():
                waiting.kept.set_result(one)
