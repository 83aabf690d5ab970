"""An entry of the calendar: what it is, and what can be told from it without asking the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """What an entry is; never called an event."""

    MEETING = "meeting"
    OBSERVANCE = "observance"
    """A day that is marked, such as MSME Day; nobody convenes."""
    DEADLINE = "deadline"
    """Something must be done by then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A calendar entry. Its times are local to its zone: a meeting at 14:00 stays at 14:00."""

    id: str
    kind: Kind
    start: datetime | date
    """Naive wall-clock time in `zone`, or a date for an entry that lasts all day."""
    zone: str
    """IANA time zone, such as `Europe/Zurich`."""
    title: Mapping[str, str]
    """By language."""
    end: datetime | date | None = None
    """As `start`; the last day, included, where that is a date."""
    place: Mapping[str, str] = field(default_factory=dict)
    city: Mapping[str, str] = field(default_factory=dict)
    """Whose time it is, by language, where that is not the city that the zone is named after."""
    url: str = ""
    topics: tuple[str, ...] = ()
    listed: bool = True
    """Whether the bulletin's side column shows it."""

    @property
    def all_day(self) -> bool:
        """Tell whether the entry has days but no times."""
        return not isinstance(self.start, datetime)

    @property
    def first_day(self) -> date:
        """The day it starts, in its own zone."""
        return self.start.date() if isinstance(self.start, datetime) else self.start

    @property
    def last_day(self) -> date:
        """The day it ends, in its own zone."""
        end = self.start if self.end is None else self.end
        return end.date() if isinstance(end, datetime) else end

    def starts_at(self) -> datetime:
        """Return the instant it starts, in UTC; an all-day entry starts at its midnight."""
        return self._instant(self.start)

    def ends_at(self) -> datetime:
        """Return the instant it ends, in UTC.

        An all-day entry ends when its last day does, and one without an end when it starts.
        """
        if self.all_day:
            return self._instant(self.last_day + timedelta(days=1))
        return self._instant(self.start if self.end is None else self.end)

    def is_over(self, on: date) -> bool:
        """Tell whether the entry's last day lies before that day, both in the entry's zone."""
        return self.last_day < on

    def _instant(self, local: datetime | date) -> datetime:
        if not isinstance(local, datetime):
            local = datetime.combine(local, time())
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def in_order(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Sort entries by the day they start, then by time; all-day entries lead their day."""
    return tuple(sorted(entries, key=lambda entry: (entry.starts_at(), entry.id)))
