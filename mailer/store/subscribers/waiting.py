"""The readers who wait for the secretariat's yes, by topic; see the script `moderation`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from mailer.store import keys
from mailer.store.server.connection import Store

_READ: Final = 500
"""Members fetched in one round trip."""


def count(store: Store) -> dict[str, int]:
    """Count who waits, by topic, in order; topics for which nobody waits are left out."""
    topics = sorted(member.decode() for member in store.redis.smembers(keys.TOPICS))
    pipe = store.redis.pipeline(transaction=False)
    for topic in topics:
        pipe.zcard(keys.waiting_for_topic(topic))
    counted = zip(topics, pipe.execute(), strict=True)
    return {topic: number for topic, number in counted if number}


def batches(store: Store, topic: str, since: datetime | None = None) -> Iterator[list[int]]:
    """Yield the numbers of those who wait for a topic, some hundreds at a time, oldest first.

    What is decided meanwhile moves the others up: some may be missed then.

    Args:
        store: the open store.
        topic: its id.
        since: only those who have waited since then, or less long; None: all.
    """
    start = 0
    if since is not None:
        earlier = f"({since.timestamp():.0f}"
        start = store.redis.zcount(keys.waiting_for_topic(topic), "-inf", earlier)
    while found := store.redis.zrange(keys.waiting_for_topic(topic), start, start + _READ - 1):
        yield [int(member) for member in found]
        start += _READ
