"""Rules of repetition: the starts they give, what following them costs, and which are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailer.domain.calendar.entry import Entry, Kind, Recurrence
from mailer.domain.calendar.recurrence import (
    MOST_DATES,
    MOST_RULES,
    fault_of_dates,
    fault_of_rule,
    last_end,
    occurrence_of,
    occurrences,
)
from mailer.domain.calendar.rules import MOST_WORK, RuleError, Work, parse, starts

# ruff: noqa: DTZ001  # rules count in local time

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MEETING = Entry(
    id="m",
    kind=Kind.MEETING,
    start=datetime(2023, 4, 4, 10, 30),
    end=datetime(2023, 4, 4, 12),
    zone="Europe/Zurich",
    title={"en": "Meeting"},
)


def numbers(among: list[int]) -> st.SearchStrategy[str]:
    """Draw a list of numbers as a rule has it."""
    drawn = st.lists(st.sampled_from(among), min_size=1, max_size=3, unique=True)
    return drawn.map(lambda found: ",".join(map(str, found)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Draw a rule in which dateutil and RFC 5545 agree: no weeks at the edges of a year."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency}
    optional = {
        "INTERVAL": st.integers(1, 40).map(str),
        "COUNT": st.integers(1, 40).map(str),
        "WKST": st.sampled_from(DAYS),
        "BYMONTH": numbers(list(range(1, 13))),
        "BYMONTHDAY": numbers([1, 2, 13, 28, 29, 30, 31, -1, -2, -31]),
        "BYYEARDAY": numbers([1, 60, 100, 365, 366, -1, -366, -300]),
    }
    for name in draw(st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True)):
        parts[name] = draw(optional[name])
    if draw(st.booleans()):
        which = [""]
        if frequency in {"MONTHLY", "YEARLY"}:
            which = draw(st.sampled_from([[""], ["1", "-1", "2", "-5", "5"]]))
        days = st.tuples(st.sampled_from(which), st.sampled_from(DAYS)).map("".join)
        parts["BYDAY"] = ",".join(draw(st.lists(days, min_size=1, max_size=3, unique=True)))
    if frequency == "YEARLY" and "BYDAY" in parts and draw(st.booleans()):
        parts["BYDAY"] = "MO,FR"
        parts["BYWEEKNO"] = draw(numbers([2, 3, 20, 40, 51]))
    if frequency != "WEEKLY" and any(name[:2] == "BY" for name in parts) and draw(st.booleans()):
        parts["BYSETPOS"] = draw(numbers([1, 2, -1, 5]))
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(deadline=None)
@given(
    rules(),
    st.datetimes(datetime(2015, 1, 1), datetime(2026, 1, 1)),
    st.integers(-400, 2500),
    st.integers(1, 1200),
)
def test_a_window_holds_what_the_whole_series_holds_there(
    text: str, first: datetime, begin: int, length: int
) -> None:
    """Taking a rule up at its window's beginning must not shift a single date (dateutil knows)."""
    first = first.replace(microsecond=0)
    # dateutil looks for the next date up to the year 9999.
    soon = first, first, first + timedelta(days=5000)
    assume(len(list(starts(parse(text), *soon, Work()))) > 1)
    since = first + timedelta(days=begin)
    until = since + timedelta(days=length)
    series = takewhile(lambda at: at <= until, rrulestr(text, dtstart=first))
    found = starts(parse(text), first, since, until, Work(10**9))
    assert list(found) == [at for at in series if at >= since]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        # dateutil has every day of the week: libical and RFC 5545 the start's own.
        ("FREQ=YEARLY;BYWEEKNO=20", ["2023-05-16", "2024-05-14"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", ["2024-01-01", "2024-12-30"]),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", ["2023-12-31", "2024-12-29"]),
        ("FREQ=MONTHLY;BYDAY=MO,1TU;COUNT=3", ["2023-04-04", "2023-04-10", "2023-04-17"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2024-02-29"]),
        ("freq=weekly;count=2;", ["2023-04-04", "2023-04-11"]),
    ],
)
def test_rules_are_followed_as_rfc_5545_has_them(rule: str, days: list[str]) -> None:
    """The specification decides where libraries differ."""
    first = datetime(2023, 4, 4, 10)
    found = starts(parse(rule), first, first, datetime(2025, 1, 1), Work())
    assert [f"{at:%Y-%m-%d}" for at in found] == days


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "never occurs"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9", "never occurs"),
        ("FREQ=YEARLY;BYDAY=53MO;BYMONTH=1", "never occurs"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", "never occurs"),
        ("FREQ=DAILY;INTERVAL=2147483647", "INTERVAL=2147483647, not 1 to 366"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=SECONDLY", "does not say FREQ="),
        ("FREQ=DAILY;BYSECOND=1", "repeats within a day"),
        ("FREQ=DAILY;COUNT=1000000000", "COUNT=1000000000, not 1 to 1000"),
        ("FREQ=DAILY;COUNT=²", "COUNT="),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "after the year 2200"),
        ("FREQ=DAILY;UNTIL=20230230", "a date that there is not"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=1000", "takes too long"),
        ("FREQ=DAILY;BYEASTER=1", "not known"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS of nothing"),
        ("FREQ=DAILY;COUNT=1;COUNT=2", "COUNT twice"),
        ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY=0"),
        ("FREQ=DAILY;" + "A" * 400, "longer than 300"),
    ],
)
def test_rules_without_sense_are_refused_in_plain_words(rule: str, why: str) -> None:
    """A user must know which rule to mend, and the service must not hang on it."""
    assert why in fault_of_rule(rule, MEETING)


@settings(deadline=None, max_examples=25)
@given(rules())
def test_no_rule_costs_more_than_is_allowed(text: str) -> None:
    """Rules are written by anybody; work is counted, since a clock would depend on the machine."""
    entry = replace(MEETING, start=datetime(1900, 1, 1, 10), end=None)
    series = replace(entry, recurrence=Recurrence((text,) * MOST_RULES))
    for begin in (datetime(1900, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC)):
        work = Work()
        occurrences(series, begin, begin + timedelta(days=3660), work)
        assert work.done <= MOST_WORK + 366 * MOST_RULES


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU", "FREQ=MONTHLY", "FREQ=YEARLY;BYDAY=1TU"]
)
def test_a_window_costs_what_is_in_it_wherever_it_lies(rule: str) -> None:
    """`?on=9990-…` made the service follow a rule for eight thousand years."""
    series = replace(MEETING, recurrence=Recurrence((rule,)))
    done = []
    for year in (2024, 2190):
        work = Work()
        begin = datetime(year, 1, 1, tzinfo=UTC)
        occurrences(series, begin, begin + timedelta(days=30), work)
        done.append(work.done)
    assert max(done) <= 366 * 4
    assert abs(done[0] - done[1]) <= 366 * 2


@pytest.mark.parametrize(
    "key",
    [
        *("9990-01-01T10:30:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00"),
        *("2023-04-11T10:30:00+02:00", "2023-04-11", "20230411T103000Z", "T", "x" * 5000),
    ],
)
@pytest.mark.parametrize("rules", [("FREQ=DAILY",), ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",)])
def test_names_of_no_occurrence_find_none(key: str, rules: tuple[str, ...]) -> None:
    """Addresses are written by anybody; the date in one may be any."""
    assert occurrence_of(replace(MEETING, recurrence=Recurrence(rules)), key) is None


def test_a_rule_that_was_kept_before_it_was_refused_ends_nothing() -> None:
    """An endless series as some programs write it goes on; one that hung the service gives none."""
    until = Recurrence(("FREQ=WEEKLY;UNTIL=99991231T235959Z",))
    far = datetime(2150, 1, 1, tzinfo=UTC)
    series = replace(MEETING, recurrence=until)
    assert len(occurrences(series, far, far + timedelta(days=70))) == 10
    assert last_end(series) is None
    never = replace(MEETING, recurrence=Recurrence(("FREQ=SECONDLY",)))
    assert [one.start for one in occurrences(never, far - timedelta(days=99999), far)] == [
        MEETING.start
    ]


def test_an_entry_has_a_bounded_number_of_rules_and_dates() -> None:
    """200 rules in one entry cost every page that shows it."""
    dates = tuple(datetime(2023, 4, 4) + timedelta(days=day) for day in range(MOST_DATES + 1))
    for repeats, why in (
        (Recurrence(("FREQ=DAILY;COUNT=2",) * 200), "200 rules"),
        (Recurrence(("FREQ=DAILY",), dates), "further starts"),
        (Recurrence(("FREQ=DAILY",), (), dates), "left out"),
        (
            Recurrence(("FREQ=DAILY",), overrides=(replace(MEETING, occurrence=dates[0]),) * 2000),
            "differ",
        ),
    ):
        assert why in fault_of_dates(replace(MEETING, recurrence=repeats))
    assert fault_of_dates(MEETING) == ""


def test_dates_lie_in_years_that_a_calendar_holds() -> None:
    """The last day of the year 9999 has no day after it, on which an entry could end."""
    for start in (date(1, 1, 1), date(9999, 12, 31)):
        assert "between 1900 and 2200" in fault_of_dates(replace(MEETING, start=start, end=None))
    long = replace(MEETING, end=datetime(2100, 1, 1), recurrence=Recurrence(("FREQ=DAILY",)))
    assert "longer than a year" in fault_of_dates(long)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    """Nothing but a refusal may come of what a file holds."""
    for rule in (text, f"FREQ=DAILY;{text}", f"FREQ=YEARLY;BYDAY={text}"):
        try:
            parse(rule)
        except RuleError as error:
            assert str(error)  # noqa: PT017 - either is right
