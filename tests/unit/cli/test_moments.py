"""Days and times as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.cli.moments import instant, moment

NINE = datetime(2023, 4, 13, 9)  # noqa: DTZ001 - local, as it is typed


@pytest.mark.parametrize(
    "text", ["2023-04-13T09:00", "2023-04-13 09:00", "2023-04-13 9:00", " 2023-04-13  9:00:00 "]
)
def test_a_time_may_be_written_with_a_space_and_a_short_hour(text: str) -> None:
    """So people write it; to be told of a T and a zero would only keep them."""
    assert moment(text) == NINE


def test_a_day_is_a_day() -> None:
    """An entry that lasts all day must not become one at midnight."""
    assert moment("2023-04-13") == date(2023, 4, 13)
    assert type(moment("2023-04-13")) is date
    assert instant("2023-04-13") == datetime(2023, 4, 13)  # noqa: DTZ001 - as above


@pytest.mark.parametrize("text", ["", "tomorrow", "13.4.2023", "2023-04-13 9h", "2023-04-13 25:00"])
def test_what_is_neither_is_refused(text: str) -> None:
    """A guess would send a bulletin on another day."""
    with pytest.raises(ValueError, match=r"."):
        moment(text)


@given(st.datetimes(timezones=st.none() | st.just(UTC)))
def test_every_time_is_read_as_it_was_written(at: datetime) -> None:
    """People type again what programs write, with fractions and the distance from UTC."""
    assert moment(at.isoformat()) == at
