"""When a directory is looked at."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.directories.schedule import last_due, span, time_of_day

SPANS = st.timedeltas(timedelta(minutes=5), timedelta(days=90))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  # set below
    lambda one: one.replace(tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("now", "every", "at", "due"),
    [
        ("2023-04-01T02:59", "1d", "03:00", "2023-03-31T03:00"),
        ("2023-04-01T03:00", "1d", "03:00", "2023-04-01T03:00"),
        ("2023-04-01T11:00", "6h", "03:00", "2023-04-01T09:00"),
        ("2023-04-01T03:29", "30m", "03:00", "2023-04-01T03:00"),
    ],
)
def test_the_last_time_that_was_due(now: str, every: str, at: str, due: str) -> None:
    """`every = "1d"`, `at = "03:00"` is each night at three, in UTC."""
    moments = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (now, due)]
    assert last_due(moments[0], span(every), time_of_day(at)) == moments[1]


@given(MOMENTS, SPANS, st.times())
def test_it_is_never_in_the_future_nor_longer_ago_than_the_span(
    now: datetime, every: timedelta, at: time
) -> None:
    """After an outage it is done once, not once for each time that was missed."""
    due = last_due(now, every, at.replace(second=0, microsecond=0))
    assert timedelta() <= now - due < every


@pytest.mark.parametrize("text", ["", "1", "d", "1w", "4m", "0h", "91d", "1.5h", "-1d", "٣d"])
def test_spans_that_cannot_be(text: str) -> None:
    """Each minute would be an attack on the directory; the message says what can be."""
    with pytest.raises(ValueError, match="; "):
        span(text)


@pytest.mark.parametrize("text", ["", "3:00", "24:00", "03:60", "03", "0300"])
def test_times_that_cannot_be(text: str) -> None:
    """A time of the day has four digits."""
    with pytest.raises(ValueError, match="; "):
        time_of_day(text)
