"""Reads days and times as people type them on a command line."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

_LONE_HOUR: Final = re.compile(r"(?<=[T ])(?=\d:\d\d)")


def moment(text: str) -> datetime | date:
    """Read a day (2023-04-26), or a day with a time: 2023-04-26T14:00, or `2023-04-26 9:00`.

    Raises:
        ValueError: it is neither.
    """
    written = text.strip()
    if len(written) <= len("2023-04-26"):
        return date.fromisoformat(written)
    day, _, clock = written.replace("T", " ").partition(" ")
    hour = _LONE_HOUR.sub("0", f" {clock.strip()}").strip()
    return datetime.fromisoformat(f"{day}T{hour}")


def instant(text: str) -> datetime:
    """Read the same; a day is its beginning.

    Raises:
        ValueError: it is neither.
    """
    at = moment(text)
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)  # noqa: DTZ001


def timed(text: str, zone: str) -> datetime:
    """Read a day with a time, for the option `--at` beside `--zone`.

    Raises:
        InputError: it is none, or tells its own distance from UTC although a zone is given.
    """
    from mailer.errors import InputError

    try:
        read = moment(text)
    except ValueError:
        read = None
    if not isinstance(read, datetime):
        said = f"{text!r} is no date with a time"
        raise InputError.of("--at", said, "write it as 2023-04-12T09:00", code="bad_time")
    if read.tzinfo and zone:
        said = f"{text} tells its own distance from UTC, and --zone another"
        raise InputError.of("--at", said, "give one of them only", code="zone_twice")
    return read
