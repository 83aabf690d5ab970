"""Hands mail to the intake from an event loop: what arrives together is written together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from mailer.domain.received import Incoming
from mailer.errors import StoreError
from mailer.store.inbound import LOT, Kept

MOST_MAILS: Final = LOT
MOST_BYTES: Final = 8_000_000
"""Of one transaction; a single mail may be larger."""
PATIENCE_SECONDS: Final = 60.0
"""How long a sender is kept waiting for the store; clients wait ten minutes for the reply to their
final dot (RFC 5321 section 4.5.3.2.6)."""


class _Waiting(NamedTuple):
    mail: Incoming
    kept: asyncio.Future[Kept]


class Committer:
    """One writer for all connections: while it writes, the next lot gathers."""

    def __init__(self, receive: Callable[[Sequence[Incoming]], list[Kept]]) -> None:
        """Take what keeps mail durably; it is called in a thread, one call at a time."""
        self._receive = receive
        self._queue: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, mail: Incoming) -> Kept:
        """Return once a mail is on disk, or is known to have been here.

        A caller that gives up (its connection was lost) disturbs nobody: the mail is kept, and
        known when it comes again.

        Raises:
            StoreError: it may not be kept.
        """
        waiting = _Waiting(mail, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        try:
            return await asyncio.wait_for(waiting.kept, PATIENCE_SECONDS)
        except TimeoutError:
            raise StoreError("The store does not answer; is its disk or machine stuck?") from None

    async def close(self) -> None:
        """Return when all that was handed over is settled."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        # Connections whose data has arrived by now join the first lot.
        await asyncio.sleep(0)
        try:
            while self._queue:
                await self._write_lot(self._next_lot())
        finally:
            self._writer = None

    def _next_lot(self) -> list[_Waiting]:
        lot = [self._queue.popleft()]
        size = len(lot[0].mail.content)
        while self._queue and len(lot) < MOST_MAILS:
            size += len(self._queue[0].mail.content)
            if size > MOST_BYTES:
                break
            lot.append(self._queue.popleft())
        return lot

    async def _write_lot(self, lot: list[_Waiting]) -> None:
        mails = [waiting.mail for waiting in lot]
        try:
            kept = await asyncio.to_thread(self._receive, mails)
        except Exception as error:  # noqa: BLE001 - whatever it is, each sender must be told
            for waiting in lot:
                if not waiting.kept.done():
                    waiting.kept.set_exception(
                        error if isinstance(error, StoreError) else StoreError(repr(error))
                    )
            return
        for waiting, one in zip(lot, kept, strict=True):
            if not waiting.kept.done():
                waiting.kept.set_result(one)
