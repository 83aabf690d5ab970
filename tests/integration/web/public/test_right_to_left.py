"""A language that is written from right to left: one more folder, and the pages turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.services.editions import library as editions
from mailer.store.server.connection import Store
from support.samples.arabic import arabic, write_edition
from support.service.whole_site import WholeSite


@pytest.fixture
def web(store: Store, data_dir: Path, tmp_path: Path) -> Iterator[WholeSite]:
    """A site in English, French, Spanish and Arabic, with one edition that is in Arabic only."""
    with arabic(tmp_path / "templates"):
        site = WholeSite(store, data_dir, languages=("en", "fr", "es", "ar"))
        folder = write_edition(tmp_path / "rabi")
        summary, _ = editions.import_folder(store, site.settings.topics, folder, site.clock)
        slug = summary.slug
        site.campaigns.send(site.campaigns.create(slug, "bulletin").number)
        yield site


@pytest.mark.parametrize("rest", ["", "editions", "calendar", "search?q=تجارة", "nowhere"])
def test_every_page_is_turned(web: WholeSite, rest: str) -> None:
    """Browsers lay a page out by `dir`: without it, menus and lists stand on the wrong side."""
    page = web.get(f"/ar/{rest}").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "التقويم" in page


def test_an_edition_is_read_in_its_own_direction(web: WholeSite) -> None:
    """The frame follows the reader, the text its own script; each may be the other way round."""
    own = web.get("/ar/editions/rabi-2023").text
    assert '<article class="edition">' in own
    english = web.get("/ar/editions/spring-2023").text
    assert '<html lang="ar" dir="rtl">' in english
    assert '<article class="edition" lang="en" dir="ltr">' in english
    foreign = web.get("/fr/editions/rabi-2023").text
    assert '<html lang="fr" dir="ltr">' in foreign
    assert '<article class="edition" lang="ar" dir="rtl">' in foreign


def test_dates_and_feeds_are_in_the_language(web: WholeSite) -> None:
    """CLDR knows how Arabic writes a date; feeds say which way their text runs."""
    assert "26 أبريل 2023" in web.get("/ar/calendar/private-sector-2023").text
    assert "&lt;div dir=&#34;rtl&#34;&gt;" in web.get("/ar/editions.atom").text
    assert "<mark>تجارة</mark>" in web.get("/ar/search?q=تجارة").text


def test_the_style_sheet_knows_no_left_and_no_right(web: WholeSite) -> None:
    """It says start and end, so that one sheet serves both directions."""
    sheet = web.get(web.site.assets.path("style.css")).text
    assert not re.search(r"[\s;{-](?:left|right)\b", sheet)
