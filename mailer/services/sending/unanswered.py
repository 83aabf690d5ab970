"""Deliveries of a chunk without an answer: waited for, and given back if that takes long.

An answer may take minutes (RFC 5321 section 4.5.3.2.6). Nobody else waits for it: the transport has
other connections, the worker other jobs, and whoever takes the chunk next leaves alone what we
await.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from mailer.domain.settings.transport_url import Destination
from mailer.services.sending.first_of import first_of
from mailer.services.sending.record import Record
from mailer.services.sending.store_patience import patiently
from mailer.services.sending.worker_context import WorkerContext
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import Ledger

STOP_SECONDS: Final = 4.0
"""The time for what is in flight to end by itself after a request to stop."""
SETTLE_SECONDS: Final = 0.25
"""The time after which a chunk is given back although answers are awaited."""
LEASE_SHARE: Final = 6
"""The number of reports of awaited answers in the length of a lease."""


class Unanswered:
    """The deliveries handed out by a chunk, until all are settled and the chunk is given back."""

    def __init__(
        self, context: WorkerContext, ledger: Ledger, chunk: Chunk, record: Record
    ) -> None:
        """Keep the chunk, its ledger, and the recorder of outcomes."""
        self._context, self._ledger, self._chunk, self._record = context, ledger, chunk, record
        self.relays: dict[int, Destination] = {}
        """Number -> the relay that has it."""
        self.quiet = asyncio.Event()
        """Set when nothing is handed out any more."""
        self._awaited: tuple[int, ...] = ()
        """The deliveries in flight when the chunk was given back before all was settled."""

    async def see_out(self, *, left: bool, renew: Callable[[], Awaitable[None]] | None) -> None:
        """Wait until all that was handed out is settled; give the chunk back if that takes long.

        Args:
            left: deliveries of the chunk may be tried at once.
            renew: keeps the lease of a chunk that must not be given back, for it failed.

        Raises:
            StoreError: the store was away for too long.
            Exception: what the feed raised.
        """
        stopping = self._context.stopping
        seconds = SETTLE_SECONDS
        while self.relays and not stopping.is_set():
            self.quiet.clear()
            await first_of([self.quiet.wait(), stopping.wait()], seconds)
            if not self.relays or stopping.is_set():
                break
            if renew is not None:
                await renew()
            elif not self._awaited:
                await self._record.write_all()
                self._awaited = tuple(self.relays)
                await self._give_back(left=left)
            else:
                await patiently(self._keep)
            seconds = max(SETTLE_SECONDS, self._ledger.lease_seconds / LEASE_SHARE)
        if self.relays:
            await self._context.pool.drain(STOP_SECONDS)
        self._context.pool.raise_failure()

    async def finish(self, *, left: bool) -> None:
        """Give the chunk back, all of it settled; or say so of what was awaited after that.

        Raises:
            StoreError: the store was away for too long.
        """
        if not self._awaited:
            await self._give_back(left=left)
            return
        released = self._record.released
        await patiently(lambda: self._ledger.settle_late(self._chunk, self._awaited, left=released))

    async def _give_back(self, *, left: bool) -> None:
        """Give the chunk back, but for what is in flight."""
        now = self._context.clock.now()
        left = left or self._record.released
        self._record.released = False
        await patiently(
            lambda: self._ledger.finish(self._chunk, now, left=left, awaited=self._awaited)
        )

    async def _keep(self) -> None:
        await self._ledger.keep(self.relays, self._context.clock.now())
