"""Sends campaigns, chunk by chunk, over connections that outlive the jobs.

One `Dispatcher` lives as long as its worker process. A chunk that it takes is leased to it; if it
dies the lease ends, and whoever takes the chunk next settles what was left open (law 3).
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import Final

from mailer.domain.campaign import Campaign
from mailer.domain.delivery import Attempt
from mailer.domain.relay_url import RelayUrl
from mailer.relay.envelope import Envelope, Nothing
from mailer.services.chunk import ChunkJob
from mailer.services.patience import patiently
from mailer.services.tools import Tools, Turn, Verdict
from mailer.store.connection import AsyncStore
from mailer.store.ledger import LEASE_MS, Chunk, Ledger, Lost, Work

HELD_SECONDS: Final = 1.0
"""A chunk is taken and read while the one before is sent. After that long it begins in any case,
and keeps its lease from then on."""
TOGETHER: Final = 2
"""Chunks under way at once: while the last deliveries of one are on their way, the next begins."""


class Dispatcher:
    """Sends campaigns, one at a time, over connections that it keeps."""

    def __init__(self, store: AsyncStore, tools: Tools, lease_ms: int = LEASE_MS) -> None:
        """Take the store of the running loop, the tools, and how long a chunk is leased."""
        self._store, self._tools, self._lease_ms = store, tools, lease_ms

    def stop(self) -> None:
        """Stop at the next delivery's edge and let what is in flight end; call it in the loop."""
        self._tools.stopping.set()

    async def send(self, campaign: Campaign, turn: Turn) -> Verdict:
        """Send chunks of a campaign until none is due, the turn is over, or it must stop.

        Raises:
            StoreError: the store was away for too long; what was claimed is found later (law 3).
        """
        ledger = Ledger(self._store, campaign.number, self._lease_ms, self._tools.rules)
        chunks = _UnderWay(self._tools, campaign, ledger, turn)
        self._tools.pool.serve(chunks)
        verdict: Verdict | None = None
        try:
            while verdict is None:
                if self._tools.stopping.is_set():
                    verdict = Verdict.STOPPED
                elif turn.overdue() is not None:
                    verdict = Verdict.SLICE_OVER
                elif chunk := await self._take(ledger):
                    verdict = await chunks.begin(chunk)
                else:
                    verdict = await chunks.end()
        finally:
            await chunks.close(verdict or Verdict.HALTED)
        return verdict

    async def close(self) -> None:
        """Close the connections, and end what signs."""
        await self._tools.pool.close()
        if self._tools.signing is not None:
            self._tools.signing.close()

    async def _take(self, ledger: Ledger) -> Chunk | None:
        token = secrets.token_hex(8)
        chunk = await patiently(lambda: ledger.take(token, self._tools.clock.now()))
        return chunk if isinstance(chunk, Chunk) else None


class _UnderWay:
    """The chunks that are being sent, the oldest first; together they are the relays' feed."""

    def __init__(self, tools: Tools, campaign: Campaign, ledger: Ledger, turn: Turn) -> None:
        """Start without a chunk."""
        self._tools, self._campaign, self._ledger, self._turn = tools, campaign, ledger, turn
        self._jobs: dict[asyncio.Task[Verdict | None], ChunkJob] = {}
        self._handed_out: dict[Envelope, ChunkJob] = {}

    def take(self, relay: RelayUrl) -> Envelope | Nothing | None:
        """Hand out the next message, of the oldest chunk that has one."""
        answer: Nothing | None = None
        for job in self._jobs.values():
            found = job.take(relay)
            if isinstance(found, Envelope):
                self._handed_out[found] = job
                return found
            answer = answer or found
        return answer

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Pass an outcome on to the chunk that the delivery belongs to."""
        self._handed_out.pop(envelope).settle(envelope, attempt)

    async def begin(self, chunk: Chunk) -> Verdict | None:
        """Start a chunk when the one before has little left; return when another may be taken.

        Returns:
            Why to go no further, or None.
        """
        try:
            work = await self._take_stock(chunk)
            due = await patiently(lambda: self._ledger.due(chunk, self._tools.clock.now()))
        except Lost:
            return None
        await self._wait_for_ending()
        job = ChunkJob(self._tools, self._campaign, self._ledger, chunk, work)
        task = asyncio.create_task(self._send(job, chunk, [*due, *work.todo]))
        self._jobs[task] = job
        claimed = asyncio.create_task(job.claimed.wait())
        try:
            while task in self._jobs and (not claimed.done() or len(self._jobs) >= TOGETHER):
                waited_for = {claimed, *self._jobs} if not claimed.done() else {*self._jobs}
                await asyncio.wait(waited_for, return_when="FIRST_COMPLETED")
                verdict = await self._clear_away()
                if verdict is not None:
                    return verdict
        finally:
            claimed.cancel()
        return None

    async def _wait_for_ending(self) -> None:
        """Wait until the newest chunk has little left, or for as long as one is held unused."""
        newest = next(reversed(self._jobs.values()), None)
        if newest is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(newest.ending.wait(), HELD_SECONDS)

    async def end(self) -> Verdict | None:
        """Wait for a chunk to end: what it gives back may be all that is left.

        Returns:
            Why to go no further: finished if none was under way.
        """
        if not self._jobs:
            return Verdict.FINISHED
        await asyncio.wait(self._jobs, return_when="FIRST_COMPLETED")
        return await self._clear_away()

    async def close(self, verdict: Verdict) -> None:
        """Hand out nothing more of these chunks, and return when what was is settled.

        Where their turn is over they do so by themselves: what is claimed may leave first.
        """
        for job in self._jobs.values():
            if verdict is not Verdict.SLICE_OVER:
                job.halt(verdict)
        await asyncio.gather(*self._jobs, return_exceptions=True)
        self._jobs.clear()

    async def _clear_away(self) -> Verdict | None:
        """Forget the chunks that have ended; returns why one of them did so early, or None."""
        for task in [task for task in self._jobs if task.done()]:
            del self._jobs[task]
            verdict = task.result()
            if verdict is not None:
                return verdict
        return None

    async def _send(self, job: ChunkJob, chunk: Chunk, numbers: list[int]) -> Verdict | None:
        """Do one chunk; returns why to go no further, or None."""
        try:
            verdict = await job.run(numbers, self._turn)
        except Lost:
            return None
        await patiently(lambda: self._ledger.finish(chunk, left=job.left))
        return verdict

    async def _take_stock(self, chunk: Chunk) -> Work:
        work = await patiently(lambda: self._ledger.read(chunk, self._campaign.languages))
        if not work.orphans:
            return work
        await patiently(lambda: self._ledger.abandon(chunk, work.orphans, self._tools.clock.now()))
        return await patiently(lambda: self._ledger.read(chunk, self._campaign.languages))
