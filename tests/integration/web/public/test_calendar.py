"""The calendar's pages and files: each date in the reader's language and the meeting's own zone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest

from mailer.domain.calendar.entry import Recurrence, Status
from mailer.store.server.connection import Store
from support.service.web_service import BASE
from support.service.whole_site import WholeSite, snapshot


@pytest.fixture
def web(store: Store, data_dir: Path) -> WholeSite:
    """A site in April 2023 with the year's dates, and some more."""
    return WholeSite(store, data_dir)


def titles(text: str) -> list[str]:
    """Return the titles in a page's list."""
    text = text[text.index('<ul class="entries">') :]
    return [" ".join(found.split()) for found in re.findall(r"<h3[^>]*>.*?<a [^>]*>([^<]+)", text)]


@pytest.mark.parametrize(
    ("language", "month", "parts"),
    [
        ("en", "June 2023", ["MSME Day", "Tuesday, 27 June 2023", "Observance"]),
        ("fr", "Juin 2023", ["Journée des MPME", "Mardi 27 juin 2023", "Journée"]),
        ("es", "Junio de 2023", ["Día de las Mipymes", "Martes, 27 de junio de 2023", "Día"]),
    ],
)
def test_what_comes_is_listed_by_month_in_the_reader_s_language(
    web: WholeSite, language: str, month: str, parts: list[str]
) -> None:
    """A reader looks for the next date, and must not misread it."""
    text = web.get(f"/{language}/calendar").text
    assert f"<h2>{month}</h2>" in text
    for part in parts:
        assert part in text
    places = [text.index(f"/calendar/{one}") for one in ("private-sector-2023", "msme-day-2023")]
    assert places == sorted(places)


def test_times_are_those_of_the_meeting_s_own_place(web: WholeSite) -> None:
    """A meeting at 14:00 in Geneva is at 14:00 there for everybody, with the zone beside it."""
    text = web.get("/fr/calendar/private-sector-2023").text
    assert "14:00 (Genève, UTC+2)" in text
    assert 'datetime="2023-04-26T12:00:00+00:00"' in text


def test_what_is_over_moves_to_the_past(web: WholeSite) -> None:
    """Nobody must prepare for a meeting of last month."""
    web.clock.advance(timedelta(days=15))
    assert "Meeting with the private sector" not in titles(web.get("/en/calendar").text)
    past = titles(web.get("/en/calendar?when=past").text)
    assert past[0] == "Meeting with the private sector"
    page = web.get("/en/calendar/private-sector-2023").text
    assert "This is over." in page


def test_an_entry_without_an_end_is_there_until_its_day_is_over(web: WholeSite) -> None:
    """It has begun, but nobody knows whether it is over: a late reader still finds the link."""
    web.clock.advance(timedelta(days=14, hours=4))
    assert web.clock.now().hour == 13
    assert "Meeting with the private sector" in titles(web.get("/en/calendar").text)
    web.clock.advance(timedelta(hours=10))
    assert "Meeting with the private sector" not in titles(web.get("/en/calendar").text)


def test_each_occurrence_has_its_place_in_the_list_and_its_own_page(web: WholeSite) -> None:
    """A weekly hour is thirty dates; one of them may be another."""
    assert titles(web.get("/en/calendar").text).count("Open hour of the secretariat") == 28
    page = web.get("/en/calendar/coffee?on=2023-05-02T09:30:00").text
    assert "Tuesday, 2 May 2023" in page
    assert "09:30–10:00 (Montevideo, UTC-3)" in page
    assert web.get("/en/calendar/coffee?on=2023-05-03T09:30:00").status_code == 404
    assert web.get("/en/calendar/coffee?on=nonsense").status_code == 404
    event = only_event(web.get("/en/calendar/coffee.ics?on=2023-05-02T09:30:00").content)
    assert "RECURRENCE-ID" in event
    assert "RRULE" in only_event(web.get("/en/calendar/coffee.ics").content)


@pytest.mark.parametrize(
    "day",
    [
        *(
            "9990-01-02T09:30:00",
            "9999-12-31T23:59:59",
            "0001-01-01T00:00:00",
            "2190-05-01T09:30:00",
        ),
        *("9999-12-31", "2023-05-02T09:30:00%2B23:59", "2023-05-02T09:30:00Z", "T" * 1500),
    ],
)
@pytest.mark.parametrize("page", ["coffee", "coffee.ics", "msme-day-2023", "msme-day-2023.ics"])
def test_a_date_far_away_is_of_no_occurrence(web: WholeSite, page: str, day: str) -> None:
    """Anybody writes any date into an address; one took the service half a minute."""
    endless = Recurrence(("FREQ=WEEKLY;BYDAY=TU",))
    web.change("coffee", recurrence=endless)
    assert web.get(f"/en/calendar/{page}?on={day}").status_code == 404


def test_what_does_not_take_place_says_so(web: WholeSite) -> None:
    """An entry that vanished would leave its readers at a closed door."""
    text = web.get("/fr/calendar").text
    assert re.search(r"Annulé\u00a0:</strong>\s*<a [^>]*>Visite d’étude", text)
    page = web.get("/fr/calendar/called-off").text
    assert "L’hôte est souffrant." in page
    assert "22–24 mai 2023" in page
    web.change("private-sector-2023", status=Status.CANCELLED)
    page = web.get("/fr/calendar/private-sector-2023").text
    assert "Cela n’aura pas lieu." in page


def test_texts_in_another_language_are_marked(web: WholeSite) -> None:
    """Screen readers must not read English words with a Spanish voice."""
    page = web.get("/es/calendar/workshop").text
    assert re.search(r'<h1 lang="en" dir="ltr"><strong class="state" lang="es"', page)
    assert "Por confirmar:" in page
    assert '<p lang="en" dir="ltr">With interpretation.</p>' in page


def test_what_is_for_some_readers_only_is_nowhere(web: WholeSite) -> None:
    """The briefing is for the press; the room is for those who registered."""
    for path in ("/en/calendar", "/en/calendar.ics", "/en/calendar/workshop", "/sitemap.xml"):
        text = web.get(path).text
        assert "press-briefing" not in text
        assert "Briefing" not in text
        assert "secret-room" not in text
    assert web.get("/en/calendar/press-briefing").status_code == 404
    assert web.get("/en/calendar/press-briefing.ics").status_code == 404
    assert "secret-room" not in web.get("/en/calendar/workshop.ics").text
    assert "https://example.org/workshop/register" in web.get("/en/calendar/workshop").text
    assert "https://meet.example.org/open-hour" in web.get("/en/calendar/coffee").text


def only_event(content: bytes) -> icalendar.Event:
    """Return the one entry of a file."""
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "MSME Day"), ("fr", "Journée des MPME"), ("es", "Día de las Mipymes")],
)
def test_an_entry_can_be_saved(web: WholeSite, language: str, title: str) -> None:
    """One click puts the date into a reader's calendar, under a name that updates will find."""
    answer = web.get(f"/{language}/calendar/msme-day-2023.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'inline; filename="msme-day-2023.ics"'
    assert b"\r\n" in answer.content
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    event = only_event(answer.content)
    assert event["SUMMARY"] == title
    assert event["UID"] == "msme-day-2023@lists.example.org"
    assert b"X-WR-CALNAME" not in answer.content
    assert b"METHOD:PUBLISH" in answer.content


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_programs_can_subscribe_to_the_calendar(web: WholeSite, language: str) -> None:
    """A calendar that follows changes by itself is worth more than any reminder."""
    page = web.get(f"/{language}/calendar").text
    address = f"{BASE}/{language}/calendar.ics"
    assert f'href="webcal:{address.removeprefix("https:")}"' in page
    assert address in page
    answer = web.get(f"/{language}/calendar.ics")
    feed = icalendar.Calendar.from_ical(answer.content)
    events = feed.walk("VEVENT")
    assert len({str(event["UID"]) for event in events}) == len(events) == 11
    assert str(feed["SOURCE"]) == address
    assert feed.walk("VALARM")


def test_programs_are_told_when_nothing_changed(web: WholeSite) -> None:
    """Thousands of programs ask every few hours."""
    first = web.get("/en/calendar.ics")
    again = web.get("/en/calendar.ics", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    modified = {"If-Modified-Since": first.headers["last-modified"]}
    assert web.get("/en/calendar.ics", **modified).status_code == 304
    web.change("msme-day-2023", place={"en": "Geneva"})
    later = web.get("/en/calendar.ics", **modified)
    assert later.status_code == 200
    assert later.headers["etag"] != first.headers["etag"]
    page = web.get("/en/calendar")
    assert web.get("/en/calendar", **{"If-None-Match": page.headers["etag"]}).status_code == 304


def test_an_empty_calendar_says_so(store: Store, data_dir: Path) -> None:
    """A blank page looks broken."""
    from support.service.web_service import WebService

    web = WebService(store, data_dir)
    assert "Rien n’est prévu" in web.get("/fr/calendar").text
    assert "Nothing is past yet." in web.get("/en/calendar?when=past").text
    assert b"BEGIN:VCALENDAR" in web.get("/en/calendar.ics").content


def test_looking_changes_nothing(web: WholeSite) -> None:
    """Law 5, for the calendar: whoever looks, nothing changes."""
    before = snapshot(web.store)
    for path in ("calendar", "calendar?when=past", "calendar.ics", "calendar/coffee", "calendar/x"):
        web.get(f"/en/{path}")
    assert snapshot(web.store) == before


def test_the_front_page_shows_the_next_date_of_each_entry(web: WholeSite) -> None:
    """A weekly hour must not push the year's meeting off the page."""
    shown = titles(web.get("/en/").text)
    assert shown == [
        *("Open hour of the secretariat", "Meeting with the private sector"),
        *("Small Business Champions: last day for proposals", "Study visit"),
    ]
