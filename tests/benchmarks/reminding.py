"""Measures the scheduler's look at the calendar: what is due of 200 entries, for a million readers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.installation import LANGUAGES, Installation
from mailer.clock import SimulatedClock
from mailer.domain.calendar.entry import Entry, Kind
from mailer.services.calendar.entries import Calendar, Report, Wanted
from mailer.services.calendar.reminders import Reminders

ENTRIES: Final = 200
RUNS: Final = 5
BEGIN: Final = datetime(2030, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(2030, 3, 1, 14)  # noqa: DTZ001 - local, as all entries are


@dataclass(frozen=True, slots=True)
class Reminded:
    """The times in milliseconds; medians."""

    entries: int
    idle: float
    """A look when nothing is due."""
    due: float
    """A look when one reminder is: finding it, counting who gets it, making its campaign."""


def look(here: Installation) -> Reminded:
    """Time the scheduler over a calendar of two hundred entries, with all subscribers there are."""
    clock = SimulatedClock(BEGIN)
    settings = here.settings()
    wanted = [Wanted(_making(_entry(number)), id=f"entry-{number}") for number in range(ENTRIES)]
    report = Calendar(here.store, settings, clock).put(wanted, partly=False, report=Report())
    if len(report.added) != ENTRIES:
        raise RuntimeError(f"{len(report.added)} of {ENTRIES} entries were taken: a defect")
    reminders = Reminders(here.store, settings, clock)
    reminders.run()  # looks once at everything that is new
    idle = _median([_timed(reminders.run) for _ in range(RUNS)])
    clock.advance(datetime(2030, 2, 15, 12, tzinfo=UTC) - clock.now())
    found = []
    for _ in range(RUNS):
        clock.advance(timedelta(days=1))
        found.append(_timed(reminders.run))
    return Reminded(ENTRIES, idle, _median(found))


def _entry(number: int) -> Entry:
    """Make an entry a day; each has the three reminders of a meeting."""
    return Entry(
        id=f"entry-{number}",
        kind=Kind.MEETING,
        start=_FIRST + timedelta(days=number),
        zone="Europe/Zurich",
        title=dict.fromkeys(LANGUAGES, f"Meeting {number}"),
        topics=("bulletin",),
    )


def _making(entry: Entry) -> Callable[[Entry | None], Entry]:
    return lambda _known: entry


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _median(values: list[float]) -> float:
    return statistics.median(values)
