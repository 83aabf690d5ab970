"""Comparison of two versions of an entry: what differs, of all of it and of single occurrences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mailer.domain.calendar.entry import Entry, Recurrence, differences
from mailer.domain.calendar.recurrence import occurrence_of

_NOT_ITS_OWN: Final = frozenset({"occurrence", "recurrence"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two versions, of an entry or of one of its occurrences."""

    before: Entry
    after: Entry
    fields: tuple[str, ...]
    """Names of fields, in the order of the class `Entry`; `recurrence` for the rules and dates."""
    occurrence: str = ""
    """The occurrence's key; empty: the entry itself."""


def compared(before: Entry, after: Entry) -> list[Difference]:
    """List what differs: first of the entry itself, then of each occurrence that is an exception.

    Nothing where they are alike, bookkeeping aside.
    """
    found = []
    if own := differences(_without_exceptions(before), _without_exceptions(after)):
        found.append(Difference(before, after, own))
    for key in sorted({key for key, _ in _exceptions(before) ^ _exceptions(after)}):
        was, now = occurrence_of(before, key), occurrence_of(after, key)
        if was is None or now is None:
            continue
        fields = tuple(one for one in differences(was, now) if one not in _NOT_ITS_OWN)
        if fields:
            found.append(Difference(was, now, fields, key))
    return found


def _without_exceptions(entry: Entry) -> Entry:
    repeats = entry.recurrence
    return replace(entry, recurrence=replace(repeats, overrides=())) if repeats else entry


def _exceptions(entry: Entry) -> set[tuple[str, str]]:
    """Return the exceptions of an entry, each by its key and by all that it says."""
    repeats = entry.recurrence or Recurrence()
    return {(one.occurrence_key, repr(one)) for one in repeats.overrides}
