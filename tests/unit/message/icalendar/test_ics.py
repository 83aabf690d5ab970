"""Calendar files as we write them, and as icalendar, ical.js and libical read them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.calendar_file import read_calendar
from mailer.content.rendering.rendered import slot
from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status, created
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.recurrence import occurrences
from mailer.errors import Problem
from mailer.message.icalendar import vtimezone
from mailer.message.icalendar.ics import Frame, Method, feed, for_mail
from support.places import ROOT
from support.readers.ics_readers import complaints, icaljs

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
ZONES = ("Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
LANGUAGES = ("en", "fr", "es")


def entry(start: str = "2023-04-26T14:00", zone: str = "Europe/Zurich", **fields: Any) -> Entry:
    """Return an entry as it is kept."""
    at = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
    usual: dict[str, Any] = {"title": {"en": "Meeting", "fr": "Réunion"}}
    one = Entry("meeting", Kind.MEETING, at, zone, **(usual | fields))
    return created(one, NOW, "lists.example.org")


def written(*entries: Entry, language: str = "en", **frame: Any) -> str:
    """Write a feed."""
    given_ = Frame(language, order=LANGUAGES, **frame)
    return feed(entries, given_, name="The Bulletin: dates").decode()


def mailed(one: Entry, method: Method, language: str = "en", **people: str) -> str:
    """Write a file for a mail."""
    known = {"organizer": "bulletin-rsvp+t@lists.example.org", "organizer_name": "The Bulletin"}
    return for_mail(one, Frame(language, LANGUAGES, stamp=NOW), method, **(known | people))


def lines(text: str) -> list[str]:
    """Return content lines, unfolded (RFC 5545 section 3.1)."""
    return text.replace("\r\n", "\n").replace("\n ", "").splitlines()


def demo() -> list[Entry]:
    """Return the dates of the sample edition."""
    problems: list[Problem] = []
    text = (ROOT / "mailer/demo/spring-2023/calendar.toml").read_text(encoding="utf-8")
    found = read_calendar("calendar.toml", text, problems)
    assert not problems
    return [created(one, NOW, "lists.example.org") for one in found]


SERIES = entry(
    end=datetime(2023, 4, 26, 15),  # noqa: DTZ001 - local
    recurrence=Recurrence(
        ("FREQ=WEEKLY;UNTIL=20231231",),
        (datetime(2023, 4, 28, 9),),  # noqa: DTZ001
        (datetime(2023, 5, 3, 14),),  # noqa: DTZ001
        (
            replace(
                entry("2023-05-11T16:00", title={"en": "Meeting, later"}),
                occurrence=datetime(2023, 5, 10, 14),  # noqa: DTZ001
            ),
        ),
    ),
)
FULL = entry(
    end=datetime(2023, 4, 26, 16),  # noqa: DTZ001
    description={"en": 'First; second, third: "quoted"\nand a new line \\ — ünïcödé 🦉' * 3},
    place={"fr": "Salle 2, Genève", "en": "Hall 2; Geneva"},
    url="https://example.org/m?a=1;b=2,c",
    online="https://example.org/join",
    registration={"*": "https://example.org/register"},
    status=Status.TENTATIVE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reader_finds_fault_with_the_feed(language: str) -> None:
    """A file that one program refuses is an empty calendar for its users."""
    cancelled = entry("2023-06-28", status=Status.CANCELLED, reason={"en": "A flood"})
    kinds = [
        *demo(),
        replace(SERIES, uid="s@x.example.org"),
        replace(FULL, uid="f@x.example.org"),
        replace(cancelled, uid="c@x.example.org"),
    ]
    text = written(*kinds, language=language, alarms=True)
    assert complaints(text) == []
    events = icaljs(text)[0]["events"]
    assert len(events) == len(kinds)
    assert {one["status"] for one in events} == {"CONFIRMED", "TENTATIVE", "CANCELLED"}
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.endswith("END:VCALENDAR\r\n")


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("one", [FULL, SERIES, entry("2023-06-27")], ids=["full", "series", "day"])
def test_no_reader_finds_fault_with_what_goes_along_with_a_mail(method: Method, one: Entry) -> None:
    """Libical checks each method against the table of RFC 5546."""
    attendee = {} if method is Method.PUBLISH else {"attendee": "ana@example.org"}
    text = mailed(one, method, **attendee)
    assert complaints(text) == []
    assert icaljs(text)[0]["method"] == method
    assert "VALARM" not in text


def test_the_readers_would_say_if_something_were_wrong() -> None:
    """Otherwise the tests above would hold for anything."""
    text = mailed(FULL, Method.PUBLISH)
    assert complaints(text.replace("METHOD:PUBLISH", "METHOD:REQUEST"))
    assert complaints(text.replace("DTSTART;TZID", "X-START;TZID"))
    assert complaints(text.replace("SEQUENCE:0", "SEQUENCE:none"))


def test_texts_are_in_the_readers_language_and_say_which_it_is() -> None:
    """A language that stands in for a missing one is marked as what it is."""
    french = lines(written(replace(FULL, description={"en": "Only English"}), language="fr"))
    assert "SUMMARY;LANGUAGE=fr:Réunion" in french
    assert "LOCATION;LANGUAGE=fr:Salle 2\\, Genève" in french
    assert any(line.startswith("DESCRIPTION;LANGUAGE=en:") for line in french)
    assert "CATEGORIES;LANGUAGE=fr:Réunion" in french
    spanish = lines(written(FULL, language="es"))
    assert "SUMMARY;LANGUAGE=en:Meeting" in spanish


def test_what_the_feed_holds_beside_the_entries() -> None:
    """RFC 7986, and what Outlook reads in its place."""
    frame = Frame("en", alarms=True)
    text = feed(
        [FULL],
        frame,
        name="The Bulletin: dates",
        source="https://example.org/en/calendar.ics",
        changed_at=NOW,
    ).decode()
    head = lines(text)[: lines(text).index("BEGIN:VTIMEZONE")]
    assert head == [
        "BEGIN:VCALENDAR",
        "PRODID:-//Mailer//Calendar//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "NAME;LANGUAGE=en:The Bulletin: dates",
        "X-WR-CALNAME:The Bulletin: dates",
        "COLOR:midnightblue",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        "SOURCE;VALUE=URI:https://example.org/en/calendar.ics",
        "LAST-MODIFIED:20230301T090000Z",
    ]
    assert "URL;VALUE=URI:https://example.org/m?a=1;b=2,c" in lines(text)
    label = "Join online (registration required)"
    conference = f"CONFERENCE;VALUE=URI;LABEL={label};LANGUAGE=en:https://example.org/join"
    assert conference in lines(text)


def test_where_one_joins_is_the_place_unless_one_has_to_register_first() -> None:
    """Programs make a button of it, and who did not register would press it in vain."""
    online = replace(FULL, place={}, registration={})
    assert "LOCATION:https://example.org/join" in lines(written(online))
    assert "Join online: https://example.org/join" in written(online).replace("\r\n ", "")
    wanted = written(replace(FULL, place={}))
    assert "LOCATION" not in wanted
    assert "CONFERENCE" in wanted


def test_the_description_has_the_links_that_many_programs_show_nowhere_else() -> None:
    """Google's calendar shows neither URL nor CONFERENCE of a file."""
    text = icaljs(written(replace(FULL, description={"en": "About it."})))[0]["events"][0]
    assert text["description"] == (
        "This is not yet confirmed.\n\nAbout it.\n\nRegister: https://example.org/register\n"
        "Join online (registration required): https://example.org/join\n"
        "More: https://example.org/m?a=1;b=2,c"
    )


def test_what_is_cancelled_stays_and_says_so_and_why() -> None:
    """An entry that vanished from the feed would stay in the calendars of those who have it."""
    gone = replace(FULL, status=Status.CANCELLED, sequence=3, reason={"en": "A flood."})
    text = written(gone, alarms=True)
    one = icaljs(text)[0]["events"][0]
    assert (one["status"], one["sequence"], one["alarms"]) == ("CANCELLED", 3, 0)
    assert one["summary"] == "Cancelled: Meeting"
    assert one["description"].startswith("This has been cancelled. Reason: A flood.")
    assert "register" not in one["description"]


def test_all_day_entries_have_dates_and_end_on_the_day_after() -> None:
    """RFC 5545 section 3.6.1: the end is not included; the reader's zone must not shift them."""
    text = written(entry("2023-06-27", end=date(2023, 6, 28)))
    assert "DTSTART;VALUE=DATE:20230627" in lines(text)
    assert "DTEND;VALUE=DATE:20230629" in lines(text)
    assert "VTIMEZONE" not in text


@pytest.mark.parametrize(
    ("start", "remind", "trigger"),
    [
        ("2023-04-26T14:00", Offset(1), "-P1D"),
        ("2023-04-26T14:00", Offset(0, 60), "-PT1H"),
        ("2023-04-26", Offset(1), "-PT16H"),
        ("2023-04-26", Offset(7), "-P6DT16H"),
        ("2023-04-26", Offset(0, 60), "PT7H"),
    ],
)
def test_alarms_ring_when_the_reminders_are_mailed(
    start: str, remind: Offset, trigger: str
) -> None:
    """Of a day from its morning, not from midnight."""
    text = written(entry(start, remind=(remind,)), alarms=True)
    assert [line for line in lines(text) if line.startswith("TRIGGER")] == [f"TRIGGER:{trigger}"]
    assert "VALARM" not in written(entry(start, remind=(remind,)))


def test_an_invitation_names_who_invites_and_who_is_invited() -> None:
    """A reader's program needs the address to answer, and the invitee (RFC 5546 section 3.2.2)."""
    text = mailed(FULL, Method.REQUEST, attendee="ana@example.org", organizer_name='The "Group", X')
    found = lines(text)
    assert "ORGANIZER;CN=\"The 'Group', X\":mailto:bulletin-rsvp+t@lists.example.org" in found
    assert (
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
        ":mailto:ana@example.org"
    ) in found
    assert f"DTSTAMP:{NOW:%Y%m%dT%H%M%SZ}" in found
    with pytest.raises(ValueError, match="attendee"):
        mailed(FULL, Method.REQUEST)


def test_what_is_the_readers_own_stands_last_on_a_line_of_its_own() -> None:
    """It is filled in later, when nobody folds lines any more."""
    text = mailed(
        FULL,
        Method.CANCEL,
        organizer=f"bulletin-rsvp+{slot('rsvp')}@lists.example.org",
        attendee=slot("attendee"),
    )
    assert f"\n mailto:bulletin-rsvp+{slot('rsvp')}@lists.example.org\nATTENDEE" in text
    assert f"\n mailto:{slot('attendee')}\n" in text
    assert "\nMETHOD:CANCEL\n" in text
    assert "\nSTATUS:CANCELLED\n" in text
    assert "\r" not in text


def test_one_occurrence_is_named_by_the_start_that_the_rule_gave_it() -> None:
    """The program must strike out that one, and not the series (RFC 5545 section 3.8.4.4)."""
    found = occurrences(SERIES, NOW, NOW + timedelta(days=80))
    moved = next(one for one in found if one.title == {"en": "Meeting, later"})
    text = lines(mailed(moved, Method.CANCEL, attendee="ana@example.org"))
    assert "RECURRENCE-ID;TZID=Europe/Zurich:20230510T140000" in text
    assert "DTSTART;TZID=Europe/Zurich:20230511T160000" in text
    assert not any(line.startswith("RRULE") for line in text[text.index("BEGIN:VEVENT") :])


def test_others_expand_a_series_as_we_do() -> None:
    """Added, left out and moved ones included; the end of the rule is written in UTC."""
    text = written(SERIES)
    assert "RRULE:FREQ=WEEKLY;UNTIL=20231231T225959Z" in lines(text)
    assert "EXDATE;TZID=Europe/Zurich:20230503T140000" in lines(text)
    ours = [
        f"{one.starts_at():%Y-%m-%dT%H:%M:00.000Z}"
        for one in occurrences(SERIES, NOW, NOW + timedelta(days=365))
    ]
    theirs = icaljs(text)[0]["events"][0]["occurrences"]
    assert sorted(theirs) == ours[: len(theirs)]


@pytest.mark.parametrize("zone", ZONES)
def test_others_read_the_same_instants_from_our_zones(zone: str) -> None:
    """Also of a start that the clocks skip, or repeat, that day: in one of the zones each."""
    days = ("03-12", "03-26", "04-02", "09-24", "10-29", "11-05")
    entries = [entry(f"2023-{day}T{time}", zone) for day in days for time in ("01:30", "02:30")]
    for one, read in zip(entries, icaljs(*map(written, entries)), strict=True):
        assert read["events"][0]["occurrences"] == [f"{one.starts_at():%Y-%m-%dT%H:%M:00.000Z}"]
        start = icalendar.Calendar.from_ical(written(one)).events[0].start
        assert isinstance(start, datetime)
        assert start.astimezone(UTC) == one.starts_at()


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1995, 1, 1), datetime(2036, 1, 1)),  # noqa: DTZ001 - local
            st.sampled_from([*ZONES, "America/Asuncion", "Africa/Casablanca", "Europe/Dublin"]),
        ),
        min_size=30,
        max_size=60,
    )
)
def test_any_local_time_is_read_as_the_same_instant_by_our_description_of_its_zone(
    given_: list[tuple[datetime, str]],
) -> None:
    """For programs that believe the description rather than the name."""
    entries = [
        entry(at.replace(second=0, microsecond=0).isoformat(), zone, uid=f"{n}@example.org")
        for n, (at, zone) in enumerate(given_)
    ]
    texts = [
        written(one).replace("TZID=", "TZID=Own/").replace("TZID:", "TZID:Own/") for one in entries
    ]
    for one, read in zip(entries, icaljs(*texts), strict=True):
        wanted = f"{one.starts_at():%Y-%m-%dT%H:%M:%S.000Z}"
        assert read["events"][0]["occurrences"] == [wanted], (one.start, one.zone)


def test_a_zone_is_described_by_the_rule_that_it_keeps() -> None:
    """Outlook expects one observance each, with a rule (MS-OXCICAL section 2.1.3.1.1.19)."""
    assert vtimezone.lines("Europe/Zurich", 2023, 2023) == (
        *("BEGIN:VTIMEZONE", "TZID:Europe/Zurich"),
        *("BEGIN:DAYLIGHT", "DTSTART:20220327T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
        *("TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "END:DAYLIGHT"),
        *("BEGIN:STANDARD", "DTSTART:20221030T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        *("TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "END:STANDARD"),
        "END:VTIMEZONE",
    )
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU" in vtimezone.lines(
        "America/New_York", 2023, 2023
    )
    assert ZoneInfo("Asia/Kolkata").key in vtimezone.lines("Asia/Kolkata", 2023, 2023)[1]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


@given(TEXTS, TEXTS, TEXTS)
def test_any_text_comes_out_of_the_file_as_it_went_in(title: str, place: str, about: str) -> None:
    """A semicolon or a quotation mark must not end a line or begin a property."""
    one = entry(title={"en": title or "x"}, place={"en": place}, description={"en": about})
    event = icalendar.Calendar.from_ical(written(one)).events[0]
    assert str(event["SUMMARY"]) == (title or "x")
    assert str(event.get("LOCATION", "")) == place
    assert str(event.get("DESCRIPTION", "")) == about


@given(TEXTS)
def test_no_name_of_who_invites_breaks_its_line(name: str) -> None:
    """It is a setting, and may hold anything."""
    text = mailed(FULL, Method.PUBLISH, organizer_name=name)
    calendar = icalendar.Calendar.from_ical(text)
    organizer = calendar.events[0]["ORGANIZER"]
    assert organizer == "mailto:bulletin-rsvp+t@lists.example.org"


def test_every_language_has_all_the_words_of_calendar_files() -> None:
    """One missing word would end the feed of that language."""
    found = {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in (ROOT / "templates" / "locale").glob("*/calendar.toml")
    }
    assert set(found) >= set(LANGUAGES)
    for words in found.values():
        assert words.keys() == found["en"].keys()
        for name, text in words.items():
            assert text.count("{") == found["en"][name].count("{"), name
