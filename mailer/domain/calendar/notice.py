"""Choice of the changes of an entry that readers must hear of because they were told otherwise."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from mailer.domain.calendar.entry import Entry, Status
from mailer.domain.calendar.recurrence import occurrence_of


class Change(StrEnum):
    """The change to an entry, the gravest first."""

    CANCELLED = "cancelled"
    REVIVED = "revived"
    """It was called off, and takes place after all."""
    MOVED = "moved"
    """It starts or ends at another instant, or another day."""
    PLACE = "place"
    """It takes place elsewhere, or is joined elsewhere."""


def change_between(known: Entry, present: Entry | None, now: datetime) -> Change | None:
    """Tell what readers must hear of, if anything.

    Titles, descriptions and the like change in silence: the next reminder shows them. So does
    what nobody can act on any more.

    Args:
        known: the entry as readers were told, or one of its occurrences.
        present: the same as it is now; None: there is no such occurrence any more.
        now: the present.

    Returns:
        The gravest change, or None: nothing that matters differs, or all of it is over.
    """
    was_off = known.status is Status.CANCELLED
    if present is None or present.status is Status.CANCELLED:
        return None if was_off or is_over(known, now) else Change.CANCELLED
    if is_over(present, now):
        return None if was_off or is_over(known, now) else Change.MOVED
    if was_off:
        return Change.REVIVED
    if _times(known) != _times(present):
        return Change.MOVED
    if (known.place, known.online) != (present.place, present.online):
        return Change.PLACE
    return None


def counterpart(known: Entry, present: Entry, key: str) -> Entry | None:
    """Find in the present version what an occurrence of an earlier one has become.

    Args:
        known: the earlier version of the entry.
        present: the version that is in force.
        key: the occurrence's, in the earlier version.

    Returns:
        The occurrence of that key; or, where a whole series was moved, the one that moved with it;
        None if there is no such one any more.
    """
    found = occurrence_of(present, key)
    if (
        found is not None
        or not key
        or not present.repeats
        or type(known.start) is not type(present.start)
    ):
        return found
    was = datetime.fromisoformat(key) if "T" in key else date.fromisoformat(key)
    return occurrence_of(present, (was + (present.start - known.start)).isoformat())


def is_over(entry: Entry, now: datetime) -> bool:
    """Tell whether an entry that does not repeat, or an occurrence, has ended."""
    return entry.ends_at() <= now


def _times(entry: Entry) -> tuple[object, ...]:
    """Return what a reader's calendar shows: another zone with the same instants is no change."""
    return entry.all_day, entry.starts_at(), entry.ends_at()
