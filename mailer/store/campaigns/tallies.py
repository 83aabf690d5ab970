"""A campaign's deliveries by domain and by what was said of them, counted stretch by stretch.

Also when they were accepted or rejected, which is counted as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mailer.domain.campaigns.report import SLOTS, Slot, Tally
from mailer.store import keys
from mailer.store.server.connection import Store

OCTETS: Final = 128
"""Of the bitmaps, at once: 1024 subscriber numbers, some milliseconds of the store's time."""
_LEDGER: Final = (
    "audience",
    "accepted",
    "rejected",
    "skipped",
    "unknown",
    "bounced",
    "complained",
    "left",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A tally that was counted before."""

    tally: Tally
    mark: str
    """What told the campaign's books from any other when it was counted."""
    at: datetime


def count(store: Store, number: int) -> Tally:
    """Count all deliveries of a campaign; the store does other things in between."""
    domains: dict[str, Counter[str]] = {}
    refused: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for found in _stretches(store, number):
        for domain, counts in found["domains"].items():
            domains.setdefault(domain, Counter()).update(dict(zip(SLOTS, counts, strict=True)))
        refused.update(found["refused"])
        returned.update(found["returned"])
    return Tally.of(domains, refused, returned)


def _stretches(store: Store, number: int) -> Iterator[dict[str, Any]]:
    length = int(store.redis.strlen(keys.ledger(number, "audience")))
    for first in range(0, length, OCTETS):
        written = store.scripts.run(
            "tally",
            keys={
                **keys.ledgers(number, *_LEDGER),
                "details": keys.details(number),
                "bounces": keys.bounces(number),
            },
            args={
                "first": first,
                "last": first + OCTETS - 1,
                "subscribers": keys.SUBSCRIBER,
            },
        )
        yield json.loads(written)


def keep(store: Store, number: int, tally: Tally, mark: str, now: datetime) -> None:
    """Keep a tally, in place of the one before."""
    told = {"mark": mark, "at": now.isoformat(), "tally": tally.as_json()}
    store.redis.set(keys.tally(number), json.dumps(told))


def kept(store: Store, number: int) -> Kept | None:
    """Return the tally that was counted last, if any was."""
    found = store.redis.get(keys.tally(number))
    if found is None:
        return None
    told = json.loads(found)
    tally = Tally.from_json(told["tally"])
    return Kept(tally, told["mark"], datetime.fromisoformat(told["at"]))


def left(store: Store, number: int) -> int:
    """Count who left the list by a campaign's mail."""
    return int(store.redis.bitcount(keys.ledger(number, "left")))


def over_time(store: Store, number: int) -> list[Slot]:
    """Return how many were accepted and rejected, and when; the earliest first."""
    found: dict[tuple[int, int], dict[str, int]] = {}
    for name, counted in store.redis.hgetall(keys.over_time(number)).items():
        seconds, begin, what = name.decode().split()
        found.setdefault((int(begin), int(seconds)), {})[what] = int(counted)
    return [
        Slot(begin, seconds, counts.get("accepted", 0), counts.get("rejected", 0))
        for (begin, seconds), counts in sorted(found.items())
    ]
