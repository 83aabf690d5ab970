"""The year's dates, as the mail command `calendar` answers: a list to read, and a calendar file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.language.calendar_words import calendar_words
from mailer.content.language.words import first_upper, words_for
from mailer.content.rendering.service_mail import Date
from mailer.domain.calendar.entry import Entry, Status, in_language
from mailer.domain.calendar.recurrence import occurrences
from mailer.message.icalendar import ics
from mailer.services.calendar.feed import page_of
from mailer.services.calendar.public import PublicCalendar, is_over
from mailer.store.server.connection import Store

AHEAD: Final = timedelta(days=366)
MOST: Final = 60
"""Dates that one mail lists; the file holds all."""


@dataclass(frozen=True, slots=True)
class Year:
    """The contents of the mail."""

    dates: Sequence[Date]
    file: bytes
    """A calendar file without alarms; empty if there is nothing in it."""
    filename: str


def year_of(store: Store, settings: Settings, clock: Clock, language: str) -> Year:
    """Gather what everybody may see: this year's dates, and those of the year to come."""
    now = clock.now()
    entries, revision = PublicCalendar(store, settings.topics, clock).for_feed()
    begin = datetime(now.year, 1, 1, tzinfo=UTC)
    found = [one for entry in entries for one in occurrences(entry, begin, now + AHEAD)]
    found.sort(key=lambda one: (one.starts_at(), one.id))
    over = [one for one in found if is_over(one, now)]
    shown = (over + [one for one in found if one not in over])[:MOST]
    frame = ics.Frame(language, settings.languages, page=page_of(settings, language))
    name = calendar_words(language)["name"].replace("{list}", settings.list_title_in(language))
    file = ics.feed(entries, frame, name=name, changed_at=revision.at) if entries else b""
    return Year(
        [_date(one, settings, language, past=one in over) for one in shown],
        file,
        f"{settings.list_name}.ics",
    )


def _date(entry: Entry, settings: Settings, language: str, *, past: bool) -> Date:
    words, order = words_for(language), settings.languages
    parts = [first_upper(words.days(entry)), words.hours(entry)]
    when = ", ".join(part for part in parts if part) + (f" ({words('past')})" if past else "")
    what = in_language(entry.title, language, order)
    if entry.status is Status.CANCELLED:
        what = calendar_words(language)["cancelled_title"].replace("{title}", what)
    page = page_of(settings, language)
    target = entry.url or (page(entry) if page else "")
    return Date(when, what, in_language(entry.place, language, order), target)
