"""What the store's server says of itself, and when a copy of it was made."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

from mailer.domain.deliverability.machine import StoreCondition
from mailer.store import keys
from mailer.store.server.connection import Store

TRIES: Final = 5
"""Answers that are timed; the quickest counts, for the others may have waited for somebody."""
_WRITES: Final = {
    "aof_last_write_status": "its append-only file",
    "aof_last_bgrewrite_status": "its append-only file anew",
}


def condition(store: Store, timer: Callable[[], float] = time.perf_counter) -> StoreCondition:
    """Ask the server how it is.

    Args:
        store: the open store.
        timer: seconds, of any beginning.

    Raises:
        StoreError: it does not answer.
    """
    redis = store.redis
    server, persistence = redis.info("server"), redis.info("persistence")
    return StoreCondition(
        version=_version(server),
        writes=bool(int(persistence.get("aof_enabled", 0))),
        policy=str(redis.info("memory").get("maxmemory_policy", "noeviction")),
        failed=next(
            (what for name, what in _WRITES.items() if persistence.get(name, "ok") != "ok"), ""
        ),
        milliseconds=ceil(1000 * min(_timed(redis, timer) for _ in range(TRIES))),
        time=_time(redis),
        backup=last_backup(store),
    )


def note_backup(store: Store) -> None:
    """Note that a copy of all data was made just now."""
    store.redis.set(keys.BACKED_UP, int(_time(store.redis).timestamp()))


def last_backup(store: Store) -> datetime | None:
    """Return when the last copy of all data was made; None: none that is known of."""
    found = store.redis.get(keys.BACKED_UP)
    return datetime.fromtimestamp(int(found), UTC) if found else None


def _version(server: dict[str, Any]) -> str:
    if "valkey_version" in server:
        return f"Valkey {server['valkey_version']}"
    return f"Redis {server.get('redis_version', '?')}"


def _timed(redis: Any, timer: Callable[[], float]) -> float:
    began = timer()
    redis.ping()
    return timer() - began


def _time(redis: Any) -> datetime:
    seconds, microseconds = redis.time()
    return datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
