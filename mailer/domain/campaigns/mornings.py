"""Good times to send: the next mornings of working days, in one zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

MORNING: Final = time(9, 0)
LEAST_AHEAD: Final = timedelta(minutes=30)
"""A morning that is sooner leaves no time to look once more."""
_SATURDAY: Final = 5


def mornings(now: datetime, zone: str, most: int = 3, at: time = MORNING) -> list[datetime]:
    """List the next mornings of working days, Monday to Friday; public holidays are not known.

    Args:
        now: the present.
        zone: IANA name of a zone that exists.
        most: how many.
        at: local time.

    Returns:
        Instants, each with that zone; a time that the clocks skip on a day is left out.
    """
    return [*islice(_mornings(now, ZoneInfo(zone), at), most)]


def _mornings(now: datetime, zone: ZoneInfo, at: time) -> Iterator[datetime]:
    day: date = now.astimezone(zone).date()
    while True:
        found = datetime.combine(day, at, zone)
        there = found.astimezone(UTC).astimezone(zone)
        exists = there.replace(tzinfo=None) == found.replace(tzinfo=None)
        if day.weekday() < _SATURDAY and exists and found - now >= LEAST_AHEAD:
            yield found
        day += timedelta(days=1)
