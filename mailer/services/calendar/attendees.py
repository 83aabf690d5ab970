"""The answers to an invitation, for the secretariat: counted, and as a list with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final

from mailer.domain.calendar.attendance import Answer, Attendance
from mailer.domain.calendar.entry import Entry
from mailer.services.access.acting import act
from mailer.services.subscriber_files import csv_cells
from mailer.store.calendar import attendance
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

COLUMNS: Final = (
    *("address", "name", "language", "answer", "occurrence", "answered", "how"),
    *("version", "up to date"),
)
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """The number of readers who gave one answer."""

    total: int
    by_language: Mapping[str, int]


@act("calendar.attendance")
def counted(store: Store, entry: str) -> Mapping[str, Mapping[Attendance, Count]]:
    """Count the answers about an entry.

    Returns:
        By occurrence (empty: about all of it) and answer; every answer is there, also with none.

    Raises:
        NotFoundError: there is no such entry.
    """
    calendar.get(store, entry)
    found = attendance.tally(store, entry)
    return {
        occurrence: {
            one: Count(sum(given.get(one, {}).values()), given.get(one, {})) for one in Attendance
        }
        for occurrence, given in found.items()
    }


@act("calendar.attendees", "name")
def export_csv(store: Store, name: str, file: IO[str]) -> int:
    """Write who answered as CSV, by answer and address; returns how many.

    Whoever was erased since is left out: nobody knows who it was. `version` is the sequence of the
    entry that was answered; `up to date` says whether its times are still those.

    Raises:
        NotFoundError: there is no such entry.
    """
    entry = calendar.get(store, name)
    writer = csv_cells.writer(file)
    writer.writerow(COLUMNS)
    versions: dict[int, bool] = {}
    rows = []
    answers = iter(attendance.each(store, name))
    while batch := list(islice(answers, _BATCH)):
        people = {one.subscriber: subscribers.get(store, one.subscriber) for one in batch}
        for one in batch:
            if one.sequence not in versions:
                versions[one.sequence] = _same_times(store, entry, one.sequence)
            person = people[one.subscriber]
            if person is not None:
                known = (person.address, person.name, person.language)
                rows.append((*known, *_cells(one, current=versions[one.sequence])))
    rows.sort(key=lambda row: (row[4], list(Attendance).index(Attendance(row[3])), row[0]))
    writer.writerows([map(csv_cells.guarded, row) for row in rows])
    return len(rows)


def _cells(one: Answer, *, current: bool) -> Iterator[str]:
    yield one.attendance.value
    yield one.occurrence
    yield one.at.isoformat(timespec="seconds")
    yield one.how
    yield str(one.sequence)
    yield "yes" if current else "no"


def _same_times(store: Store, entry: Entry, sequence: int) -> bool:
    """Tell whether an entry takes place when it did at an earlier version."""
    then = calendar.version(store, entry.id, sequence)
    if then is None:
        return False
    times = (then.start, then.end, then.zone, then.recurrence)
    return times == (entry.start, entry.end, entry.zone, entry.recurrence)
