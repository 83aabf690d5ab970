"""What a form offers as repetition is written as a rule, and read back as the same choice."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailer.domain.calendar.entry import Entry, Kind, Recurrence
from mailer.domain.calendar.recurrence import fault_of_rule, occurrence_of
from mailer.domain.calendar.simple import (
    ONCE,
    OWN,
    Pattern,
    Simple,
    is_last,
    nth_of,
    rule_of,
    simple_of,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
PATTERNS = st.sampled_from([Pattern.WEEKLY, Pattern.MONTHLY, Pattern.LAST, Pattern.YEARLY])
ENDS = st.one_of(
    st.just((None, None)),
    st.tuples(st.integers(1, 1000), st.none()),
    st.tuples(st.none(), st.dates(date(2101, 1, 1), date(2150, 12, 31))),
)


def weekly_on(start: date, rule: str) -> Entry:
    """An entry with a rule."""
    at = datetime(start.year, start.month, start.day, 10)  # noqa: DTZ001 - local, as all are
    recurrence = Recurrence((rule,))
    return Entry("x", Kind.MEETING, at, "Europe/Zurich", {"en": "X"}, recurrence=recurrence)


@given(start=DAYS, pattern=PATTERNS, interval=st.integers(1, 12), end=ENDS)
def test_a_choice_is_read_back_as_it_was_made(
    start: date, pattern: Pattern, interval: int, end: tuple[int | None, date | None]
) -> None:
    """And its rule is one that the calendar takes, whose first occurrence is the start itself."""
    assume(pattern is not Pattern.LAST or is_last(start))
    assume(pattern is not Pattern.MONTHLY or nth_of(start) < 5)
    wanted = Simple(pattern, interval, *end)
    rule = rule_of(wanted, start)
    assert simple_of([rule], start) == wanted
    entry = weekly_on(start, rule)
    assert "says" not in fault_of_rule(rule, entry)
    assert occurrence_of(entry, f"{start}T10:00:00") is not None


def test_the_fifth_weekday_is_the_last() -> None:
    """Most months have no fifth; nobody means to meet four times a year."""
    day = date(2023, 5, 30)
    assert rule_of(Simple(Pattern.MONTHLY), day) == "FREQ=MONTHLY;BYDAY=-1TU"
    assert simple_of(["FREQ=MONTHLY;BYDAY=-1TU"], day).pattern is Pattern.LAST


@pytest.mark.parametrize(
    "rules",
    [
        ["FREQ=DAILY"],
        ["FREQ=WEEKLY;BYDAY=MO,TU"],
        ["FREQ=MONTHLY;BYMONTHDAY=15"],
        ["FREQ=MONTHLY;BYDAY=1WE"],
        ["FREQ=YEARLY;BYMONTH=3"],
        ["FREQ=WEEKLY;UNTIL=20231231T120000Z"],
        ["FREQ=WEEKLY", "FREQ=YEARLY"],
        ["NONSENSE"],
    ],
)
def test_what_the_form_does_not_offer_stays_a_rule(rules: list[str]) -> None:
    """Saving the form must not simplify what somebody imported."""
    assert simple_of(rules, date(2023, 5, 9)) == OWN


def test_without_a_rule_it_takes_place_once() -> None:
    """And what is no rule cannot be written as one."""
    assert simple_of([], date(2023, 5, 9)) == ONCE
    with pytest.raises(ValueError, match="own"):
        rule_of(OWN, date(2023, 5, 9))
