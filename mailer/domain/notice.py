"""Which changes of a calendar entry readers must hear of who were told otherwise."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from mailer.domain.calendar import Entry, Status


class Change(StrEnum):
    """What became of an entry, the gravest first."""

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


def is_over(entry: Entry, now: datetime) -> bool:
    """Tell whether an entry that does not repeat, or an occurrence, has ended."""
    return entry.ends_at() <= now


def _times(entry: Entry) -> tuple[object, ...]:
    """Return what a reader's calendar shows: another zone with the same instants is no change."""
    return entry.all_day, entry.starts_at(), entry.ends_at()
