"""Interface words, dates and names of countries in a reader's language.

A language is a folder of `templates/locale` with a `mail.po` in it; its `Language:` header names
the CLDR locale that formats dates (`en_GB` for `en`, say). A language without a folder gets its
own dates, and English words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    get_time_format,
    get_timezone_location,
)
from babel.messages.pofile import read_po

from mailer.content.language.locale_files import nearest
from mailer.domain.calendar.entry import Entry

_ALONE: Final = re.compile(r"(?<!\d)1(?!\d)")
SOURCE_LOCALE: Final = "en_GB"
"""The locale in which the message ids are written."""


def locale_of(language: str) -> Locale | None:
    """Return the CLDR locale of a language code such as `fr` or `pt-BR`; None if there is none."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Words:
    """All that is needed to write to a reader in one language."""

    language: str
    locale: Locale
    catalogue: Mapping[str, str]
    names: Mapping[str, str] | None = None
    """Names of territories that the institution has chosen itself, by code; they go first."""

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.locale.text_direction

    def __call__(self, text: str) -> str:
        """Translate an interface text; it stays English where the catalogue lacks it."""
        return self.catalogue.get(text) or text

    def day(self, day: date) -> str:
        """Write a date in full: `Wednesday, 26 April 2023`."""
        return self._first(format_date(day, "full", self.locale), day)

    def long_day(self, day: date) -> str:
        """Write a date without its weekday: `26 April 2023`."""
        return self._first(format_date(day, "long", self.locale), day)

    def short_day(self, day: date, year: int) -> str:
        """Write a date without its weekday, and without its year where that is the one given."""
        if day.year == year:
            return self._first(format_skeleton("MMMMd", day, locale=self.locale), day)
        return self.long_day(day)

    def _first(self, written: str, day: date) -> str:
        """Write the first of a month as the language does; CLDR has no `1er`."""
        first = self.catalogue.get("1st", "1")
        return _ALONE.sub(first, written, count=1) if day.day == 1 else written

    def days(self, entry: Entry) -> str:
        """Write the day or days of an entry."""
        if entry.last_day == entry.first_day:
            return self.day(entry.first_day)
        return format_interval(entry.first_day, entry.last_day, "yMMMMd", locale=self.locale)

    def short_days(self, entry: Entry, year: int) -> str:
        """Write the day or days of an entry for a narrow column."""
        if entry.last_day == entry.first_day:
            return self.short_day(entry.first_day, year)
        return format_interval(entry.first_day, entry.last_day, "MMMd", locale=self.locale)

    @property
    def clock_skeleton(self) -> str:
        """Return CLDR's name for this language's way to write a time: with 12 hours or 24."""
        return "hm" if "a" in get_time_format("short", self.locale).pattern else "Hm"

    def hours(self, entry: Entry, city: str = "") -> str:
        """Write the time of an entry with its zone: `14:00–16:00 (Zurich, UTC+2)`; empty if none.

        The end's time is left out where it falls on another day. The city is the one given, else
        the entry's in this language, else the one that its zone is named after.
        """
        if not isinstance(entry.start, datetime):
            return ""
        start, end = entry.start, entry.end
        if isinstance(end, datetime) and end.date() == start.date() and end > start:
            clock = format_interval(start, end, self.clock_skeleton, locale=self.locale)
        else:
            clock = format_time(start.time(), "short", locale=self.locale)
        city = city or entry.city.get(self.language, "")
        return f"{clock} ({self.zone(entry.zone, start, city)})"

    def zone(self, name: str, at: datetime, city: str = "") -> str:
        """Name a zone by a city, its own or the one given, and its distance from UTC then."""
        zone = ZoneInfo(name)
        offset = at.replace(tzinfo=zone).utcoffset() or timedelta()
        if not city and "/" in name:
            city = get_timezone_location(zone, locale=self.locale, return_city=True)
        return f"{city}, {_offset(offset)}" if city else _offset(offset)

    def territories(self, codes: tuple[str, ...]) -> list[str]:
        """Name territories in this language, in its alphabetical order, accents aside."""
        known = {**self.locale.territories, **(self.names or {})}
        names = (known.get(code, code) for code in codes)
        return sorted(names, key=lambda name: (_base_letters(name), name))

    def listing(self, items: list[str]) -> str:
        """Join items with this language's comma, without a last “and”."""
        pattern = self.locale.list_patterns["standard"].get("middle", "{0}, {1}")
        comma = str(pattern).removeprefix("{0}").removesuffix("{1}")
        return comma.join(items)


def first_upper(text: str) -> str:
    """Begin a line with a capital where the script has them: `Mercredi 26 avril`."""
    return text[:1].upper() + text[1:]


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def _base_letters(name: str) -> str:
    split = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in split if not unicodedata.combining(sign)).casefold()


@cache
def words_for(language: str) -> Words:
    """Return the words of a language, or of its main language (`fr` for `fr-CH`)."""
    if path := nearest(language, "mail.po"):
        return _read(language, path)
    return Words(language, locale_of(language) or Locale.parse(SOURCE_LOCALE), {})


def _read(language: str, path: Path) -> Words:
    with path.open("rb") as file:
        catalogue = read_po(file)
    texts = {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id
    }
    regional = locale_of(language) if "-" in language else None
    locale = regional or catalogue.locale or Locale.parse(SOURCE_LOCALE)
    return Words(language, locale, texts)
