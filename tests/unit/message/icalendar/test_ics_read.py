"""A calendar file that we write is read back unchanged, whatever the entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.parsing.manifest import unsuitable
from mailer.domain.calendar import rules
from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status, created
from mailer.domain.calendar.recurrence import occurrences
from mailer.domain.calendar.rules import Work
from mailer.message.icalendar import ics_read
from mailer.message.icalendar.ics import Frame, feed

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
LANGUAGES = ("en", "fr", "es")
ZONES = ("UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
RULES = st.sampled_from(
    [
        *("FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=6", "FREQ=MONTHLY;BYDAY=-1FR"),
        *("FREQ=YEARLY", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20260101", "FREQ=MONTHLY;BYMONTHDAY=31"),
    ]
)
WORDS = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
    .map(lambda text: " ".join("".join(s for s in text if not unsuitable(s, lines=False)).split()))
    .filter(bool)
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry, of a day or by the clock, that repeats or not."""
    day = draw(st.dates(date(2015, 1, 1), date(2030, 1, 1)))
    start: date = day
    if draw(st.booleans()):
        minutes = draw(st.integers(0, 1439))
        start = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    length = draw(st.sampled_from([None, timedelta(days=1), timedelta(days=3)]))
    recurrence = None
    if draw(st.booleans()):
        # Occurrences that the clocks skip or repeat are read by programs as they like.
        recurrence = Recurrence((draw(RULES),), left_out=(start,) if draw(st.booleans()) else ())
        length = None
    return Entry(
        id="x",
        kind=draw(st.sampled_from(Kind)),
        start=start,
        zone=draw(st.sampled_from(ZONES)),
        title={"fr": draw(WORDS)},
        end=None if length is None else start + length,
        place={"fr": draw(WORDS)},
        status=draw(st.sampled_from([Status.CONFIRMED, Status.TENTATIVE])),
        sequence=draw(st.integers(0, 9)),
        recurrence=recurrence,
    )


def told(body: str) -> str:
    """Return what is wrong with a file of these lines between the calendar's own."""
    source = ics_read.Source("x.ics", "en", zone="Europe/Zurich")
    file = f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n"
    assert ics_read.read(file.encode(), source) == []
    return "; ".join(problem.text for problem in source.problems)


def event(*lines: str) -> str:
    """Write an entry with these lines besides."""
    own = ("BEGIN:VEVENT", "UID:u", "SUMMARY:s", "DTSTART:20230404T103000", *lines, "END:VEVENT")
    return "".join(f"{line}\n" for line in own)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (event() * 5_001, "5,001 entries, more than 5,000"),
        (event(*["X-A:b"] * 200_000), "more than 200,000 lines"),
        (event(*["RRULE:FREQ=DAILY"] * 10_001), "10,001 rules, more than 10,000"),
        (event("DESCRIPTION:" + "a" * 5_000_000), "larger than 5 MB"),
        (event(*["RRULE:FREQ=DAILY;COUNT=2"] * 200), "200 rules, more than 10"),
        (event("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "never occurs"),
        (event("RDATE:" + ",".join(["20230405T103000"] * 1_001)), "1001 further starts"),
        (event("DURATION:P40000D", "RRULE:FREQ=DAILY"), "longer than a year"),
        (event("DURATION:P400000D"), "between 1900 and 2200"),
    ],
    ids=str,
)
def test_a_file_that_asks_for_too_much_is_refused_with_its_reason(body: str, why: str) -> None:
    """An excessive file would slow each page that shows it, for years."""
    assert why in told(body)


def test_all_rules_of_a_file_together_have_a_limit() -> None:
    """One rule that never occurs takes a moment to find out; five thousand take minutes."""
    assert ics_read.Source("x.ics", "en").work._most == ics_read.MOST_WORK
    never = event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    source = ics_read.Source("x.ics", "en", zone="Europe/Zurich", work=Work(2 * rules.MOST_WORK))
    body = "".join(never.replace("UID:u", f"UID:u{number}") for number in range(10))
    ics_read.read(f"BEGIN:VCALENDAR\n{body}END:VCALENDAR\n".encode(), source)
    assert source.work.done <= source.work._most + rules.MOST_WORK
    assert len(source.problems) == 10
    assert "after many that take long" not in source.problems[0].text
    assert "after many that take long" in source.problems[-1].text


@settings(deadline=None)
@given(entries())
def test_what_is_written_is_read_back(entry: Entry) -> None:
    """Times to the instant, kind, words and rules; also across the changes of the clocks."""
    entry = created(entry, NOW, "lists.example.org")
    text = feed([entry], Frame("fr", LANGUAGES), name="Dates")
    source = ics_read.Source("x.ics", "en", languages=LANGUAGES)
    (found,) = ics_read.read(text, source)
    read = found.entry
    assert source.problems == []
    assert (read.uid, read.kind, read.status, read.sequence) == (
        entry.uid,
        entry.kind,
        entry.status,
        entry.sequence,
    )
    assert (read.title, read.place) == (entry.title, entry.place)
    zone = entry.zone if entry.all_day else read.zone  # a day in a file belongs to no zone
    read = replace(read, zone=zone)
    assert (read.starts_at(), read.ends_at()) == (entry.starts_at(), entry.ends_at())
    begin = entry.starts_at()
    window = begin - timedelta(days=1), begin + timedelta(days=800)
    ours = [(one.starts_at(), one.ends_at()) for one in occurrences(entry, *window)]
    assert [(one.starts_at(), one.ends_at()) for one in occurrences(read, *window)] == ours


def test_a_file_of_parts_that_are_never_ended_is_not_taken_up() -> None:
    """Parts within parts cost the library far more than their octets: they are counted first."""
    source = ics_read.Source("file.ics", "en")
    assert ics_read.read(b"BEGIN:VCALENDAR\r\n" * 150_000, source) == []
    assert [problem.code for problem in source.problems] == ["file.too_large"]
