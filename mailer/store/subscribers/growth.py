"""The active subscribers of each day, by language: numbers for plots, and nobody's names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Final, cast

from mailer.store import keys
from mailer.store.server.connection import Store

KEPT: Final = 800
"""Days; the oldest go."""


def note(store: Store, day: date, by_language: Mapping[str, int]) -> bool:
    """Keep the numbers of a day, unless they are kept already; returns whether they were not."""
    written = json.dumps(dict(by_language), sort_keys=True)
    if not store.redis.hsetnx(keys.GROWTH, day.isoformat(), written):
        return False
    if store.redis.hlen(keys.GROWTH) > KEPT:
        names = sorted(cast("list[bytes]", store.redis.hkeys(keys.GROWTH)))
        store.redis.hdel(keys.GROWTH, *names[: len(names) - KEPT])
    return True


def known(store: Store, day: date) -> bool:
    """Tell whether the numbers of a day are kept."""
    return bool(store.redis.hexists(keys.GROWTH, day.isoformat()))


def days(store: Store) -> Mapping[date, Mapping[str, int]]:
    """Return all that are kept, the oldest first."""
    found = cast("dict[bytes, bytes]", store.redis.hgetall(keys.GROWTH))
    return {
        date.fromisoformat(name.decode("ascii")): json.loads(text)
        for name, text in sorted(found.items())
    }
