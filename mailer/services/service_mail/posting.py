"""Hands service mails to the relays, before everything else, as many at once as there are.

A feed of its own, which the pool asks first. Each mail's end is awaited by whoever handed it in, so
that one that gets no answer keeps no other waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from mailer.domain.campaigns.delivery import Attempt, Outcome, deferred
from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope
from mailer.relay.transport import Transport

LOOK_SECONDS: Final = 0.05
"""The interval between two checks whether the relays can be reached."""
LONGEST_SECONDS: Final = 30.0
"""A mail that no connection took by then is tried again later."""


class Posting:
    """Service mails on their way; belongs to one event loop, as its pool does."""

    def __init__(self, pool: Transport) -> None:
        """Use the connections to the relays; the pool asks this feed from the first mail on."""
        self._pool = pool
        self._waiting: deque[Envelope] = deque()
        self._ends: dict[Envelope, asyncio.Future[Attempt]] = {}

    def take(self, _relay: Destination) -> Envelope | None:
        """Hand out the mail that has waited longest."""
        return self._waiting.popleft() if self._waiting else None

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Tell whoever handed a mail in how it ended."""
        end = self._ends.pop(envelope)
        if not end.done():
            end.set_result(attempt)

    async def hand_over(self, envelope: Envelope) -> Attempt:
        """Hand one mail to the relays; returns how that ended, deferred if none takes it.

        May take as long as a relay may take for its answer. Gives up at once where none can be
        reached.
        """
        loop = asyncio.get_running_loop()
        end = self._ends[envelope] = loop.create_future()
        self._waiting.append(envelope)
        self._pool.serve(self, urgent=True)
        late = loop.time() + LONGEST_SECONDS
        while not (await asyncio.wait({end}, timeout=LOOK_SECONDS))[0]:
            problem = self._pool.problem or ""
            if (problem or loop.time() > late) and envelope in self._waiting:
                self._waiting.remove(envelope)
                del self._ends[envelope]
                return deferred(0, "", problem or "no connection to a relay was free")
            if problem:
                self._pool.recall(envelope)
        attempt: Attempt = end.result()
        if attempt.outcome is Outcome.RELEASED:
            return deferred(0, "", self._pool.problem or "the relays took no mail")
        return attempt
