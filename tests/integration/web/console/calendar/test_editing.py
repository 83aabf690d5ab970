"""A secretary adds a meeting, moves it with the readers' number in view, takes it back, cancels it."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import GIVEN, RIGHTS, Right, Role
from mailer.domain.calendar.entry import Status
from mailer.domain.calendar.offset import Offset
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.service.calendar_console import FORM, CalendarConsole

PATH = "/console/calendar"
MEETING = f"{PATH}/entries/spring-meeting-2023"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def console(store: Store, data_dir: Path) -> CalendarConsole:
    """An owner at the console, in March 2023."""
    return CalendarConsole(store, data_dir)


def test_a_meeting_is_added_by_the_form_and_shown_in_all_languages(
    console: CalendarConsole,
) -> None:
    """Its name in addresses comes from its title; what is missing is marked."""
    answer = console.add()
    assert answer.headers["location"] == MEETING
    entry = calendar.get(console.store, "spring-meeting-2023")
    assert (entry.title, entry.place) == (
        {"en": "Spring meeting", "fr": "Réunion de printemps"},
        {"en": "Room A"},
    )
    assert (entry.zone, entry.remind, entry.status) == ("Europe/Zurich", None, Status.CONFIRMED)
    page = console.browser.get(MEETING).text
    assert "Réunion de printemps" in page
    assert "1 text missing" in page  # of fr: the place
    assert "2 texts missing" in page  # of es: the title too
    again = console.add()
    assert again.headers["location"] == f"{MEETING}-2"


def test_a_form_with_mistakes_keeps_all_that_was_typed(console: CalendarConsole) -> None:
    """Each mistake stands at its field, and above with a link to it; nothing is added."""
    wrong = {
        "start_time": "",
        "title_en": "",
        "title_fr": "",
        "remind": "own",
        "remind_more": "soon",
    }
    answer = console.add(**wrong, description_en="A long text\r\nof two lines")
    assert answer.status_code == 422
    for field in ("title_en", "start_time", "remind_more"):
        assert f'<a href="#{field}">' in answer.text
        assert f'id="{field}-wrong"' in answer.text
    assert "A long text\nof two lines</textarea>" in answer.text
    assert 'value="soon"' in answer.text
    assert calendar.ids(console.store) == set()


@pytest.mark.parametrize("field", ["online", "url", "registration"])
def test_a_link_that_runs_a_script_is_refused(console: CalendarConsole, field: str) -> None:
    """And what was typed is shown as text."""
    answer = console.add(**{field: "javascript:alert(1)"})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert 'href="javascript' not in answer.text
    assert calendar.ids(console.store) == set()


def test_markup_in_texts_is_shown_as_text_everywhere(console: CalendarConsole) -> None:
    """On the pages of the month, the list, the entry, its form, its history and the plan."""
    texts = {f"{name}_en": HOSTILE for name in ("title", "place", "description", "city")}
    answer = console.add(**texts, title_fr=HOSTILE)
    entry = answer.headers["location"]
    assert entry.startswith(f"{PATH}/entries/")
    name = entry.rpartition("/")[2]
    console.tell(name)
    texts |= {"title_fr": HOSTILE, "start_date": "2023-04-28"}
    pages = [console.change(entry, **texts).text]
    console.change(entry, **texts, readers="3")
    pages += [
        console.browser.get(path).text
        for path in (
            f"{PATH}?month=2023-04",
            f"{PATH}/list?q=%22%3E%3Cscript%3E",
            f"{PATH}/reminders",
            entry,
            f"{entry}/edit",
            f"{entry}/cancel",
            f"{entry}/reminders",
            f"{entry}/history",
            f"{entry}/invitations",
        )
    ]
    for page in pages:
        assert "<script>alert" not in page
        assert html.escape(HOSTILE, quote=True).replace("&#x27;", "&#39;") in page.replace(
            "&#34;", "&quot;"
        )


def test_a_move_that_mails_shows_whom_and_what_before_it_is_made(console: CalendarConsole) -> None:
    """The button names the number; a number that is not right any more is shown anew."""
    console.add()
    console.tell()
    shown = console.change(MEETING, start_date="2023-04-28")
    assert shown.status_code == 200
    assert "Move the meeting and tell 3 readers" in shown.text
    assert "New date: 28 April" in shown.text
    assert calendar.get(console.store, "spring-meeting-2023").sequence == 0
    other = console.change(MEETING, start_date="2023-04-28", readers="2")
    assert (other.status_code, "The number of readers has changed" in other.text) == (409, True)
    done = console.change(MEETING, start_date="2023-04-28", readers="3")
    assert done.headers["location"] == MEETING
    page = console.browser.get(MEETING).text
    assert "Changed. 3 readers will be told at" in page
    entry = calendar.get(console.store, "spring-meeting-2023")
    assert (entry.sequence, entry.first_day.day) == (1, 28)
    assert "3 readers will be told" in console.browser.get(f"{MEETING}/history").text


def test_a_change_is_taken_back_by_the_button_until_the_time_of_grace_is_over(
    console: CalendarConsole,
) -> None:
    """Afterwards the page says that it is too late, and nothing is changed."""
    console.add()
    console.tell()
    console.change(MEETING, start_date="2023-04-28", readers="3")
    console.clock.advance(timedelta(minutes=9))
    page = console.browser.get(MEETING)
    assert "3 readers will be told of the last change" in console.browser.get(MEETING).text
    assert page.status_code == 200
    undone = console.browser.press(MEETING, f"{MEETING}/undo", sequence="1")
    assert undone.headers["location"] == MEETING
    assert calendar.get(console.store, "spring-meeting-2023").first_day.day == 26
    console.change(MEETING, start_date="2023-04-28", readers="3", sequence="2")
    console.clock.advance(timedelta(minutes=10))
    console.browser.press(MEETING + "/edit", f"{MEETING}/undo", sequence="3")
    assert "too late" in console.browser.get(MEETING).text
    assert calendar.get(console.store, "spring-meeting-2023").sequence == 3


def test_what_mails_nobody_is_done_at_once(console: CalendarConsole) -> None:
    """Words change silently; so does all that readers never heard of."""
    console.add()
    answer = console.change(MEETING, start_date="2023-04-27", title_es="Reunión")
    assert answer.headers["location"] == MEETING
    assert "Changed. Nobody is told." in console.browser.get(MEETING).text
    same = console.change(MEETING, start_date="2023-04-27", title_es="Reunión", sequence="1")
    assert same.headers["location"] == MEETING
    assert "Nothing was changed" in console.browser.get(MEETING).text


def test_two_people_at_one_entry_do_not_overwrite_each_other(console: CalendarConsole) -> None:
    """The second is told what the first has changed, and keeps what was typed."""
    console.add()
    console.change(MEETING, place_en="Room B")
    late = console.change(MEETING, place_en="Room C", title_es="Reunión")
    assert late.status_code == 409
    assert "Somebody else has changed it since you opened this form (Place (en))" in late.text
    assert 'value="Room C"' in late.text
    assert 'name="sequence" value="1"' in late.text
    assert calendar.get(console.store, "spring-meeting-2023").place == {"en": "Room B"}


def test_a_cancellation_asks_why_and_is_told(console: CalendarConsole) -> None:
    """It stays as cancelled; it may take place after all."""
    console.add()
    console.tell()
    asked = console.browser.press(f"{MEETING}/cancel", reason_en="No room.", reason_fr="")
    assert "Cancel the meeting and tell 3 readers" in asked.text
    assert "No room." in asked.text
    done = console.browser.press(f"{MEETING}/cancel", reason_en="No room.", readers="3")
    assert done.headers["location"] == MEETING
    entry = calendar.get(console.store, "spring-meeting-2023")
    assert (entry.status, entry.reason) == (Status.CANCELLED, {"en": "No room."})
    assert "It takes place after all" in console.browser.get(MEETING).text
    console.browser.press(MEETING, f"{MEETING}/revive")
    assert calendar.get(console.store, "spring-meeting-2023").status is Status.CONFIRMED


def test_one_date_of_a_series_is_changed_and_cancelled_by_itself(console: CalendarConsole) -> None:
    """The form of one date has neither repetition nor readers."""
    console.add(repeats="weekly", interval="2", ends="count", count="4")
    entry = calendar.get(console.store, "spring-meeting-2023")
    assert entry.recurrence is not None
    assert entry.recurrence.rules == ("FREQ=WEEKLY;BYDAY=WE;INTERVAL=2;COUNT=4",)
    page = console.browser.get(MEETING).text
    assert "Every 2 weeks on Wednesday, 4 times." in page
    on = "2023-05-10T14:00:00"
    form = console.browser.get(f"{MEETING}/edit?on={on}").text
    assert 'name="repeats"' not in form
    console.change(MEETING, on=on, start_date="2023-05-11", start_time="15:00")
    console.browser.press(
        f"{MEETING}/cancel?on=2023-05-24T14:00:00",
        f"{MEETING}/cancel",
        on="2023-05-24T14:00:00",
        reason_en="Holiday.",
    )
    entry = calendar.get(console.store, "spring-meeting-2023")
    assert entry.recurrence is not None
    assert [(one.occurrence_key[:10], one.status) for one in entry.recurrence.overrides] == [
        ("2023-05-10", Status.CONFIRMED),
        ("2023-05-24", Status.CANCELLED),
    ]
    assert console.browser.get(f"{MEETING}/edit?on=then").status_code == 404
    history = console.browser.get(f"{MEETING}/history").text
    assert "Holiday." in history


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"remind": "own", "remind_at": ["P1D", "PT1H"], "remind_more": "P10D"}, 3),
        ({"remind": "own"}, 0),
        ({"remind": "usual"}, None),
    ],
)
def test_reminders_are_chosen(
    console: CalendarConsole, sent: dict[str, Any], expected: int | None
) -> None:
    """None at all is another choice than the usual ones."""
    console.add(**sent)
    found = calendar.get(console.store, "spring-meeting-2023").remind
    assert (None if found is None else len(found)) == expected
    if expected:
        assert Offset(days=10) in (found or ())


@pytest.mark.parametrize("role", GIVEN)
def test_who_may_not_change_the_calendar_sees_no_button_and_is_refused(
    console: CalendarConsole, role: Role
) -> None:
    """By the page, and by whoever calls its address all the same."""
    console.add()
    browser = console.other(role)
    page = browser.get(MEETING)
    may = Right.CALENDAR_WRITE in RIGHTS[role]
    assert (page.status_code == 200) is (Right.CALENDAR_READ in RIGHTS[role])
    shown = f'href="{MEETING}/edit"' in page.text
    answer = browser.get(f"{MEETING}/edit")
    assert shown is (answer.status_code == 200) is may
    stamp = browser.stamp("/console/account")
    sent = browser.post(f"{MEETING}/edit", {**FORM, "stamp": stamp, "place_en": "Theirs"})
    assert (sent.status_code == 403) is not may
