"""Writes down what became of a chunk's deliveries, in batches, and judges what is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from mailer.domain.bounces.policy import of_refusal
from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.delivery import (
    PUT_BACK_WAIT,
    Attempt,
    Outcome,
    gives_up,
    next_try_after,
)
from mailer.services.sending.store_patience import patiently
from mailer.services.sending.worker_context import Verdict, WorkerContext
from mailer.store.campaigns.chunks import Chunk, Claimed
from mailer.store.campaigns.ledger import Ledger
from mailer.store.campaigns.settling import Settled

FLUSH_COUNT: Final = 200
FLUSH_SECONDS: Final = 0.05
"""Outcomes are written down in batches of that many, or after that long."""


class Record:
    """Gathers outcomes for the ledger, while `run` writes them there."""

    def __init__(
        self, context: WorkerContext, ledger: Ledger, chunk: Chunk, halt: Callable[[Verdict], None]
    ) -> None:
        """Record in a chunk's ledger; `halt` is called when the campaign no longer sends."""
        self._context, self._ledger, self._chunk, self._halt = context, ledger, chunk, halt
        self._attempts: dict[int, int] = {}
        """The attempt numbers of the deliveries that are not at their first."""
        self._accepted: list[int] = []
        self._others: list[Settled] = []
        self._news, self._over = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self.released = False
        """True once a delivery was given back, which may be tried at once."""

    def expect(self, claimed: Iterable[Claimed]) -> None:
        """Remember which attempt each of these deliveries is at."""
        self._attempts |= {one.number: one.attempt for one in claimed if one.attempt > 1}

    def note(self, number: int, attempt: Attempt, relay: str = "") -> None:
        """Note an outcome; it is written down within `FLUSH_SECONDS`."""
        if attempt.outcome is Outcome.ACCEPTED:
            self._accepted.append(number)
        else:
            self._others.append(self._judge(number, attempt, relay))
        self._news.set()

    def close(self) -> None:
        """Have `run` return once all is written down."""
        self._over.set()
        self._news.set()

    async def run(self) -> None:
        """Write outcomes down until this is closed.

        Raises:
            StoreError: the store was away for too long.
        """
        try:
            while not self._over.is_set() or self._accepted or self._others:
                await self._news.wait()
                self._news.clear()
                if len(self._accepted) + len(self._others) < FLUSH_COUNT:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._over.wait(), FLUSH_SECONDS)
                await self._flush()
        except BaseException:
            self._halt(Verdict.HALTED)
            raise

    async def write_all(self) -> None:
        """Write down all that was noted; nothing is on its way to the store when this returns.

        Raises:
            StoreError: the store was away for too long.
        """
        while self._accepted or self._others or self._writing.locked():
            await self._flush()

    async def _flush(self) -> None:
        async with self._writing:
            accepted, self._accepted = self._accepted, []
            others, self._others = self._others, []
            if not accepted and not others:
                return
            state = await patiently(
                lambda: self._ledger.settle(
                    self._chunk, accepted, others, self._context.clock.now()
                )
            )
        if state is not State.SENDING:
            self._halt(Verdict.HALTED)

    def _judge(self, number: int, attempt: Attempt, relay: str) -> Settled:
        """Decide when an attempt that did not succeed is repeated, or that it is not."""
        attempts = self._attempts.get(number, 1)
        if attempt.outcome is Outcome.RELEASED:
            self.released = True
        if attempt.outcome is Outcome.SKIPPED:
            return Settled(number, attempt)
        if attempt.outcome not in {Outcome.DEFERRED, Outcome.UNKNOWN}:
            said = of_refusal(attempt)
            return Settled(number, attempt, relay, number_of_attempt=attempts, said=said)
        if not attempt.counts:
            again = self._context.clock.now() + PUT_BACK_WAIT
            return Settled(number, attempt, relay, again, attempts - 1)
        if attempt.outcome is Outcome.DEFERRED and gives_up(attempts, self._context.retry_limit):
            hours = self._context.retry_limit.total_seconds() / 3600
            text = f"{attempt.text} (tried {attempts} times in {hours:.0f} hours)"
            given_up = replace(attempt, outcome=Outcome.REJECTED, text=text)
            said = of_refusal(given_up)
            return Settled(number, given_up, relay, said=said, given_up=True)
        wait = next_try_after(attempts, self._context.jitter())
        return Settled(number, attempt, relay, self._context.clock.now() + wait, attempts)
