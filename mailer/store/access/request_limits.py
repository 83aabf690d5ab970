"""Limits of how often somebody may ask, counted for all processes together."""

from __future__ import annotations

import time
from typing import NamedTuple

from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from mailer.store import keys
from mailer.store.server.client import translated
from mailer.store.server.connection import Store


class Window(NamedTuple):
    """The standing of somebody within a limit."""

    allowed: bool
    most: int
    """Requests of one minute."""
    left: int
    seconds: int
    """The time until the count begins anew."""


class RequestLimits:
    """Counters in the store that expire by themselves."""

    def __init__(self, store: Store, what: str, most_per_minute: int) -> None:
        """Use the store.

        Args:
            store: the open store.
            what: is counted; in the names of the counters.
            most_per_minute: how many are allowed.
        """
        # The address is not used where connections are given.
        storage = RedisStorage(
            "redis://localhost",
            connection_pool=store.redis.connection_pool,
            key_prefix=keys.PATIENCE,
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._limit = RateLimitItemPerMinute(most_per_minute)
        self._what = what

    def count(self, whose: str) -> Window:
        """Count one, and tell how it stands."""
        with translated():
            allowed = self._limiter.hit(self._limit, self._what, whose)
            until, left = self._limiter.get_window_stats(self._limit, self._what, whose)
        seconds = max(1, round(until - time.time()))
        return Window(bool(allowed), self._limit.amount, max(0, left), seconds)
