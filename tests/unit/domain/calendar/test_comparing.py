"""What differs between two versions is named: of the entry, and of each exception by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailer.domain.calendar.comparing import compared
from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status, as_override
from mailer.domain.calendar.recurrence import occurrence_of

WEEKLY = Entry(
    id="hour",
    kind=Kind.MEETING,
    start=datetime(2023, 5, 2, 10),  # noqa: DTZ001 - local, as all entries are
    zone="Europe/Zurich",
    title={"en": "Office hour"},
    recurrence=Recurrence(("FREQ=WEEKLY;COUNT=4",)),
)
SECOND = "2023-05-09T10:00:00"


def with_exception(series: Entry, **changes: object) -> Entry:
    """Change the second occurrence."""
    one = occurrence_of(series, SECOND)
    assert one is not None
    assert series.recurrence is not None
    exception = as_override(replace(one, **changes))  # type: ignore[arg-type]
    return replace(series, recurrence=replace(series.recurrence, overrides=(exception,)))


def test_fields_of_an_entry_are_named_without_its_bookkeeping() -> None:
    """A number that is counted up is no change."""
    after = replace(WEEKLY, place={"en": "Room A"}, sequence=4)
    assert [(one.occurrence, one.fields) for one in compared(WEEKLY, after)] == [("", ("place",))]
    assert compared(WEEKLY, replace(WEEKLY, sequence=4)) == []


def test_an_exception_is_named_by_its_own_fields() -> None:
    """“recurrence” says nothing to anybody."""
    off = with_exception(WEEKLY, status=Status.CANCELLED, reason={"en": "Holiday"})
    (found,) = compared(WEEKLY, off)
    assert (found.occurrence, set(found.fields)) == (SECOND, {"status", "reason"})
    assert (found.before.status, found.after.status) == (Status.CONFIRMED, Status.CANCELLED)
    (back,) = compared(off, WEEKLY)
    assert (back.before.status, back.after.status) == (Status.CANCELLED, Status.CONFIRMED)


def test_rules_and_exceptions_are_named_apart() -> None:
    """Both may change at once, as by an imported file."""
    after = with_exception(WEEKLY, start=datetime(2023, 5, 9, 11))  # noqa: DTZ001 - as above
    assert after.recurrence is not None
    after = replace(after, recurrence=replace(after.recurrence, rules=("FREQ=WEEKLY;COUNT=9",)))
    assert [(one.occurrence, one.fields) for one in compared(WEEKLY, after)] == [
        ("", ("recurrence",)),
        (SECOND, ("start",)),
    ]
