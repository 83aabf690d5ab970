"""A calendar file is looked at first: what it adds, changes, leaves out, and whom that mails."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.service.calendar_console import CalendarConsole

PATH = "/console/calendar/import"
HOSTILE = "<img src=x onerror=alert(1)>"
TOML = """
[[entry]]
id = "msme-day-2023"
kind = "observance"
start = 2023-06-27
zone = "Europe/Zurich"
title = { en = "MSME Day" }
"""
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:one@example.org
DTSTAMP:20230401T000000Z
DTSTART;TZID=Europe/Zurich:20230510T100000
SUMMARY:{title}
URL:javascript:alert(1)
END:VEVENT
END:VCALENDAR
"""
MOVED = """
[[entry]]
id = "spring-meeting-2023"
kind = "meeting"
start = 2023-04-28T14:00:00
zone = "Europe/Zurich"
title = { en = "Spring meeting" }
place = { en = "Room A" }
"""


@pytest.fixture
def console(store: Store, data_dir: Path) -> CalendarConsole:
    """An owner at the console."""
    return CalendarConsole(store, data_dir)


def upload(console: CalendarConsole, text: str | bytes, name: str = "dates.toml") -> httpx.Response:
    """Send a file by the form."""
    content = text if isinstance(text, bytes) else text.encode()
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="stamp"\r\n\r\n'
        + console.browser.stamp(PATH).encode(),
        b'--x\r\nContent-Disposition: form-data; name="zone"\r\n\r\nEurope/Zurich',
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"'.encode()
        + b"\r\nContent-Type: text/plain\r\n\r\n"
        + content,
        b"--x--\r\n",
    ]
    return console.browser.send(PATH, b"\r\n".join(parts), "multipart/form-data; boundary=x")


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the form that takes the file in."""
    part = page[page.index("/import/do") :]
    part = part[: part.index("</form>")]
    found = {}
    for piece in part.split('<input type="hidden" name="')[1:]:
        name, _, rest = piece.partition('" value="')
        found[name] = rest.partition('"')[0]
    return found


def take_in(console: CalendarConsole, page: str, **changes: str) -> httpx.Response:
    """Press the button of the page that shows what would become of a file."""
    fields = hidden(page) | changes
    fields["stamp"] = console.browser.stamp(PATH)
    return console.browser.post(f"{PATH}/do", fields)


def test_a_file_is_shown_and_then_taken_in(console: CalendarConsole) -> None:
    """Looking changes nothing; the button says how many."""
    looked = upload(console, TOML)
    assert looked.status_code == 200
    assert "Import 1 date</button>" in looked.text
    assert calendar.ids(console.store) == set()
    done = take_in(console, looked.text)
    assert done.headers["location"] == "/console/calendar/list"
    assert calendar.ids(console.store) == {"msme-day-2023"}
    assert "Nothing to import" in upload(console, TOML).text


def test_what_is_left_out_is_named_with_its_reason_and_the_rest_is_taken(
    console: CalendarConsole,
) -> None:
    """Only by a button that says so."""
    bad = TOML + TOML.replace("msme-day-2023", "other").replace("Europe/Zurich", "Europe/Zurick")
    looked = upload(console, bad)
    assert "There is no such time zone." in looked.text
    assert "dates.toml:13" in looked.text
    assert "Import 1 date and leave 1 out</button>" in looked.text
    take_in(console, looked.text)
    assert calendar.ids(console.store) == {"msme-day-2023"}


def test_a_file_that_moves_a_meeting_says_whom_it_mails(console: CalendarConsole) -> None:
    """Another number than the one that was seen takes nothing in (law 18)."""
    console.add()
    console.tell()
    looked = upload(console, MOVED)
    assert "Import 1 date and tell 3 readers</button>" in looked.text
    other = take_in(console, looked.text, readers="0")
    assert other.status_code == 409
    assert calendar.get(console.store, "spring-meeting-2023").sequence == 0
    take_in(console, looked.text)
    assert calendar.get(console.store, "spring-meeting-2023").first_day.day == 28


def test_markup_in_a_file_and_in_its_name_is_shown_as_text(console: CalendarConsole) -> None:
    """The title, and the name that the browser gives; a link that runs a script is left out."""
    looked = upload(console, ICS.replace("{title}", HOSTILE), f"{HOSTILE}.ics")
    assert looked.status_code == 200
    assert HOSTILE not in looked.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in looked.text
    take_in(console, looked.text)
    (name,) = calendar.ids(console.store)
    entry = calendar.get(console.store, name)
    assert entry.url == ""
    page = console.browser.get(f"/console/calendar/entries/{name}").text
    assert HOSTILE not in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04\x00", b"x" * 5_000_001], ids=["empty", "zip", "large"]
)
def test_a_file_that_is_no_calendar_takes_nothing_in(
    console: CalendarConsole, content: bytes
) -> None:
    """The reason is named."""
    answer = upload(console, content)
    assert answer.status_code in {200, 422}
    assert "Import 1" not in answer.text
    assert 'class="notice alert"' in answer.text
    assert calendar.ids(console.store) == set()


def test_a_file_is_its_sender_s_and_for_an_hour_only(console: CalendarConsole) -> None:
    """Nobody takes in what another has sent; nor what was replaced by a later file."""
    first = upload(console, TOML).text
    second = upload(console, TOML.replace("msme-day-2023", "other")).text
    gone = take_in(console, first)
    assert gone.status_code == 422
    assert "The file is not kept any more." in gone.text
    keys = list(console.store.redis.scan_iter("mailer:calendar:upload:*"))
    assert [0 < console.store.redis.ttl(key) <= 3600 for key in keys] == [True]
    console.store.redis.delete(*keys)
    assert take_in(console, second).status_code == 422
    assert calendar.ids(console.store) == set()
