"""Rate limits, kept in the store and so shared by all workers, on however many machines.

A limit is a leaky bucket. Permits are asked for within the claim itself, many at once, so that
limits cost no round trip of their own, and no limits cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.campaigns.rate_limit import RateLimit
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store

BURST_SECONDS: Final = 5.0
"""A recipient domain may get that many seconds' worth at once: workers come round to those that
wait for it every few seconds."""
PACE_SECONDS: Final = 0.25
"""The same for limits on a relay or on all mail: those pace the workers while they send."""
OWN: Final = "speed"
"""Stands for a campaign's own limit where others are told apart by their words."""
TOLD_SECONDS: Final = 10.0
"""A limit that paces a campaign is told of for so long after its last wait."""


def burst_of(limit: RateLimit) -> int:
    """Tell how many may go at once; any window holds at most that many beyond the limit's count."""
    seconds = BURST_SECONDS if limit.domain else PACE_SECONDS
    return max(1, int(limit.count * seconds / limit.seconds))


class Throttle:
    """The rate limits of the settings, as the script that claims takes them."""

    def __init__(self, limits: Sequence[RateLimit] = ()) -> None:
        """Keep to limits; there may be none."""
        self._limits = [_written(limit) for limit in limits]
        self.by_relay = any(limit.relay for limit in limits)
        """Tells whether it matters which relays are in use."""

    def plan(self, relays: Sequence[str]) -> str:
        """Write the limits for the script; empty if there are none.

        Args:
            relays: hosts of the relays that take mail now, the one to try first in front.
        """
        if not self._limits:
            return ""
        return json.dumps({"limits": self._limits, "relays": list(relays)})


def write_own(limit: RateLimit) -> str:
    """Write a campaign's own limit as its hash holds it, and the script `claim` reads it."""
    return json.dumps(_written(limit) | {"id": OWN, "words": str(limit), "own": True})


def words_of(written: str) -> str:
    """Return such a limit in words; empty: there is none."""
    return str(json.loads(written)["words"]) if written else ""


def set_own(
    store: Store, number: int, limit: RateLimit | None, event: Callable[[str], Event]
) -> str:
    """Give a campaign a limit of its own, or none; on disk when this returns.

    What it may send counts from now on: of the limit before, nothing is held against it.

    Args:
        store: the open store.
        number: the campaign's.
        limit: for all its mail; none: only those of the settings hold.
        event: makes the event that tells of it, from the limit before, in words.

    Returns:
        The limit before, in words.
    """
    key = keys.campaign(number)
    while True:
        with store.redis.pipeline(transaction=True) as pipe, suppress(redis.WatchError):
            pipe.watch(key)
            before = words_of((store.redis.hget(key, "speed") or b"").decode())
            pipe.multi()
            if limit is None:
                pipe.hdel(key, "speed")
            else:
                pipe.hset(key, "speed", write_own(limit))
            pipe.hdel(keys.queues(number), OWN, f"full {OWN}", f"paced {OWN}")
            events.append(pipe, event(before))
            pipe.execute()
            break
    store.durable()
    return before


def paces_itself(store: Store, number: int, now: datetime) -> bool:
    """Tell whether a campaign waited for its own limit a moment ago."""
    at = store.redis.hget(keys.queues(number), f"paced {OWN}")
    return at is not None and float(at) >= (now.timestamp() - TOLD_SECONDS) * 1000


def waiting(store: Store, number: int, limits: Sequence[RateLimit]) -> dict[RateLimit, int]:
    """Count the deliveries of a campaign that wait for each limit, where any do."""
    if not limits:
        return {}
    found = store.scripts.run(
        "waiting",
        keys={
            **keys.ledgers(number, "deferred", "scratch"),
            "bitmaps": [keys.waiting_for(number, str(limit)) for limit in limits],
        },
    )
    return {limit: count for limit, count in zip(limits, found, strict=True) if count}


def pacing(
    store: Store, number: int, limits: Sequence[RateLimit], now: datetime
) -> list[RateLimit]:
    """List the limits that made a campaign as a whole wait a moment ago."""
    if not limits:
        return []
    found = store.redis.hmget(keys.queues(number), [f"paced {limit}" for limit in limits])
    since = (now.timestamp() - TOLD_SECONDS) * 1000
    return [
        limit
        for limit, at in zip(limits, found, strict=True)
        if at is not None and float(at) >= since
    ]


def _written(limit: RateLimit) -> dict[str, Any]:
    interval = limit.seconds * 1000 / limit.count
    return {
        "id": str(limit),
        "interval": interval,
        "slack": interval * (burst_of(limit) - 1),
        "domain": limit.domain or "",
        "relay": limit.relay or "",
    }
