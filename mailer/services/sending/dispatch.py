"""Sends campaigns, chunk by chunk, over connections that outlive the jobs.

One `Dispatcher` lives as long as its worker process. A chunk that it takes is leased to it; if it
dies the lease ends, and whoever takes the chunk next settles what was left open (law 3).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from mailer import log
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import Attempt
from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope, Nothing
from mailer.services.sending.chunk_job import ChunkJob
from mailer.services.sending.store_patience import patiently
from mailer.services.sending.worker_context import Turn, Verdict, WorkerContext
from mailer.store.campaigns.chunks import Chunk, Lost, Work
from mailer.store.campaigns.ledger import LEASE_MS, Ledger
from mailer.store.server.connection import AsyncStore

HELD_SECONDS: Final = 1.0
"""A chunk is taken and read while the one before is sent. After that long it begins in any case,
and keeps its lease from then on."""
TOGETHER: Final = 2
"""Chunks that are handed out at once: while the last deliveries of one leave, the next begins."""
SETTLE_SECONDS: Final = 0.5
"""At its end a job waits so long for the last answers. Those that take longer are awaited beside
other jobs."""

_log = log.get_logger(__name__)


class Dispatcher:
    """Sends campaigns, one at a time, over connections that it keeps."""

    def __init__(
        self,
        store: AsyncStore,
        context: WorkerContext,
        lease_ms: int = LEASE_MS,
        settled: Callable[[int], None] = lambda _campaign: None,
    ) -> None:
        """Set up with a worker's context.

        Args:
            store: the store of the running loop.
            context: the worker's.
            lease_ms: how long a chunk is leased.
            settled: called with a campaign's number when the last answer of one of its chunks came
                that had been awaited beside other jobs.
        """
        self._store, self._context, self._lease_ms = store, context, lease_ms
        self._settled = settled
        self._awaited: set[asyncio.Task[Verdict | None]] = set()

    @property
    def awaits(self) -> int:
        """Count the chunks of which answers are awaited beside other jobs; the loop must run."""
        return len(self._awaited)

    def stop(self) -> None:
        """Stop at the next delivery's edge and let what is in flight end; call it in the loop."""
        self._context.stopping.set()

    async def send(self, campaign: Campaign, turn: Turn) -> Verdict:
        """Send chunks of a campaign until none is due, the turn is over, or it must stop.

        What the relays have not answered by then stays leased, and is settled later: see `awaits`.

        Raises:
            StoreError: the store was away for too long; what was claimed is found later (law 3).
        """
        ledger = Ledger(self._store, campaign.number, self._lease_ms, self._context.rules)
        chunks = _UnderWay(self._context, campaign, ledger, turn)
        self._context.pool.serve(chunks)
        verdict: Verdict | None = None
        try:
            while verdict is None:
                if self._context.stopping.is_set():
                    verdict = Verdict.STOPPED
                elif turn.overdue() is not None:
                    verdict = Verdict.SLICE_OVER
                elif chunk := await self._take(ledger):
                    verdict = await chunks.begin(chunk)
                else:
                    verdict = await chunks.end()
        finally:
            for task in await chunks.close(verdict or Verdict.HALTED):
                self._awaited.add(task)
                task.add_done_callback(partial(self._came, campaign.number))
        chunks.raise_failure()
        return verdict

    def _came(self, campaign: int, task: asyncio.Task[Verdict | None]) -> None:
        """Note that all answers of a chunk came, or that they cannot be written down."""
        self._awaited.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease ends, and whoever takes the chunk then finds what is open (law 3).
            told = f"Late answers could not be written down: {error}"
            _log.error("campaign.late_answers_lost", message=told, campaign=campaign)
        else:
            self._settled(campaign)

    async def close(self) -> None:
        """Close the connections, and end what signs; late answers are awaited for some seconds."""
        if self._awaited:
            self.stop()
            await asyncio.wait(self._awaited)
        await self._context.pool.close()
        if self._context.signing is not None:
            self._context.signing.close()

    async def _take(self, ledger: Ledger) -> Chunk | None:
        token = secrets.token_hex(8)
        chunk = await patiently(lambda: ledger.take(token, self._context.clock.now()))
        return chunk if isinstance(chunk, Chunk) else None


class _UnderWay:
    """The chunks that are being sent, the oldest first; together they are the relays' feed."""

    def __init__(
        self, context: WorkerContext, campaign: Campaign, ledger: Ledger, turn: Turn
    ) -> None:
        self._context, self._campaign, self._ledger, self._turn = context, campaign, ledger, turn
        self._jobs: dict[asyncio.Task[Verdict | None], ChunkJob] = {}
        """The chunks that hand out."""
        self._awaited: set[asyncio.Task[Verdict | None]] = set()
        """The chunks that have handed out all, and await answers, or have ended just now."""
        self._failures: list[BaseException] = []
        self._handed_out: dict[Envelope, ChunkJob] = {}
        self._news = asyncio.Event()

    def take(self, relay: Destination) -> Envelope | Nothing | None:
        """Hand out the next message, of the oldest chunk that has one."""
        answer = Nothing.YET  # until it leaves the pool, there may be another chunk
        for job in self._jobs.values():
            found = job.take(relay)
            if isinstance(found, Envelope):
                self._handed_out[found] = job
                return found
            answer = found or answer
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
            due = await patiently(lambda: self._ledger.due(chunk, self._context.clock.now()))
            due = [number for number in due if number not in work.awaited]
        except Lost:
            return None
        await self._wait_for_ending()
        job = ChunkJob(
            self._context, self._campaign, self._ledger, chunk, work, tell=self._news.set
        )
        task = asyncio.create_task(self._send(job, [*due, *work.todo]))
        task.add_done_callback(lambda _: self._news.set())
        self._jobs[task] = job
        while task in self._jobs and (not job.claimed or len(self._jobs) >= TOGETHER):
            verdict = await self._clear_away()
            if verdict is not None:
                return verdict
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
            Why to go no further: finished if none hands out anything more.
        """
        if not self._jobs:
            return Verdict.FINISHED
        return await self._clear_away()

    async def close(self, verdict: Verdict) -> set[asyncio.Task[Verdict | None]]:
        """Hand out nothing more of these chunks; wait for what is in flight, but not for long.

        Where their turn is over they end by themselves: what is claimed may leave first.

        Returns:
            Those that still await answers.
        """
        for job in self._jobs.values():
            if verdict is not Verdict.SLICE_OVER:
                job.halt(verdict)
        while any(not (task.done() or job.handed_out) for task, job in self._jobs.items()):
            await self._news.wait()
            self._news.clear()
        self._context.pool.leave(self)
        tasks = {*self._jobs, *self._awaited}
        if not tasks:
            return tasks
        patience = None if verdict is Verdict.STOPPED else SETTLE_SECONDS
        done, awaited = await asyncio.wait(tasks, timeout=patience)
        self._failures = [error for task in done if (error := task.exception()) is not None]
        return awaited

    def raise_failure(self) -> None:
        """Raise what a chunk failed with at the end, if one did."""
        for error in self._failures:
            raise error

    async def _clear_away(self) -> Verdict | None:
        """Wait for news; returns why a chunk ended early, or None."""
        await self._news.wait()
        self._news.clear()
        for task, job in list(self._jobs.items()):
            if task.done() or job.handed_out:
                del self._jobs[task]
                self._awaited.add(task)
                if job.verdict is not None and not task.done():
                    return job.verdict
        for task in [task for task in self._awaited if task.done()]:
            self._awaited.discard(task)
            verdict = task.result()
            if verdict is not None:
                return verdict
        return None

    async def _send(self, job: ChunkJob, numbers: list[int]) -> Verdict | None:
        """Do one chunk; returns why to go no further, or None."""
        try:
            return await job.run(numbers, self._turn)
        except Lost:
            return None

    async def _take_stock(self, chunk: Chunk) -> Work:
        languages, now = self._campaign.languages, self._context.clock.now()
        work = await patiently(lambda: self._ledger.read(chunk, languages, now))
        if not work.orphans:
            return work
        await patiently(lambda: self._ledger.abandon(chunk, work.orphans, now))
        return await patiently(lambda: self._ledger.read(chunk, languages, now))
