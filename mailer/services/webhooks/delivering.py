"""Gives endpoints that are due their turns, as many at once as the lanes have places."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from typing import Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings
from mailer.errors import StoreError
from mailer.hooks.lanes import Lanes, Place
from mailer.services.webhooks.log_reader import LogReader
from mailer.services.webhooks.posting import Poster
from mailer.services.webhooks.turn import LEASE, Tools, Turn
from mailer.store import queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import AsyncStore, Store
from mailer.store.webhooks import deliveries, endpoints
from mailer.store.webhooks.deliveries import Taken
from mailer.store.webhooks.turns import Turns

JOB: Final = "deliver_hooks"
WOKEN_AT_ONCE: Final = 1000
"""Events that are looked at in one tick; if there are more, every endpoint looks for itself."""

_log = log.get_logger(__name__)


def wake(store: Store, clock: Clock) -> bool:
    """Have a worker see to the endpoints that something is due for; returns whether there is any.

    Part of the scheduler's tick; doing it twice does no harm.
    """
    now = clock.now()
    endpoints.wake(store, now, WOKEN_AT_ONCE)
    if not deliveries.any_due(store, now):
        return False
    queue.enqueue_once(store, QueueName.UPKEEP, JOB)
    return True


class Delivering:
    """What a worker process delivers; belongs to one event loop."""

    def __init__(
        self,
        store: Store,
        asynchronous: AsyncStore,
        settings: Settings,
        clock: Clock,
        *,
        poster: Poster | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Set up; call it in the loop.

        Args:
            store: the open store.
            asynchronous: the same, for this loop.
            settings: the service's.
            clock: the time.
            poster: posts; none: one that goes by the settings.
            jitter: spreads the retries.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._stopping = False
        turns = Turns(asynchronous, secrets.token_hex(8))
        self._tools = Tools(
            store=store,
            settings=settings,
            clock=clock,
            turns=turns,
            reader=LogReader(turns),
            poster=poster or Poster(settings),
            stopping=lambda: self._stopping,
            jitter=jitter,
        )
        self._news = asyncio.Event()
        self._lanes = Lanes(self._news.set)
        self._turns: set[asyncio.Task[None]] = set()
        self._giving: asyncio.Task[None] | None = None

    @property
    def awaits(self) -> bool:
        """Tell whether anything goes on."""
        return self._giving is not None and not self._giving.done()

    def start(self) -> asyncio.Task[None]:
        """Begin with what is due, or go on with it; returns what ends when all is done."""
        self._news.set()
        if self._giving is None or self._giving.done():
            self._giving = asyncio.create_task(self._give_turns())
        return self._giving

    def stop(self) -> None:
        """Begin no further try."""
        self._stopping = True
        self._news.set()

    async def close(self, seconds: float) -> None:
        """End: tries under way have some seconds; what is cut off is tried again later."""
        self.stop()
        if self._turns:
            await asyncio.wait(self._turns, timeout=seconds)
        for turn in list(self._turns):
            turn.cancel()
        if self._giving is not None:
            await asyncio.wait({self._giving})
        await self._tools.poster.close()

    async def _give_turns(self) -> None:
        """Give turns until nothing is due, and none is under way."""
        while True:
            self._news.clear()
            if not self._stopping:
                await self._take()
            if not self._turns:
                return
            await self._news.wait()

    async def _take(self) -> None:
        tools = self._tools
        while (free := self._lanes.free) > 0:
            try:
                found = await tools.turns.take(tools.clock.now(), LEASE, free)
            except StoreError as error:  # the next tick finds what is due
                _log.warning("webhook.store_away", message=f"Web hooks wait: {error}")
                return
            for taken in found:
                place = self._lanes.place(failed=taken.failures > 0)
                turn = asyncio.create_task(self._turn(taken, place))
                self._turns.add(turn)
                turn.add_done_callback(self._turns.discard)
            if len(found) < free:
                return

    async def _turn(self, taken: Taken, place: Place) -> None:
        try:
            await Turn(self._tools, taken, place).run()
        except Exception as error:  # noqa: BLE001 - one endpoint must not end the turns of others
            told = f"The turn of a web hook ended early; it comes again: {error}"
            _log.error("webhook.turn_failed", message=told, endpoint=taken.endpoint)
        finally:
            self._lanes.leave(place)
            asyncio.get_running_loop().call_soon(self._news.set)
