"""When a directory is looked at: each so many hours or days, at a time of the day (UTC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LEAST: Final = timedelta(minutes=5)
MOST: Final = timedelta(days=90)
_SPAN: Final = re.compile(r"(\d{1,4}) ?(m|min|h|d)", re.ASCII)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_UNITS: Final = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """Read how often: `30m`, `6h`, `1d`.

    Raises:
        ValueError: it is no such text, in the form `what is wrong; remedy`.
    """
    found = _SPAN.fullmatch(text.strip())
    value = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if not LEAST <= value <= MOST:
        raise ValueError(f'"{text[:40]}" is no span of 5 minutes to 90 days; write 30m, 6h or 1d')
    return value


def time_of_day(text: str) -> time:
    """Read a time of the day: `03:00`.

    Raises:
        ValueError: it is no such text, in the form `what is wrong; remedy`.
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{text[:40]}" is no time of the day; write it as 03:00, in UTC')
    return time(int(found[1]), int(found[2]))


def last_due(now: datetime, every: timedelta, at: time) -> datetime:
    """Return the last instant, up to now, at which it was to be looked at.

    The instants are counted from a fixed day, so that a restart moves none of them.
    """
    first = EPOCH + timedelta(hours=at.hour, minutes=at.minute)
    return first + (now - first) // every * every
