"""Importing dates: our TOML and the calendar files of other programs, whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.domain.calendar.entry import Entry, Kind, Status
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.recurrence import occurrences
from mailer.errors import InputError
from mailer.message.icalendar import ics_read
from mailer.services.calendar.entries import Calendar, Report
from mailer.services.calendar.importing import Options, import_file
from mailer.store import events
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.places import ROOT
from support.service.small_campaign import settings_for

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
SAMPLE = ROOT / "mailer/demo/spring-2023/calendar.toml"
TOML = """\
# Two dates.

[[entry]]
id = "open-day"
kind = "meeting"
start = 2023-10-02T14:00:00
end = 2023-10-02T16:30:00
zone = "Europe/Zurich"
title = { en = "Open day", fr = "Portes ouvertes" }
description = { en = \"\"\"
First line.
Second line.\"\"\" }
online = "https://example.org/join"
registration = "https://example.org/register"
topics = ["meetings"]
tags = ["press"]
remind = ["P3D", "PT2H"]
invite = true
status = "tentative"

[[entry]]
id = "office-hour"
kind = "meeting"
start = 2023-05-02T10:00:00
zone = "Asia/Kolkata"
title = { en = "Office hour" }
repeat = ["FREQ=WEEKLY;COUNT=4"]
also = [2023-05-04T10:00:00]
except = [2023-05-09T10:00:00]
remind = []
"""


class Importing:
    """A calendar that files are imported into."""

    def __init__(self, store: Store, folder: Path) -> None:
        """Use the store and a folder for files."""
        self.store, self.folder = store, folder
        self.settings = settings_for(folder / "data")
        self.calendar = Calendar(store, self.settings, SimulatedClock(NOW))

    def __call__(self, text: str | bytes, name: str = "dates.toml", **options: Any) -> Report:
        """Import a file."""
        file = self.folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_file(self.calendar, self.settings, file, Options(**options))

    def ics(self, *components: str, head: str = "", **options: Any) -> Report:
        """Import a calendar file of these components."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Somebody//Else//EN", head]
        text = "\n".join([*lines, *components, "END:VCALENDAR"]).replace("\n\n", "\n")
        return self(text.replace("\n", "\r\n"), "dates.ics", **options)

    def get(self, name: str) -> Entry:
        """Return an entry."""
        return calendar.get(self.store, name)

    def all(self) -> dict[str, Entry]:
        """Return all entries."""
        return calendar.all_by_id(self.store)


@pytest.fixture
def importing(store: Store, tmp_path: Path) -> Importing:
    """An empty calendar."""
    return Importing(store, tmp_path)


def event(uid: str = "a@elsewhere.example", **lines: str) -> str:
    """Write a component; a name's underscore becomes a hyphen."""
    usual = {"DTSTART": ";TZID=Europe/Zurich:20230426T140000", "SUMMARY": ":Meeting"}
    written = [
        f"{name.replace('_', '-')}{value}" for name, value in (usual | lines).items() if value
    ]
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *written, "END:VEVENT"])


def test_the_sample_dates_are_taken_and_taken_again_nothing_changes(importing: Importing) -> None:
    """A secretary imports the same file after each correction."""
    first = importing(SAMPLE.read_bytes())
    assert (len(first.added), first.changed, first.refused) == (7, {}, ())
    before = importing.all()
    again = importing(SAMPLE.read_bytes())
    assert (again.added, again.changed, len(again.unchanged)) == ((), {}, 7)
    assert importing.all() == before
    assert len(list(events.read(importing.store))) == 7


def test_all_that_toml_can_say_arrives(importing: Importing) -> None:
    """As docs/calendar.md lists it."""
    assert importing(TOML).added == ("open-day", "office-hour")
    one = importing.get("open-day")
    assert one.description == {"en": "First line.\nSecond line."}
    assert (one.online, one.registration) == (
        "https://example.org/join",
        {"*": "https://example.org/register"},
    )
    assert (one.tags, one.remind, one.invite) == (("press",), (Offset(3), Offset(0, 120)), True)
    assert (one.status, one.uid) == (Status.TENTATIVE, "open-day@lists.example.org")
    other = importing.get("office-hour")
    assert other.remind == ()
    assert other.topics == ("meetings",)
    year = datetime(2024, 1, 1, tzinfo=UTC)
    assert [one.first_day.day for one in occurrences(other, NOW, year)] == [2, 4, 16, 23]


def test_what_a_file_does_not_say_of_a_cancelled_entry_does_not_revive_it(
    importing: Importing,
) -> None:
    """Otherwise an old file would tell everybody that a cancelled meeting takes place."""
    importing(TOML)
    importing.calendar.cancel("office-hour", {"en": "Holiday"})
    report = importing(TOML)
    assert report.unchanged == ("open-day", "office-hour")
    assert importing.get("office-hour").status is Status.CANCELLED
    moved = importing(
        TOML.replace("2023-05-02T10", "2023-05-02T11")
        .replace("also", "#also")
        .replace("except", "#except")
    )
    assert [one.place for one in moved.refused] == ["dates.toml:22"]
    assert "takes place after all" in moved.refused[0].remedy
    assert moved.refused[0].facts["state"] == "cancelled"


def test_a_change_raises_the_sequence_and_tells_which_fields(importing: Importing) -> None:
    """The report shows what a correction will tell readers."""
    importing(TOML)
    report = importing(TOML.replace("Open day", "Open house").replace("14:00:00", "15:00:00"))
    assert report.changed == {"open-day": ("start", "title")}
    assert importing.get("open-day").sequence == 1


@pytest.mark.parametrize(
    ("old", "new", "place", "text"),
    [
        ('"Europe/Zurich"', '"Europe/Zurick"', "dates.toml:8", "unknown time zone"),
        ("2023-10-02T14:00:00", '"soon"', "dates.toml:6", "not a date or time"),
        ('kind = "meeting"', 'kind = "party"', "dates.toml:5", "unknown kind"),
        ("https://example.org/join", "http://example.org/join", "dates.toml:4 online", "insecure"),
        ("P3D", "3 days", "dates.toml:17", "no duration"),
        ('"tentative"', '"maybe"', "dates.toml:19", "unknown status"),
        ('["meetings"]', '["sports"]', "dates.toml:4 topics", "no topic 'sports'"),
        ("FREQ=WEEKLY", "FREQ=HOURLY", "dates.toml:27", "does not say FREQ"),
        ("2023-05-04T10:00:00", "2023-05-04", "dates.toml:28", "no start such as"),
        ("tags =", "tag =", "dates.toml:16", "unknown key 'tag'"),
        ('id = "office-hour"', 'id = "open-day"', "dates.toml:22", "stands twice"),
        ("[[entry]]\nid", "[[entry]\nid", "dates.toml:3", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_nothing_is_changed(
    importing: Importing, old: str, new: str, place: str, text: str
) -> None:
    """Nothing half done: a file with one mistake leaves the calendar as it was."""
    report = importing(TOML.replace(old, new, 1))
    assert not report.done
    assert (report.refused[0].place, text in report.refused[0].text) == (place, True)
    assert report.refused[0].remedy
    assert importing.all() == {}
    assert importing.calendar.between() == []


def test_the_rest_can_be_taken_where_a_part_is_refused(importing: Importing) -> None:
    """A calendar of hundreds need not wait for one entry that nobody can mend."""
    report = importing(TOML.replace("P3D", "3 days"), partly=True)
    assert (report.added, len(report.refused), report.done) == (("office-hour",), 1, True)


def test_only_a_meeting_can_invite(importing: Importing) -> None:
    """Nobody attends a deadline."""
    report = importing(TOML.replace('kind = "meeting"', 'kind = "deadline"', 1))
    assert "no meeting" in report.refused[0].text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "not in UTF-8"),
        (b"# nothing\n", "no entry"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "no entry"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "no entry"),
    ],
)
def test_a_file_that_holds_nothing_is_refused(importing: Importing, data: bytes, text: str) -> None:
    """Silence would look like success."""
    report = importing(data, "dates.ics" if data[:1] in {b"", b"B"} else "dates.toml")
    assert text in report.refused[0].text
    assert not report.done


def test_options_that_make_no_sense_are_refused(importing: Importing) -> None:
    """Before the file is even read."""
    with pytest.raises(InputError, match="no time zone"):
        importing(TOML, zone="Mars")
    with pytest.raises(InputError, match="readers have no 'de'"):
        importing(TOML, language="de")


# What other programs write.

GOOGLE = """\
BEGIN:VTIMEZONE
TZID:Europe/Zurich
X-LIC-LOCATION:Europe/Zurich
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Zurich:20230502T100000
DTEND;TZID=Europe/Zurich:20230502T110000
RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20230530T215959Z;BYDAY=TU
EXDATE;TZID=Europe/Zurich:20230509T100000
DTSTAMP:20230301T080000Z
ORGANIZER;CN=Group:mailto:group@example.org
UID:7kukuqrfedlm2f9tqd5mk6v5jo@google.example
CREATED:20230301T075500Z
DESCRIPTION:Bring papers.\\nJoin: https://meet.example.org/abc
LAST-MODIFIED:20230301T080000Z
LOCATION:Room 3\\, Geneva
SEQUENCE:2
STATUS:CONFIRMED
SUMMARY:Drafting session
TRANSP:OPAQUE
X-GOOGLE-CONFERENCE:https://meet.example.org/abc
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H10M0S
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Zurich:20230517T150000
DTEND;TZID=Europe/Zurich:20230517T160000
DTSTAMP:20230301T080000Z
UID:7kukuqrfedlm2f9tqd5mk6v5jo@google.example
RECURRENCE-ID;TZID=Europe/Zurich:20230516T100000
SEQUENCE:3
STATUS:CONFIRMED
SUMMARY:Drafting session (moved)
END:VEVENT"""


def test_a_series_of_googles_calendar_is_taken_with_its_exceptions(importing: Importing) -> None:
    """Alarms are left out: they are the author's own, not what readers are mailed."""
    report = importing.ics(GOOGLE, head="X-WR-TIMEZONE:Europe/Zurich")
    assert report.added == ("drafting-session-2023",)
    one = importing.get("drafting-session-2023")
    assert one.uid == "7kukuqrfedlm2f9tqd5mk6v5jo@google.example"
    assert (one.kind, one.remind, one.sequence) == (Kind.MEETING, None, 2)
    assert one.place == {"en": "Room 3, Geneva"}
    assert one.description == {"en": "Bring papers.\nJoin: https://meet.example.org/abc"}
    assert one.online == "https://meet.example.org/abc"
    year = datetime(2024, 1, 1, tzinfo=UTC)
    found = occurrences(one, NOW, year)
    assert [f"{each.start:%m-%d %H}" for each in found] == [
        "05-02 10",
        "05-17 15",
        "05-23 10",
        "05-30 10",
    ]
    assert found[1].title == {"en": "Drafting session (moved)"}
    assert importing.ics(GOOGLE, head="X-WR-TIMEZONE:Europe/Zurich").unchanged == (one.id,)


def test_times_of_outlook_are_understood_by_microsofts_names_of_zones(
    importing: Importing,
) -> None:
    """Exchange writes neither IANA names nor always a description that others know."""
    outlook = event(
        DTSTART=';TZID="W. Europe Standard Time":20230426T140000',
        DTEND=';TZID="W. Europe Standard Time":20230426T153000',
        SUMMARY=";LANGUAGE=fr-ch:Réunion",
        X_MICROSOFT_SKYPETEAMSMEETINGURL=":https://teams.example.org/x",
    )
    importing.ics(outlook)
    (one,) = importing.all().values()
    assert one.starts_at() == datetime(2023, 4, 26, 12, tzinfo=UTC)
    assert one.zone == "Europe/Berlin"
    assert one.title == {"fr": "Réunion"}
    assert one.online == "https://teams.example.org/x"


def test_days_of_apples_calendar_are_days(importing: Importing) -> None:
    """The end of a day is the next one in a file, and not in ours."""
    importing.ics(
        event(DTSTART=";VALUE=DATE:20230627", DTEND=";VALUE=DATE:20230628", TRANSP=":TRANSPARENT")
    )
    importing.ics(
        event(
            "b@x.example",
            DTSTART=";VALUE=DATE:20230701",
            DTEND=";VALUE=DATE:20230704",
            SUMMARY=":Fair",
        )
    )
    assert [(one.start, one.end) for one in importing.all().values()] == [
        (date(2023, 6, 27), None),
        (date(2023, 7, 1), date(2023, 7, 3)),
    ]


@pytest.mark.parametrize(
    ("start", "options", "instant", "zone"),
    [
        (":20230426T120000Z", {}, "2023-04-26T12:00", "UTC"),
        (":20230426T120000Z", {"zone": "Asia/Kolkata"}, "2023-04-26T12:00", "Asia/Kolkata"),
        (":20230426T140000", {"zone": "Europe/Zurich"}, "2023-04-26T12:00", "Europe/Zurich"),
        (
            ";TZID=/mozilla.org/20070129_1/Europe/Paris:20230426T140000",
            {},
            "2023-04-26T12:00",
            "Europe/Paris",
        ),
        (
            ";TZID=America/Argentina/Buenos_Aires:20230426T140000",
            {},
            "2023-04-26T17:00",
            "America/Argentina/Buenos_Aires",
        ),
    ],
)
def test_a_time_is_the_same_instant_whoever_wrote_it(
    importing: Importing, start: str, options: dict[str, str], instant: str, zone: str
) -> None:
    """An hour off is worse than refused."""
    importing.ics(event(DTSTART=start), **options)
    (one,) = importing.all().values()
    assert one.starts_at() == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert one.zone == zone


@pytest.mark.parametrize(
    ("lines", "text", "remedy"),
    [
        ({"DTSTART": ":20230426T140000"}, "belong to no time zone", "such as Europe/Zurich"),
        ({"DTSTART": ";TZID=Moon:20230426T140000"}, "nobody knows the time zone 'Moon'", "UTC"),
        ({"DTSTART": ""}, "no DTSTART", "start"),
        ({"SUMMARY": ""}, "no title", "give it one"),
        ({"RRULE": ":FREQ=SECONDLY"}, "does not say FREQ", "simpler"),
        ({"DTEND": ";TZID=Europe/Zurich:20230425T140000"}, "ends before it starts", "exchange"),
        ({"DTEND": ";VALUE=DATE:20230427"}, "has a time, and the other none", "mend"),
        ({"RDATE": ";VALUE=PERIOD:20230501T100000Z/PT1H"}, "periods", "dates"),
    ],
)
def test_what_cannot_be_kept_true_is_refused_by_name(
    importing: Importing, lines: dict[str, str], text: str, remedy: str
) -> None:
    """The place names the entry by its title, because a file has no lines that people count."""
    report = importing.ics(event("b@x.example", SUMMARY=":Good"), event(**lines))
    (one,) = report.refused
    assert one.place.startswith("dates.ics, entry 2")
    assert text in one.text
    assert remedy in one.remedy
    assert importing.all() == {}


def test_a_change_to_all_later_occurrences_is_refused(importing: Importing) -> None:
    """We would show wrong dates; two series say the same."""
    later = event(RECURRENCE_ID=";RANGE=THISANDFUTURE;TZID=Europe/Zurich:20230503T140000")
    report = importing.ics(event(RRULE=":FREQ=WEEKLY;COUNT=5"), later)
    assert "RANGE" in report.refused[0].text
    assert report.refused[0].place.startswith("dates.ics, entry 2 (Meeting)")


def test_what_is_no_date_is_refused_and_a_task_is_a_deadline(importing: Importing) -> None:
    """A VTODO has a day by which it must be done."""
    todo = "BEGIN:VTODO\nUID:t@x.example\nSUMMARY:Send papers\nDUE;VALUE=DATE:20230801\nEND:VTODO"
    journal = "BEGIN:VJOURNAL\nUID:j@x.example\nSUMMARY:Diary\nEND:VJOURNAL"
    report = importing.ics(todo, journal, partly=True)
    assert "VJOURNAL" in report.refused[0].text
    one = importing.get("send-papers-2023")
    assert (one.kind, one.start, one.listed) == (Kind.DEADLINE, date(2023, 8, 1), False)


def test_a_link_that_cannot_be_mailed_is_left_out_and_said(importing: Importing) -> None:
    """An entry should not be lost for its link."""
    report = importing.ics(event(URL=":http://example.org/x"))
    assert report.added
    assert "insecure" in report.notes[0]
    assert importing.get("meeting-2023").url == ""


def test_two_entries_of_one_title_get_names_of_their_own(importing: Importing) -> None:
    """Ids are made from titles; UIDs tell entries apart."""
    importing.ics(event("a@x.example"), event("b@x.example"), event("c@x.example", SUMMARY=":会议"))
    assert len(importing.all()) == 3
    assert "entry-2023" in importing.all()


def test_a_cancellation_by_file_cancels(importing: Importing) -> None:
    """METHOD:CANCEL as well as STATUS:CANCELLED."""
    importing.ics(event())
    report = importing.ics(event(SEQUENCE=":5"), head="METHOD:CANCEL")
    assert report.changed == {"meeting-2023": ("status",)}
    one = importing.get("meeting-2023")
    assert (one.status, one.sequence) == (Status.CANCELLED, 5)


def test_a_file_in_one_language_leaves_the_others_alone(importing: Importing) -> None:
    """A calendar file holds one language; the entry holds three."""
    importing(SAMPLE.read_bytes())
    french = event(
        "group-june-2023@lists.example.org",
        DTSTART=";VALUE=DATE:20230628",
        SUMMARY=":Réunion ordinaire",
    )
    report = importing.ics(french, language="fr")
    assert report.changed == {"group-june-2023": ("title",)}
    one = importing.get("group-june-2023")
    assert one.title["fr"] == "Réunion ordinaire"
    assert one.title["en"] == "Meeting of the group"
    assert one.place["fr"]


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_what_was_exported_comes_back_unchanged(importing: Importing, language: str) -> None:
    """Text that we write into a file ourselves (links in descriptions, say) is not the entry's."""
    importing(SAMPLE.read_bytes())
    importing(TOML)
    importing.calendar.cancel("office-hour", {"en": "A flood", "fr": "Une inondation"})
    importing.ics(GOOGLE, head="X-WR-TIMEZONE:Europe/Zurich")
    before = importing.all()
    report = importing(importing.calendar.export(language), "out.ics", language=language)
    assert (report.added, report.changed, report.refused) == ((), {}, ())
    assert len(report.unchanged) == 10
    assert importing.all() == before


def test_what_was_exported_fills_an_empty_calendar(importing: Importing) -> None:
    """Kinds come back by their categories, times and rules as they were."""
    importing(SAMPLE.read_bytes())
    before = importing.all()
    content = importing.calendar.export("es")
    importing.store.redis.flushall()
    importing(content, "out.ics", language="es")
    after = {one.uid: one for one in importing.all().values()}
    for one in before.values():
        found = after[one.uid]
        assert (found.kind, found.start, found.end) == (one.kind, one.start, one.end)
        assert found.title == {"es": one.title["es"]}


def test_entries_can_be_taken_over_from_one_to_the_next_by_their_id(importing: Importing) -> None:
    """A UID that two entries claim would make one of them vanish from readers' calendars."""
    importing.ics(event("same@x.example"))
    report = importing(TOML.replace("tags =", 'uid = "same@x.example"\ntags ='))
    assert "open-day" not in importing.all()
    assert report.changed or report.refused


@given(st.binary(max_size=400), st.sampled_from([b"", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"]))
def test_any_bytes_are_read_or_refused(data: bytes, head: bytes) -> None:
    """Files come from anybody's programs."""
    source = ics_read.Source("x.ics", "en", languages=("en",))
    found = ics_read.read(head + data, source)
    assert found or source.problems


LINES = st.sampled_from(
    [
        *("DTSTART:20230426T140000Z", "DTSTART;VALUE=DATE:20230426", "DTSTART:x", "DURATION:PT1H"),
        *("DTEND:20230426T150000Z", "DTEND;VALUE=DATE:20230427", "RRULE:FREQ=DAILY;COUNT=3"),
        *("RRULE:x", "EXDATE:20230426T140000Z", "RDATE:20230426T140000Z,20230427T140000Z"),
        *("RECURRENCE-ID:20230426T140000Z", "SEQUENCE:-1", "SEQUENCE:x", "SUMMARY:a", "SUMMARY;X"),
        *("CATEGORIES:A,B", "CATEGORIES", "URL:x", "STATUS:CANCELLED", "UID:u", "UID:", "DUE:1"),
        *("BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTODO", "END:VTODO", "ATTACH:x", ";", ":", "=:="),
    ]
)


@given(st.lists(LINES, max_size=14))
def test_any_lines_are_read_or_refused(lines: list[str]) -> None:
    """As above, nearer to what programs write; what is read can be written down."""
    source = ics_read.Source("x.ics", "en", languages=("en",))
    text = "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""])
    for one in ics_read.read(text.encode(), source):
        assert one.entry.title
        occurrences(replace(one.entry, id="x"), NOW, datetime(2024, 1, 1, tzinfo=UTC))
