"""Sends campaigns, chunk by chunk, over connections that outlive the jobs.

One `Dispatcher` lives as long as its worker process. A chunk that it takes is leased to it; if it
dies the lease ends, and whoever takes the chunk next settles what was left open (law 3).
"""

from __future__ import annotations

import asyncio
import secrets

from mailer.domain.campaign import Campaign
from mailer.services.chunk import ChunkJob
from mailer.services.patience import patiently
from mailer.services.tools import Tools, Verdict
from mailer.store.connection import AsyncStore
from mailer.store.ledger import LEASE_MS, Chunk, Ledger, Lost, Work


class Dispatcher:
    """Sends campaigns, one chunk at a time, over connections that it keeps."""

    def __init__(self, store: AsyncStore, tools: Tools, lease_ms: int = LEASE_MS) -> None:
        """Take the store of the running loop, the tools, and how long a chunk is leased."""
        self._store, self._tools, self._lease_ms = store, tools, lease_ms

    def stop(self) -> None:
        """Stop at the next delivery's edge and let what is in flight end; call it in the loop."""
        self._tools.stopping.set()

    async def send(self, campaign: Campaign, seconds: float) -> Verdict:
        """Send chunks of a campaign until none is due, the time is up, or it must stop.

        Raises:
            StoreError: the store was away for too long; what was claimed is found later (law 3).
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        ledger = Ledger(self._store, campaign.number, self._lease_ms, self._tools.rules)
        while not self._tools.stopping.is_set():
            chunk = await self._take(ledger)
            if chunk is None:
                return Verdict.FINISHED
            verdict = await self._send_chunk(campaign, ledger, chunk, deadline)
            if verdict is not None:
                return verdict
            if loop.time() > deadline:
                return Verdict.SLICE_OVER
        return Verdict.STOPPED

    async def close(self) -> None:
        """Close the connections."""
        await self._tools.pool.close()

    async def _take(self, ledger: Ledger) -> Chunk | None:
        token = secrets.token_hex(8)
        chunk = await patiently(lambda: ledger.take(token, self._tools.clock.now()))
        return chunk if isinstance(chunk, Chunk) else None

    async def _send_chunk(
        self, campaign: Campaign, ledger: Ledger, chunk: Chunk, deadline: float
    ) -> Verdict | None:
        """Do one chunk; returns why to go no further, or None."""
        try:
            work = await self._take_stock(campaign, ledger, chunk)
            due = await patiently(lambda: ledger.due(chunk, self._tools.clock.now()))
            job = ChunkJob(self._tools, campaign, ledger, chunk, work)
            verdict = await job.run([*due, *work.todo], deadline)
        except Lost:
            return None
        await patiently(lambda: ledger.finish(chunk, left=job.left))
        return verdict

    async def _take_stock(self, campaign: Campaign, ledger: Ledger, chunk: Chunk) -> Work:
        work = await patiently(lambda: ledger.read(chunk, campaign.languages))
        if not work.orphans:
            return work
        await patiently(lambda: ledger.abandon(chunk, work.orphans, self._tools.clock.now()))
        return await patiently(lambda: ledger.read(chunk, campaign.languages))
