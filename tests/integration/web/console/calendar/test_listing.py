"""The calendar is seen by month and as a list; what goes out, and who comes, is counted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.calendar.attendance import Answer, Attendance
from mailer.domain.events import Event
from mailer.store.calendar import attendance
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.service.calendar_console import CalendarConsole

PATH = "/console/calendar"
MEETING = f"{PATH}/entries/spring-meeting-2023"


@pytest.fixture
def console(store: Store, data_dir: Path) -> CalendarConsole:
    """An owner at the console."""
    return CalendarConsole(store, data_dir)


def test_an_empty_calendar_says_what_to_do(console: CalendarConsole) -> None:
    """In the month and in the list."""
    for path in (PATH, f"{PATH}/list"):
        page = console.browser.get(path).text
        assert "The calendar is empty" in page
        assert f'href="{PATH}/new"' in page
        assert f'href="{PATH}/import"' in page


def test_a_month_is_a_table_of_weeks_with_each_day_of_an_entry(console: CalendarConsole) -> None:
    """Of a series each date, of what lasts days each day; the address names the month."""
    console.add(repeats="weekly", ends="count", count="3")
    console.add(title_en="Fair", all_day="yes", start_date="2023-04-29", end_date="2023-05-02")
    april = console.browser.get(f"{PATH}?month=2023-04").text
    heads = re.findall(r'<abbr title="(\w+)">', april)
    assert (heads[0], len(heads)) == ("Monday", 7)
    assert april.count(f'href="{MEETING}"') == 1
    assert april.count(f'href="{PATH}/entries/fair-2023"') == 2
    assert f'href="{PATH}?month=2023-05"' in april
    may = console.browser.get(f"{PATH}?month=2023-05").text
    assert may.count(f'href="{MEETING}"') == 2
    assert may.count(f'href="{PATH}/entries/fair-2023"') == 2
    for odd in ("2023-13", "x", "0001-01", "9999-12", "2200-12", "1900-01"):
        assert console.browser.get(f"{PATH}?month={odd}").status_code == 200


def test_the_list_is_searched_and_filtered_by_its_address(console: CalendarConsole) -> None:
    """Accents and case do not matter."""
    console.add()
    console.add(title_en="Fair", title_fr="", kind="observance", start_date="2023-06-01")
    every = console.browser.get(f"{PATH}/list").text
    assert "Spring meeting" in every
    assert "Fair" in every
    found = console.browser.get(f"{PATH}/list?q=REUNION").text
    assert "Spring meeting" in found
    assert "Fair" not in found
    assert "Spring meeting" not in console.browser.get(f"{PATH}/list?kind=observance").text
    assert "Nothing fits" in console.browser.get(f"{PATH}/list?state=cancelled").text
    assert "Nothing is past yet" in console.browser.get(f"{PATH}/list?when=past").text


def test_a_long_list_is_read_part_by_part(console: CalendarConsole) -> None:
    """Each date once."""
    console.add(repeats="own", rules="FREQ=DAILY;COUNT=70")
    path, days = f"{PATH}/list", list[str]()
    while path:
        page = console.browser.get(path).text
        days += re.findall(r"<td>\w+, (\d+ \w+ 2023),", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert (len(days), len(set(days))) == (70, 70)


def test_reminders_to_come_are_counted_by_language(console: CalendarConsole) -> None:
    """Of all entries, and of one; who gets another language is told."""
    console.small.subscribe("sol@example.org", language="es")
    console.add(title_es="")
    for path in (f"{PATH}/reminders", f"{MEETING}/reminders"):
        page = console.browser.get(path).text
        assert page.count("Reminder, ") == 3
        assert "en\u00a03, es\u00a01" in page
    assert "Readers of Spanish get the title in English" in page


def test_answers_are_tallied_and_names_need_a_recent_proof(console: CalendarConsole) -> None:
    """Whoever may not export sees numbers alone."""
    console.add(invite="yes")
    entry = calendar.get(console.store, "spring-meeting-2023")
    now = console.clock.now()
    answer = Answer(1, Attendance.ACCEPTED, "en", entry.sequence, now, now, "web")
    event = Event("calendar.answered", now, {"entry": entry.id})
    attendance.put(console.store, entry.id, answer, event)
    page = console.browser.get(f"{MEETING}/invitations").text
    assert "Download the names of 1 answer (CSV)" in page
    file = console.browser.press(f"{MEETING}/invitations", f"{MEETING}/attendees.csv")
    assert file.status_code == 200
    assert file.text.startswith("address,name,language,answer")
    assert "ana@example.org" in file.text
    reader = console.other(Role.READER)
    assert "Download" not in reader.get(f"{MEETING}/invitations").text
    stamp = reader.stamp("/console/account")
    assert reader.post(f"{MEETING}/attendees.csv", {"stamp": stamp}).status_code == 403


def test_entries_are_found_by_the_palette(console: CalendarConsole) -> None:
    """By a few letters of any of their texts."""
    console.add()
    page = console.browser.get("/console/find?q=printemps").text
    assert f'href="{MEETING}"' in page
    assert f'href="{PATH}/new"' in console.browser.get("/console/find?q=new+meeting").text
