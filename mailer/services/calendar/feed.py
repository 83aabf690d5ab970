"""The whole calendar as one file, and where the web shows each of its entries."""

from __future__ import annotations

from collections.abc import Callable

from mailer.config import Settings
from mailer.content.language.calendar_words import calendar_words
from mailer.domain.calendar.entry import Entry
from mailer.message.icalendar import ics
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store


def feed_of(store: Store, settings: Settings, language: str, source: str = "") -> bytes:
    """Write the calendar as programs subscribe to it; the same calendar gives the same octets.

    Args:
        store: the open store.
        settings: the settings.
        language: of the reader.
        source: the feed's own address, if it has one.
    """
    entries = sorted(calendar.all_by_id(store).values(), key=lambda one: (one.starts_at(), one.id))
    frame = ics.Frame(language, settings.languages, alarms=True, page=page_of(settings, language))
    name = calendar_words(language)["name"].replace("{list}", settings.list_title_in(language))
    changed_at = calendar.revision(store).at
    return ics.feed(entries, frame, name=name, source=source, changed_at=changed_at)


def page_of(settings: Settings, language: str) -> Callable[[Entry], str] | None:
    """Return what makes the address of an entry's web page; None where there is no web."""
    if not settings.public_url:
        return None
    return lambda entry: f"{settings.public_url}/{language}/calendar/{entry.id}"
