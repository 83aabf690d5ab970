"""The calendar as everybody may see it on the web: what comes, what was, and one entry.

Entries for readers with certain tags, or of topics that are not visible, are nobody else's
business, and are left out. Where one has to register, the address at which one joins is for those
who did, and is left out too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Final

from mailer.clock import Clock
from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.recurrence import occurrence_of, occurrences
from mailer.domain.subscribers.topic import Topics
from mailer.errors import NotFoundError
from mailer.store.calendar import entries as calendar
from mailer.store.calendar.entries import Revision
from mailer.store.server.connection import Store

AHEAD: Final = timedelta(days=550)
"""The span ahead in which occurrences of a repeating entry are shown."""
BACK: Final = timedelta(days=5 * 366)
"""The span back in which past entries are shown."""
FEED_BACK: Final = timedelta(days=400)
"""The time for which past entries stay in the feed that programs subscribe to."""
MOST: Final = 400
"""Occurrences on one page."""
NAMED: Final = timedelta(days=10 * 366)
"""The greatest distance from now of an occurrence that an address names."""


@dataclass(frozen=True, slots=True)
class _Day:
    """All occurrences within reach, as of one day and one state of the calendar."""

    revision: Revision
    day: date
    found: Sequence[Entry]


class PublicCalendar:
    """The public calendar of one installation; may be used by several threads at once."""

    def __init__(self, store: Store, topics: Topics, clock: Clock) -> None:
        self._store, self._topics, self._clock = store, topics, clock
        self._lock = Lock()
        self._day: _Day | None = None

    def revision(self) -> Revision:
        """Tell which state the calendar is in."""
        return calendar.revision(self._store)

    def coming(self) -> list[Entry]:
        """List the occurrences that are not over, the next first."""
        now = self._clock.now()
        return [entry for entry in self._all(now) if not is_over(entry, now)][:MOST]

    def past(self) -> list[Entry]:
        """List the occurrences that are over, the last first."""
        now = self._clock.now()
        return [entry for entry in reversed(self._all(now)) if is_over(entry, now)][:MOST]

    def get(self, identity: str) -> Entry:
        """Find an entry, as everybody may see it.

        Raises:
            NotFoundError: there is none of that id, or it is not for everybody.
        """
        found = public(calendar.get(self._store, identity), self._topics)
        if found is None:
            raise NotFoundError("calendar entry", identity)
        return found

    def next_of(self, entry: Entry, key: str = "") -> Entry | None:
        """Find the occurrence of an entry that its page shows: the one named, else the next.

        None: there is none of that name within reach; anybody may write any name.
        """
        if key:
            now = self._clock.now()
            found = occurrence_of(entry, key)
            return found if found and abs(found.starts_at() - now) < NAMED else None
        coming = self.dates_of(entry)
        if coming:
            return coming[0]
        now = self._clock.now()
        past = occurrences(entry, now - BACK, now)
        return past[-1] if past else None

    def dates_of(self, entry: Entry) -> list[Entry]:
        """List the occurrences of an entry that are not over, the next first."""
        now = self._clock.now()
        found = occurrences(entry, now, now + AHEAD)
        return [one for one in found if not is_over(one, now)]

    def for_feed(self) -> tuple[list[Entry], Revision]:
        """List the entries that programs subscribe to, with the state that they are in."""
        revision = self.revision()
        entries = calendar.not_over(self._store, self._clock.now() - FEED_BACK)
        return [found for entry in entries if (found := public(entry, self._topics))], revision

    def _all(self, now: datetime) -> Sequence[Entry]:
        """List all occurrences within reach, in order; worked out once a day and a change."""
        revision, day = self.revision(), now.date()
        with self._lock:
            kept = self._day
            if kept is not None and (kept.revision, kept.day) == (revision, day):
                return kept.found
        entries = calendar.not_over(self._store, now - BACK)
        found = [
            occurrence
            for entry in entries
            if (shown := public(entry, self._topics))
            for occurrence in _nearest(occurrences(shown, now - BACK, now + AHEAD), now)
        ]
        found.sort(key=lambda entry: (entry.starts_at(), entry.id, entry.occurrence_key))
        with self._lock:
            self._day = _Day(revision, day, found)
        return found


def is_public(entry: Entry, topics: Topics) -> bool:
    """Tell whether everybody may know of an entry."""
    return not entry.tags and not entry.rule and topics.is_public(entry.topics)


def public(entry: Entry, topics: Topics) -> Entry | None:
    """Return an entry without what is not for everybody; None if all of it is not."""
    if not is_public(entry, topics):
        return None
    if entry.recurrence:
        overrides = (public(other, topics) for other in entry.recurrence.overrides)
        kept = tuple(other for other in overrides if other is not None)
        entry = replace(entry, recurrence=replace(entry.recurrence, overrides=kept))
    return replace(entry, online="") if entry.registration or entry.invite else entry


def _nearest(found: list[Entry], now: datetime) -> list[Entry]:
    """Keep of an entry's occurrences those that fit on a page: the last over, and the next."""
    over = sum(1 for one in found if is_over(one, now))
    return found[max(0, over - MOST) : over + MOST]


def is_over(entry: Entry, now: datetime) -> bool:
    """Tell whether an occurrence is over; one without an end lasts until its day does."""
    if entry.all_day or entry.end is not None:
        return entry.ends_at() <= now
    whole_day = replace(entry, start=entry.first_day, end=None)
    return whole_day.ends_at() <= now
