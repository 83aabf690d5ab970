"""Decides about the reminders of one occurrence of an entry that have come due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailer.domain.calendar.entry import Entry, Status, due
from mailer.domain.calendar.notice import is_over
from mailer.domain.calendar.recurrence import Reminder


class Skip(StrEnum):
    """The reason why a reminder that came due is not sent."""

    CANCELLED = "cancelled"
    GONE = "gone"
    """There is no such entry or occurrence any more, or it has no such reminder."""
    OVER = "over"
    MERGED = "merged"
    """A later one of the same occurrence was due as well: that one is sent."""
    REPEATED = "repeated"
    """Readers were reminded at this offset before, so short a time ago that it says nothing new."""
    NOBODY = "nobody"
    """Nobody subscribes to what the entry concerns."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The consequence for each reminder; every one that was due stands in exactly one place."""

    send: Reminder | None = None
    """At its present instant."""
    skipped: tuple[tuple[Reminder, Skip], ...] = ()
    later: tuple[Reminder, ...] = ()
    """Not due after all, at their present instants: the entry's zone has other rules by now."""


def decide(entry: Entry | None, found: Sequence[Reminder], now: datetime) -> Decision:
    """Decide about the reminders of one occurrence that the index says are due.

    Args:
        entry: the occurrence as it is now; None: there is none such.
        found: what the index holds, all of that occurrence.
        now: the present.
    """
    if entry is None:
        return _all(found, Skip.GONE)
    if entry.status is Status.CANCELLED:
        return _all(found, Skip.CANCELLED)
    known = [one for one in found if one.offset in entry.offsets]
    gone = [(one, Skip.GONE) for one in found if one.offset not in entry.offsets]
    timed = sorted(
        Reminder(due(entry, one.offset), one.entry, one.occurrence, one.offset, one.sequence)
        for one in known
    )
    later = tuple(one for one in timed if one.at > now)
    ready = [one for one in timed if one.at <= now]
    if is_over(entry, now):
        return Decision(None, (*gone, *((one, Skip.OVER) for one in ready)), later)
    merged = [(one, Skip.MERGED) for one in ready[:-1]]
    return Decision(ready[-1] if ready else None, (*gone, *merged), later)


def is_repetition(one: Reminder, before: Iterable[datetime]) -> bool:
    """Tell whether a reminder would only repeat one at the same offset that went out before.

    An entry that is moved has the reminders of its new time. But readers who were told two weeks
    before, and of the move, need not be told once more a day later: the new instant must be later
    than the old one by half of the offset.

    Args:
        one: the reminder.
        before: when earlier ones of the same occurrence and offset were due.
    """
    return any(one.at - earlier < one.offset.length / 2 for earlier in before)


def _all(found: Sequence[Reminder], why: Skip) -> Decision:
    return Decision(skipped=tuple((one, why) for one in found))
