"""Writes messages ahead whose signatures another process makes: drafts here, signatures there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final

from mailer.services.sending.composing import Unsigned
from mailer.services.sending.prewriting.signing import Signing
from mailer.services.sending.prewriting.written import AHEAD, Prewriting, Written, attempt
from mailer.store.campaigns.chunks import Claimed

BATCH: Final = 16
"""Messages whose signatures are asked for at once: the asking costs as much as for one."""
UNDER_WAY: Final = 4
"""Batches that are asked for: the other process must never wait for the next."""


class SignedPrewriting(Prewriting):
    """Keeps some messages written and signed."""

    def __init__(
        self,
        queue: deque[Claimed],
        draft: Callable[[Claimed], Unsigned],
        signing: Signing,
        tell: Callable[[], None],
    ) -> None:
        """Draft messages from a queue, have them signed, and call `tell` when there are more."""
        super().__init__(queue, tell)
        self._draft, self._signing = draft, signing
        self._unsigned = 0

    def __len__(self) -> int:
        """Return how many were taken from the queue and not handed out."""
        return len(self._written) + self._unsigned

    def urge(self) -> None:
        """Write on, if there is room and something to write."""
        while (
            self._queue
            and len(self._tasks) < UNDER_WAY
            and len(self) <= AHEAD - BATCH
            and not self._closed
        ):
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._unsigned += len(batch)
            self._tasks.add(asyncio.create_task(self._work(batch)))

    async def _work(self, batch: list[Claimed]) -> None:
        self._written += await self._write(batch)
        self._unsigned -= len(batch)
        self._leave()
        self.urge()
        if self._waited_for or not self._tasks:
            self._waited_for = False
            self._tell()

    async def _write(self, batch: list[Claimed]) -> list[Written]:
        drafts = [attempt(self._draft, delivery) for delivery in batch]
        digests = [one for draft in drafts if isinstance(draft, Unsigned) for one in draft.digests]
        try:
            made = iter(await self._signing.sign(digests))
            results = [
                draft.signed(list(islice(made, len(draft.digests))))
                if isinstance(draft, Unsigned)
                else draft
                for draft in drafts
            ]
        except Exception as error:  # noqa: BLE001 - raised where the message is wanted
            return [Written(delivery, error) for delivery in batch]
        return [Written(*both) for both in zip(batch, results, strict=True)]
