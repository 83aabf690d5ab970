"""What a worker does with a campaign's job: send for a while, then make room or close the books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.campaign import State
from mailer.relay.pool import RelayPool
from mailer.services.campaigns import Campaigns
from mailer.services.chunk import Tools, Verdict
from mailer.services.composing import Composer
from mailer.services.dispatch import Dispatcher
from mailer.store import campaigns, queue
from mailer.store.connection import AsyncStore, Store

SLICE_SECONDS: Final = 2.0
"""After that long a job goes to the end of the queue, so that campaigns share the workers."""


class Sender:
    """Sends campaigns for as long as a worker lives; make and use it within one event loop."""

    def __init__(
        self, store: Store, asynchronous: AsyncStore, settings: Settings, clock: Clock
    ) -> None:
        """Take the store twice: for what is read once, and for what must not block the loop."""
        settings.check_for_sending()
        self._store, self._campaigns = store, Campaigns(store, settings, clock)
        self._pool = RelayPool(settings.relays, connections=settings.connections)
        tools = Tools(
            composer=Composer(store, settings, secret_key(settings)),
            pool=self._pool,
            clock=clock,
            retry_limit=settings.retry_limit,
        )
        self._dispatcher = Dispatcher(asynchronous, tools, int(settings.lease_seconds * 1000))
        self.stop: Callable[[], None] = self._dispatcher.stop
        """Ends the job at hand at the next delivery's edge; call it in the loop."""

    async def run(self, number: int, seconds: float = SLICE_SECONDS) -> Verdict:
        """Send one campaign for a while; enqueue another job if there is more to do.

        Raises:
            StoreError: the store was away for too long.
        """
        campaign = campaigns.get(self._store, number)
        if campaign.state not in {State.SENDING, State.CANCELLED}:
            return Verdict.HALTED
        verdict = await self._dispatcher.send(campaign, seconds)
        if verdict is Verdict.NO_RELAY:
            campaigns.note(self._store, number, self._pool.problem or "no relay answers")
        elif campaign.reason and verdict is not Verdict.STOPPED:
            campaigns.note(self._store, number, "")
        if verdict is Verdict.SLICE_OVER:
            queue.enqueue_lanes(self._store.redis, number, 1)
        elif verdict is Verdict.FINISHED:
            self._campaigns.close_if_complete(number)
        return verdict

    async def close(self) -> None:
        """Close the connections to the relays."""
        await self._dispatcher.close()
