"""Choice of a reader's translation, and what a calendar entry tells by itself."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.parsing.pictures import Measure, measure
from mailer.content.parsing.source import load_edition
from mailer.content.rendering.colours import AA, HOUSE, contrast, lightened, palette
from mailer.domain.calendar.entry import Entry, Kind
from mailer.domain.campaigns.edition import chosen
from support.places import CORPUS

AUTUMN = CORPUS / "editions" / "autumn"
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("wanted", "fallback", "expected"),
    [
        ("fr", ("en",), "fr"),
        ("fr-ch", ("en",), "fr"),
        ("de", ("en", "fr"), "en"),
        ("de", ("es", "fr"), "fr"),
        ("de", ("es",), None),
        ("de", (), None),
    ],
)
def test_a_reader_gets_their_language_or_what_stands_in(
    wanted: str, fallback: tuple[str, ...], expected: str | None
) -> None:
    """Law 1: one edition in one language; nobody is forgotten, and nobody gets a guess."""
    assert chosen({"en": 1, "fr": 2}, wanted, fallback) == expected


def test_languages_are_listed_in_the_order_of_fallback() -> None:
    """Screens and reports show the main language first."""
    edition = load_edition(AUTUMN)
    assert replace(edition, fallback=("fr",)).languages == ("fr", "en")


def entry(start: datetime | date, end: datetime | date | None = None) -> Entry:
    """Make an entry in Zurich."""
    return Entry("x", Kind.MEETING, start, "Europe/Zurich", {"en": "x"}, end)


def test_a_local_time_keeps_its_hour_through_the_year() -> None:
    """A meeting at 14:00 is at 14:00 in summer and in winter."""
    for month, hour in ((1, 13), (7, 12)):
        start = datetime(2023, month, 3, 14)  # noqa: DTZ001 (local to the entry's zone)
        assert entry(start).starts_at() == datetime(2023, month, 3, hour, tzinfo=UTC)


def test_an_all_day_entry_lasts_to_the_end_of_its_last_day() -> None:
    """MSME Day is not over at its first minute."""
    day = entry(date(2023, 6, 27))
    assert (day.all_day, day.first_day, day.last_day) == (
        True,
        date(2023, 6, 27),
        date(2023, 6, 27),
    )
    assert day.ends_at() == datetime(2023, 6, 27, 22, tzinfo=UTC)
    assert not day.is_over(date(2023, 6, 27))
    assert day.is_over(date(2023, 6, 28))


def test_an_entry_without_an_end_ends_as_it_starts() -> None:
    """Nothing is invented about how long it lasts."""
    start = datetime(2023, 7, 3, 14)  # noqa: DTZ001 (local to the entry's zone)
    assert entry(start).ends_at() == entry(start).starts_at()


def test_the_house_s_colours_can_be_read() -> None:
    """WCAG AA, on light and dark."""
    for scheme in (HOUSE.light, HOUSE.dark):
        for colour in (scheme.ink, scheme.muted, scheme.accent):
            assert contrast(colour, scheme.paper) >= AA


@given(COLOURS)
def test_a_derived_accent_can_be_read_on_dark(colour: str) -> None:
    """A secretariat chooses one colour; the other must not fail them."""
    dark = palette(colour).dark
    assert contrast(dark.accent, dark.paper) >= AA


@given(COLOURS, COLOURS)
def test_contrast_is_between_1_and_21_and_symmetric(one: str, other: str) -> None:
    """The formula's bounds (WCAG 2.2)."""
    assert 1 <= contrast(one, other) <= 21.01
    assert contrast(one, other) == contrast(other, one)
    assert lightened("#000000", "#000000") != "#000000"


def test_known_contrasts_are_right() -> None:
    """Checked against published values."""
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 320) + b"\0" * 9
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc4\x00\x03c\xff\xff\xc2\x00\x0b\x08\x01\x40\x02\x80\x01"


def test_images_are_measured_by_their_headers() -> None:
    """A width in the HTML keeps Outlook from showing an image at its full size."""
    assert measure(PNG) == Measure("image/png", 640, 320)
    assert measure(JPEG) == Measure("image/jpeg", 640, 320)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", PNG[:20], JPEG[:12], PNG.replace(b"\x02\x80", b"\0\0")]
)
def test_other_formats_and_torn_files_are_refused(data: bytes) -> None:
    """An image that mail programs do not show must not be sent."""
    assert measure(data) is None


@given(st.one_of(st.binary(), st.binary().map(JPEG[:2].__add__), st.binary().map(PNG[:8].__add__)))
def test_measuring_never_fails(data: bytes) -> None:
    """Image files come from outside."""
    facts = measure(data)
    assert facts is None or (facts.width > 0 and facts.height > 0)
