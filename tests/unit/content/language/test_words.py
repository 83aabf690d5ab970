"""Interface words, dates and names in the reader's language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from mailer.content.language.locale_files import TEMPLATES
from mailer.content.language.words import words_for
from mailer.content.rendering import plain
from mailer.domain.calendar.entry import Entry, Kind, in_order

LANGUAGES = sorted(path.name for path in (TEMPLATES / "locale").iterdir() if path.is_dir())
SAID = re.compile(r"""(?:say|self\.words)\(\s*["']([^"']+)["'](?: if [a-z_.]+ else "([^"]+)")?""")


def said() -> set[str]:
    """Collect every interface text that templates and code ask for."""
    sources = [*sorted((TEMPLATES / "mail").glob("*.j2")), Path(plain.__file__)]
    found = [SAID.findall(path.read_text(encoding="utf-8")) for path in sources]
    return {text for pairs in found for pair in pairs for text in pair if text}


def entry(
    start: datetime | date, end: datetime | date | None = None, zone: str = "Europe/Zurich"
) -> Entry:
    """Make an entry of which only the times matter."""
    return Entry("x", Kind.MEETING, start, zone, {"en": "x"}, end)


AT_TWO = datetime(2023, 4, 26, 14)  # noqa: DTZ001 (local to the entry's zone)
AT_FOUR = datetime(2023, 4, 26, 16)  # noqa: DTZ001 (local to the entry's zone)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    """A language is complete or it is not offered: half-English mail looks broken."""
    assert {"Leave", "In this issue", "Image"} <= said()
    with (TEMPLATES / "locale" / language / "mail.po").open("rb") as file:
        catalogue = read_po(file)
    given = {str(message.id): str(message.string) for message in catalogue if message.id}
    assert said() <= {text for text, translated in given.items() if translated}
    for text, translated in given.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", translated))


def test_english_french_and_spanish_are_there() -> None:
    """The first users write in these three."""
    assert {"en", "es", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize(
    ("language", "day", "hours"),
    [
        ("en", "Wednesday, 26 April 2023", "14:00–16:00 (Zurich, UTC+2)"),
        ("fr", "mercredi 26 avril 2023", "14:00 – 16:00 (Zurich, UTC+2)"),
        ("es", "miércoles, 26 de abril de 2023", "14:00–16:00 (Zúrich, UTC+2)"),
    ],
)
def test_dates_are_written_as_in_the_language(language: str, day: str, hours: str) -> None:
    """A meeting is missed over a misread date; the zone stands beside the time."""
    words = words_for(language)
    meeting = entry(AT_TWO, AT_FOUR)
    assert words.days(meeting) == day
    assert " ".join(words.hours(meeting).split()) == hours


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Kolkata", "14:00 (Kolkata, UTC+5:30)"),
        ("America/New_York", "14:00 (New York, UTC-4)"),
        ("UTC", "14:00 (UTC)"),
    ],
)
def test_zones_are_named_by_city_and_offset(zone: str, expected: str) -> None:
    """Half the world reckons by its distance from UTC, the other half by cities."""
    assert words_for("en").hours(entry(AT_TWO, zone=zone)) == expected


def test_an_entry_may_say_whose_time_it_is() -> None:
    """“Geneva time” is what a Geneva institution writes; no zone is named after that city."""
    meeting = replace(entry(AT_TWO), city={"en": "Geneva", "fr": "Genève"})
    assert words_for("en").hours(meeting) == "14:00 (Geneva, UTC+2)"
    assert "(Genève, UTC+2)" in words_for("fr").hours(meeting)
    assert "(Zúrich, UTC+2)" in words_for("es").hours(meeting)


def test_days_of_a_narrow_column_leave_out_the_edition_s_year() -> None:
    """Five dates of one year need not say it five times."""
    words = words_for("en")
    assert words.short_days(entry(date(2023, 6, 27)), 2023) == "27 June"
    assert words.short_days(entry(date(2024, 6, 27)), 2023) == "27 June 2024"
    assert words.days(entry(date(2023, 6, 27), date(2023, 6, 28))) == "27–28 Jun 2023"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "1 August"), ("fr", "1er août"), ("es", "1 de agosto")],
)
def test_the_first_of_a_month_is_written_as_in_the_language(language: str, expected: str) -> None:
    """“1 août” is a mistake that every French reader sees."""
    assert words_for(language).short_day(date(2011, 8, 1), 2011) == expected
    assert expected in words_for(language).day(date(2011, 8, 1))


def test_countries_are_named_and_sorted_in_the_language() -> None:
    """An Austrian looks under O in French and under A in English."""
    codes = ("US", "AT", "EE", "EG", "CH")
    assert words_for("en").territories(codes)[0] == "Austria"
    assert words_for("fr").territories(codes) == [
        *("Autriche", "Égypte", "Estonie", "États-Unis", "Suisse"),
    ]


def test_a_language_without_a_catalogue_has_its_own_dates() -> None:
    """Better German dates below English words than nothing in German."""
    words = words_for("de")
    assert words.day(date(2023, 4, 26)) == "Mittwoch, 26. April 2023"
    assert words("Leave") == "Leave"
    assert words_for("ar").direction == "rtl"
    assert words_for("fr-ch")("Leave") == words_for("fr")("Leave")


def test_entries_are_ordered_by_instant_not_by_wall_clock() -> None:
    """Auckland's afternoon comes before Geneva's morning of the same day."""
    geneva = entry(datetime(2023, 4, 26, 9))  # noqa: DTZ001 (local to its zone)
    auckland = entry(AT_TWO, zone="Pacific/Auckland")
    assert in_order((geneva, auckland)) == (auckland, geneva)
