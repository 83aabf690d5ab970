"""Start of entries and of their reminders, across changes of the clocks.

Days keep the time of day, hours keep the duration; a time that is skipped shifts forward, one that
comes twice is the first (RFC 5545 sections 3.3.5 and 3.3.6).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.calendar.entry import (
    DEFAULT_OFFSETS,
    Entry,
    Kind,
    Recurrence,
    Status,
    due,
    in_language,
    language_for,
)
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.recurrence import (
    fault_of_rule,
    last_end,
    occurrence_of,
    occurrences,
    reminders,
)
from mailer.errors import InputError

ZONES = ("Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")


def entry(start: str, zone: str, **fields: object) -> Entry:
    """Return an entry that starts at a local time, or lasts a day."""
    at = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
    made = Entry("x", Kind.MEETING, at, zone, {"en": "x"})
    return replace(made, **fields)  # type: ignore[arg-type]


def utc(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "offset", "instant"),
    [
        # The clocks go forward between reminder and start.
        ("Europe/Zurich", "2023-03-26T14:00", "P1D", "2023-03-25T13:00"),
        ("Europe/Zurich", "2023-03-26T14:00", "PT24H", "2023-03-25T12:00"),
        ("America/New_York", "2023-03-12T14:00", "P1D", "2023-03-11T19:00"),
        ("America/New_York", "2023-03-12T14:00", "PT24H", "2023-03-11T18:00"),
        ("Pacific/Auckland", "2023-09-24T14:00", "P1D", "2023-09-23T02:00"),
        ("Pacific/Auckland", "2023-09-24T14:00", "PT24H", "2023-09-23T01:00"),
        # They go back.
        ("Europe/Zurich", "2023-10-29T14:00", "P1D", "2023-10-28T12:00"),
        ("Europe/Zurich", "2023-10-29T14:00", "PT24H", "2023-10-28T13:00"),
        ("America/New_York", "2023-11-05T14:00", "P14D", "2023-10-22T18:00"),
        ("America/New_York", "2023-11-05T14:00", "PT1H", "2023-11-05T18:00"),
        ("Pacific/Auckland", "2023-04-02T14:00", "P1D", "2023-04-01T01:00"),
        ("Pacific/Auckland", "2023-04-02T14:00", "PT24H", "2023-04-01T02:00"),
        # They never change.
        ("Asia/Kolkata", "2023-03-26T14:00", "P1D", "2023-03-25T08:30"),
        ("Asia/Kolkata", "2023-03-26T14:00", "PT1H", "2023-03-26T07:30"),
        # The reminder's own time is skipped, or comes twice.
        ("Europe/Zurich", "2023-03-27T02:30", "P1D", "2023-03-26T01:30"),
        ("Europe/Zurich", "2023-10-30T02:30", "P1D", "2023-10-29T00:30"),
        # Days first, then hours as they pass.
        ("Europe/Zurich", "2023-03-27T14:00", "P1DT2H", "2023-03-26T10:00"),
        ("Europe/Zurich", "2023-03-27T03:30", "P1DT2H", "2023-03-25T23:30"),
        # All day: from the morning.
        ("Europe/Zurich", "2023-06-27", "P7D", "2023-06-20T06:00"),
        ("Pacific/Auckland", "2023-04-02", "P1D", "2023-03-31T19:00"),
        ("America/New_York", "2023-11-06", "P2D", "2023-11-04T12:00"),
        ("Asia/Kolkata", "2023-05-05", "PT1H", "2023-05-05T01:30"),
    ],
)
def test_days_keep_the_time_of_day_and_hours_the_duration(
    zone: str, start: str, offset: str, instant: str
) -> None:
    """A reminder "a day before 14:00" that comes at 13:00 looks like a mistake."""
    assert due(entry(start, zone), Offset.parse(offset)) == utc(instant)


@pytest.mark.parametrize(
    ("zone", "start", "instant"),
    [
        ("Europe/Zurich", "2023-03-26T02:30", "2023-03-26T01:30"),
        ("America/New_York", "2023-03-12T02:30", "2023-03-12T07:30"),
        ("Pacific/Auckland", "2023-09-24T02:30", "2023-09-23T14:30"),
        ("Europe/Zurich", "2023-10-29T02:30", "2023-10-29T00:30"),
        ("America/New_York", "2023-11-05T01:30", "2023-11-05T05:30"),
        ("Pacific/Auckland", "2023-04-02T02:30", "2023-04-01T13:30"),
    ],
)
def test_a_skipped_start_shifts_forward_and_a_repeated_one_is_the_first(
    zone: str, start: str, instant: str
) -> None:
    """Everybody must come at the same instant, however their program reads such a time."""
    assert entry(start, zone).starts_at() == utc(instant)


LOCALS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)).map(  # noqa: DTZ001 - local
    lambda at: at.replace(second=0, microsecond=0)
)


@given(LOCALS, st.sampled_from(ZONES), st.integers(1, 60))
def test_an_offset_of_days_has_the_same_time_of_day_in_any_zone(
    start: datetime, zone: str, days: int
) -> None:
    """The law of which the table above shows the corners."""
    at = due(entry(start.isoformat(), zone), Offset(days)).astimezone(ZoneInfo(zone))
    wanted = start - timedelta(days=days)
    there = at.replace(tzinfo=None)
    exists = wanted.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    if exists.replace(tzinfo=None) == wanted:
        assert there == wanted
        assert at.fold == 0
    else:
        assert there - wanted == timedelta(hours=1)


@given(LOCALS, st.sampled_from(ZONES), st.integers(1, 60 * 24 * 14))
def test_an_offset_of_minutes_lasts_just_as_long_in_any_zone(
    start: datetime, zone: str, minutes: int
) -> None:
    """As above, for what passes."""
    one = entry(start.isoformat(), zone)
    assert one.starts_at() - due(one, Offset(0, minutes)) == timedelta(minutes=minutes)


@given(st.integers(0, 365), st.integers(0, 1440))
def test_an_offset_reads_back_as_it_is_written(days: int, minutes: int) -> None:
    """Offsets are kept as text."""
    if 0 < days * 1440 + minutes <= 366 * 1440:
        assert Offset.parse(str(Offset(days, minutes))) == Offset(days, minutes)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("P14D", Offset(14)),
        ("P2W", Offset(14)),
        ("-P1D", Offset(1)),
        ("pt1h", Offset(0, 60)),
        ("PT90M", Offset(0, 90)),
        ("P1DT2H30M", Offset(1, 150)),
    ],
)
def test_offsets_are_read_as_iso_8601_writes_them(text: str, offset: Offset) -> None:
    """Calendar programs write alarms with a sign, people in small letters."""
    assert Offset.parse(text) == offset


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1D", "P1M", "P1Y", "P0D", "P400D", "P1D2H", "PT1S", "P1DT"]
)
def test_what_is_no_offset_is_refused_with_an_example(text: str) -> None:
    """A month has no length; a reminder at the start reminds of nothing."""
    with pytest.raises(InputError, match="P14D for 14 days") as caught:
        Offset.parse(text, "a.toml:3")
    assert str(caught.value).startswith("a.toml:3: ")


@given(st.text(max_size=20))
def test_any_text_is_an_offset_or_is_refused(text: str) -> None:
    """Offsets come from files and from the command line."""
    with suppress(InputError):
        assert Offset.parse(text).length > timedelta()


def test_each_kind_has_its_usual_reminders() -> None:
    """As the secretariat expects, without having to say it."""
    usual = {kind: [str(one) for one in offsets] for kind, offsets in DEFAULT_OFFSETS.items()}
    assert usual == {
        Kind.MEETING: ["P14D", "P1D", "PT1H"],
        Kind.OBSERVANCE: ["P7D"],
        Kind.DEADLINE: ["P14D", "P2D"],
    }
    assert entry("2023-06-27", "UTC", remind=()).offsets == ()
    mixed = (Offset(0, 60), Offset(3), Offset(0, 60))
    assert entry("2023-06-27", "UTC", remind=mixed).offsets == (Offset(3), Offset(0, 60))


# What repeats.

WEEKLY = entry(
    "2023-03-14T02:30",
    "Europe/Zurich",
    end=datetime(2023, 3, 14, 4),  # noqa: DTZ001 - local
    recurrence=Recurrence(("FREQ=WEEKLY;BYDAY=TU,SU;COUNT=8",)),
)
YEAR = utc("2023-01-01T00:00"), utc("2024-01-01T00:00")


def test_what_repeats_keeps_its_time_of_day_through_the_change_of_clocks() -> None:
    """26 March has no 02:30 in Zurich; the meeting takes place an hour later by the clock."""
    found = [one.starts_at() for one in occurrences(WEEKLY, *YEAR)]
    assert [f"{at:%m-%d %H:%M}" for at in found] == [
        *("03-14 01:30", "03-19 01:30", "03-21 01:30", "03-26 01:30"),
        *("03-28 00:30", "04-02 00:30", "04-04 00:30", "04-09 00:30"),
    ]
    assert last_end(WEEKLY) == utc("2023-04-09T02:00")


def test_occurrences_may_be_added_left_out_and_moved() -> None:
    """As calendar programs write a series with exceptions."""
    moved = replace(
        WEEKLY,
        recurrence=None,
        occurrence=datetime(2023, 3, 21, 2, 30),  # noqa: DTZ001 - local
        start=datetime(2023, 3, 22, 9),  # noqa: DTZ001
        end=datetime(2023, 3, 22, 10),  # noqa: DTZ001
        title={"en": "Later"},
    )
    repeats = Recurrence(
        ("FREQ=WEEKLY;COUNT=3",),
        (datetime(2023, 3, 16, 2, 30),),  # noqa: DTZ001
        (datetime(2023, 3, 28, 2, 30),),  # noqa: DTZ001
        (moved,),
    )
    series = replace(WEEKLY, recurrence=repeats, sequence=4)
    found = occurrences(series, *YEAR)
    assert [(one.start.isoformat(), one.occurrence_key) for one in found] == [
        ("2023-03-14T02:30:00", "2023-03-14T02:30:00"),
        ("2023-03-16T02:30:00", "2023-03-16T02:30:00"),
        ("2023-03-22T09:00:00", "2023-03-21T02:30:00"),
    ]
    assert (found[2].title, found[2].sequence) == ({"en": "Later"}, 4)
    assert [occurrence_of(series, one.occurrence_key) for one in found] == found
    assert occurrence_of(series, "2023-03-28T02:30:00") is None
    assert occurrence_of(series, "2023-03-28") is None
    assert occurrence_of(series, "nonsense") is None


def test_an_entry_that_does_not_repeat_is_its_own_occurrence() -> None:
    """A caller who lists dates must not need to ask which kind it is."""
    one = entry("2023-04-26T14:00", "Europe/Zurich")
    assert occurrences(one, *YEAR) == [one]
    assert occurrences(one, utc("2023-04-26T12:00"), YEAR[1]) == [one]
    assert occurrences(one, utc("2023-04-26T12:01"), YEAR[1]) == []
    assert occurrences(one, YEAR[0], utc("2023-04-26T12:00")) == []
    assert occurrence_of(one, "") == one
    assert occurrence_of(one, "2023-04-26T14:00:00") is None


def test_an_all_day_series_ends_by_its_date() -> None:
    """UNTIL of a day is that day, whatever the zone."""
    day = entry(
        "2023-12-30",
        "Pacific/Auckland",
        end=date(2023, 12, 31),
        recurrence=Recurrence(("FREQ=YEARLY;UNTIL=20251230",)),
    )
    assert last_end(day) == utc("2025-12-31T11:00")
    assert [one.last_day.year for one in occurrences(day, *YEAR)] == [2023]


def test_an_end_in_utc_is_the_same_as_in_local_time() -> None:
    """Files write UNTIL in UTC where the start has a zone (RFC 5545 section 3.3.10)."""
    for until in ("20230321T013000Z", "20230321T023000", "20230321"):
        rule = Recurrence((f"FREQ=WEEKLY;UNTIL={until}",))
        assert len(occurrences(replace(WEEKLY, recurrence=rule), *YEAR)) == 2
    earlier = Recurrence(("FREQ=WEEKLY;UNTIL=20230321T012959Z",))
    assert len(occurrences(replace(WEEKLY, recurrence=earlier), *YEAR)) == 1


def test_each_occurrence_has_its_reminders_and_a_cancelled_one_has_none() -> None:
    """A series with one date called off must not remind of that one."""
    off = replace(
        WEEKLY,
        recurrence=None,
        occurrence=datetime(2023, 3, 21, 2, 30),  # noqa: DTZ001 - local
        status=Status.CANCELLED,
    )
    rule = Recurrence(("FREQ=WEEKLY;COUNT=3",), overrides=(off,))
    series = replace(WEEKLY, recurrence=rule, remind=(Offset(1), Offset(0, 60)), sequence=2)
    found = [(str(one.offset), one.occurrence[:10], one.at) for one in reminders(series, *YEAR)]
    assert found == [
        ("P1D", "2023-03-14", utc("2023-03-13T01:30")),
        ("PT1H", "2023-03-14", utc("2023-03-14T00:30")),
        ("P1D", "2023-03-28", utc("2023-03-27T00:30")),
        ("PT1H", "2023-03-28", utc("2023-03-27T23:30")),
    ]
    assert {one.sequence for one in reminders(series, *YEAR)} == {2}
    assert reminders(replace(series, status=Status.CANCELLED), *YEAR) == []


@given(st.sampled_from(ZONES), st.integers(0, 500), st.integers(1, 90), st.integers(1, 90))
def test_listing_in_two_parts_lists_the_same_as_in_one(
    zone: str, begin: int, first: int, second: int
) -> None:
    """The index is worked out piece by piece; a reminder on an edge must be in just one piece."""
    rule = Recurrence(("FREQ=MONTHLY;BYDAY=1SU,-1SA",))
    series = entry("2022-12-31T01:30", zone, recurrence=rule)
    a = utc("2023-01-01T00:00") + timedelta(hours=begin)
    b, c = a + timedelta(days=first), a + timedelta(days=first + second)
    assert reminders(series, a, b) + reminders(series, b, c) == reminders(series, a, c)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=100000",
        "FREQ=DAILY;COUNT=x",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;UNTIL=never",
        "x" * 400,
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(rule: str) -> None:
    """One that repeats each second would keep the service busy for ever."""
    assert fault_of_rule(rule, WEEKLY)
    assert not fault_of_rule("FREQ=MONTHLY;BYDAY=2TU;COUNT=6", WEEKLY)


@given(st.text(alphabet="FREQ=DAILYWEKMONTH;BYUCS0123456789,-+Z:", max_size=40))
def test_any_rule_is_followed_or_refused(text: str) -> None:
    """Rules come from files by anybody."""
    rule = "FREQ=DAILY;" + text
    if not fault_of_rule(rule, WEEKLY):
        series = replace(WEEKLY, recurrence=Recurrence((rule,)))
        assert all(one.occurrence is not None for one in occurrences(series, *YEAR))


# Texts.


def test_a_reader_gets_the_text_in_their_language_or_the_one_that_stands_in() -> None:
    """No reader sees an empty title because a translation is late."""
    texts = {"fr": "Réunion", "en": "Meeting", "es": ""}
    assert in_language(texts, "fr-CH", ["en"]) == "Réunion"
    assert in_language(texts, "es", ["en", "fr"]) == "Meeting"
    assert language_for(texts, "de") == "fr"
    assert in_language({"*": "https://example.org"}, "es", ["en"]) == "https://example.org"
    assert in_language({}, "en") == ""
