"""Counts how often the bearer of each token had something done, for all processes together."""

from __future__ import annotations

from limits import RateLimitItemPerHour
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from mailer.store import keys
from mailer.store.server.client import translated
from mailer.store.server.connection import Store


class TokenUses:
    """Counters in the store that expire by themselves."""

    def __init__(self, store: Store, most_per_hour: int) -> None:
        """Use the store, with the number of uses an hour that is still allowed."""
        # The address is not used where connections are given.
        storage = RedisStorage(
            "redis://localhost",
            connection_pool=store.redis.connection_pool,
            key_prefix=keys.PATIENCE,
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._limit = RateLimitItemPerHour(most_per_hour)

    def count(self, what: str, whose: str) -> bool:
        """Count one use, and tell whether it is not too many."""
        with translated():
            return bool(self._limiter.hit(self._limit, what, whose))
