"""What we write into a calendar file is what we read from it, whatever the entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.manifest import unsuitable
from mailer.domain.calendar import Entry, Kind, Recurrence, Status, created
from mailer.domain.recurrence import occurrences
from mailer.message import ics_read
from mailer.message.ics import Frame, feed

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
