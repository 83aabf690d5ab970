"""How often the bearer of one token may have something done: more often is no person."""

from __future__ import annotations

from typing import Final

from limits import RateLimitItemPerHour
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from mailer.store import keys
from mailer.store.server.connection import Store

AN_HOUR: Final = 60


class TokenRateLimit:
    """Counts in the store, for all processes together."""

    def __init__(self, store: Store) -> None:
        # The address is not used where connections are given.
        storage = RedisStorage(
            "redis://localhost",
            connection_pool=store.redis.connection_pool,
            key_prefix=keys.PATIENCE,
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._limit = RateLimitItemPerHour(AN_HOUR)

    def allows(self, what: str, whose: str) -> bool:
        """Count one, and tell whether it is not too many."""
        return bool(self._limiter.hit(self._limit, what, whose))
