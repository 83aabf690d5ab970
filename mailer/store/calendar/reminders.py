"""Keeps what became of each reminder, and makes its campaign in the same commit.

Two things guard against a second one: what was dealt with leaves the index
(`mailer.store.calendar.entries`), and stands here by occurrence, offset and sequence for good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import redis

from mailer.domain.calendar.recurrence import Reminder
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

NOTICE: Final = "notice"
"""Stands in the place of the offset for notice of a change."""
_ALONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Step:
    """The changes that are written down at once."""

    events: Sequence[Event] = ()
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    """The campaigns that are made, by their mark; each starts by itself."""
    done: Sequence[Reminder] = ()
    """Leave the index."""
    later: Sequence[Reminder] = ()
    """Are put off in the index, to the instants given."""
    seen: bool = False
    """True if the entry's change is dealt with."""


def mark(occurrence: str, offset: str, sequence: int) -> str:
    """Name a reminder, or with `NOTICE` for the offset a notice, among those of its entry."""
    return f"{occurrence or _ALONE} {offset} {sequence}"


def made(store: Store, entry: str) -> dict[str, int]:
    """Return the campaigns that were made about an entry, by their mark."""
    found = store.redis.hgetall(keys.reminded(entry))
    return {name.decode(): int(number) for name, number in found.items()}


def changed(store: Store) -> list[tuple[str, datetime]]:
    """List the entries that were changed and not yet looked at for a notice, with the last time."""
    found = store.redis.zrange(keys.CALENDAR_CHANGED, 0, -1, withscores=True)
    return [(name.decode(), datetime.fromtimestamp(score, UTC)) for name, score in found]


def is_changed(store: Store, entry: str) -> bool:
    """Tell whether an entry was changed and not yet looked at for a notice."""
    return store.redis.zscore(keys.CALENDAR_CHANGED, entry) is not None


def carry_out(store: Store, entry: str, decide: Callable[[], Step | None]) -> Step | None:
    """Decide about an entry and write it down, unless anything changed meanwhile: then again.

    Args:
        store: the open store.
        entry: its id.
        decide: reads the store and decides; None: nothing is to be done.

    Returns:
        What was done.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(
                    keys.CALENDAR,
                    keys.REMINDERS_DUE,
                    keys.CALENDAR_CHANGED,
                    keys.reminded(entry),
                )
                step = decide()
                if step is None:
                    return None
                pipe.multi()
                for name, campaign in step.campaigns.items():
                    campaigns.add(pipe, campaign)
                    pipe.hset(keys.reminded(entry), name, campaign.number)
                calendar.dealt_with(pipe, step.done)
                calendar.put_off(pipe, step.later)
                if step.seen:
                    pipe.zrem(keys.CALENDAR_CHANGED, entry)
                events.append(pipe, *step.events)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return step
