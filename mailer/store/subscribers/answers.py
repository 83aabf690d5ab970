"""Counts the automatic answers that mail caused, for all processes together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from mailer.store import keys
from mailer.store.server.connection import Store


class Limit(NamedTuple):
    """The number of answers that one party may cause in a time."""

    name: str
    """The name of the limit, in a word for events."""
    who: str
    """The party counted, hidden: the store need not know where people write from."""
    most: int
    seconds: int


class Reached(NamedTuple):
    """A limit that is used up."""

    limit: Limit
    until: datetime
    """The instant at which its time is over, and another begins."""


def count(store: Store, limits: Sequence[Limit], now: datetime) -> Reached | None:
    """Count one answer, unless a limit is used up; returns that one, and nothing is counted."""
    at = int(now.timestamp())
    ends = [at - at % limit.seconds + limit.seconds for limit in limits]
    place = store.scripts.run(
        "count_answer",
        keys={
            "counters": [
                keys.answer_limit(f"{limit.name}:{limit.who}:{end}")
                for limit, end in zip(limits, ends, strict=True)
            ]
        },
        args={"limits_json": json.dumps([(limit.most, limit.seconds) for limit in limits])},
    )
    if not place:
        return None
    return Reached(limits[place - 1], datetime.fromtimestamp(ends[place - 1], UTC))


def lately(store: Store, kind: str, hashed: str, now: datetime, seconds: float) -> bool:
    """Tell whether an address, by its keyed hash, got such a mail within that time."""
    last = store.redis.get(keys.answered(kind, hashed))
    return last is not None and now.timestamp() - int(last) < seconds
