"""The dates that an edition lists: its own, or the calendar's as they are when a campaign starts.

An edition with a `calendar.toml` of its own keeps to it. Another one takes the dates of its year
from the calendar; they are kept with its files under a digest of their own when a campaign starts,
so that a later change reaches no reader of that campaign, and can be read again as it was sent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from mailer.content.parsing.source import FROZEN_CALENDAR
from mailer.domain.calendar.entry import Entry, Status
from mailer.domain.calendar.recurrence import occurrences
from mailer.domain.calendar.rows import to_text
from mailer.domain.subscribers.topic import Topics
from mailer.services.calendar.public import is_public
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store

_DAY: Final = timedelta(days=1)
_OWN: Final = "calendar.toml"


def with_dates(store: Store, topics: Topics, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return an edition's files with the dates of its year, if it has none of its own.

    The same calendar gives the same files; an empty one adds nothing.

    Args:
        store: for the calendar.
        topics: those of the installation: dates of some that are not visible are not listed.
        files: the edition's, by path.
    """
    whole = dict(files)
    day = _date_of(files)
    if _OWN in files or FROZEN_CALENDAR in files or day is None:
        return whole
    rows = [to_text(_shown(one, topics)) for one in _of_year(store, day.year)]
    if rows:
        whole[FROZEN_CALENDAR] = "\n".join(rows).encode()
    return whole


def _of_year(store: Store, year: int) -> list[Entry]:
    """List what takes place in a year, each occurrence by itself, in order."""
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = [
        one
        for entry in calendar.not_over(store, begin - _DAY)
        for one in occurrences(entry, begin - _DAY, end + _DAY)
        if one.first_day.year <= year <= one.last_day.year
    ]
    return sorted(found, key=lambda one: (one.starts_at(), one.id))


def _shown(entry: Entry, topics: Topics) -> Entry:
    """Leave out of the list what does not take place or is not for everybody, and bookkeeping.

    It stays in the file: the text may announce it all the same.
    """
    is_on = entry.status is not Status.CANCELLED
    listed = entry.listed and is_on and is_public(entry, topics)
    return replace(
        entry, listed=listed, created_at=None, changed_at=None, sequence=0, remind=None, uid=""
    )


def _date_of(files: Mapping[str, bytes]) -> date | None:
    """Read the edition's date; None if that cannot be done: reading it properly says why."""
    try:
        day = tomllib.loads(files.get("edition.toml", b"").decode("utf-8-sig")).get("date")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return None
    return day if isinstance(day, date) else None
