"""Wording of the time to an entry: in 2 weeks, tomorrow, in one hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta

from mailer.content.language.words import Words
from mailer.domain.calendar.entry import Entry

NEAR: Final = timedelta(hours=6)
"""The time before the start within which it is told in hours, also across midnight."""
_DAY: Final = timedelta(days=1)


def distance(words: Words, entry: Entry, at: datetime) -> str:
    """Word the time to an entry, seen from an instant, in days of its own zone.

    Returns:
        Words that may begin a line in small letters: `in 2 weeks`, `tomorrow`, `in one hour`;
        `under way` from its start to its end; empty after that.
    """
    ahead = entry.starts_at() - at
    days = (entry.first_day - at.astimezone(ZoneInfo(entry.zone)).date()).days
    if entry.ends_at() <= at and (ahead < timedelta() or entry.all_day):
        return ""
    if entry.all_day:
        return _in_days(words, days) if days >= 0 else words("under way")
    if ahead <= timedelta():
        return words("under way")
    if days == 0 or ahead < NEAR:
        return _in_hours(words, ahead)
    return _in_days(words, days)


def _in_days(words: Words, days: int) -> str:
    if days in _NAMED:
        return words(_NAMED[days])
    unit = "week" if days % 7 == 0 else "day"
    return _counted(words, timedelta(days=days), unit)


_NAMED: Final = {0: "today", 1: "tomorrow", 7: "in one week"}


def _in_hours(words: Words, ahead: timedelta) -> str:
    minutes = round(ahead.total_seconds() / 300) * 5 or 5
    if minutes == 60:
        return words("in one hour")
    if minutes < 90:
        return _counted(words, timedelta(minutes=minutes), "minute")
    return _counted(words, timedelta(hours=round(minutes / 60)), "hour")


def _counted(words: Words, span: timedelta, unit: str) -> str:
    """Count in one unit alone; CLDR has the words and their plurals."""
    return format_timedelta(
        span,
        granularity=unit,  # type: ignore[arg-type]
        threshold=1000,
        add_direction=True,
        locale=words.locale,
    )
