"""Mornings that are suggested for a campaign."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.mornings import LEAST_AHEAD, mornings

MOMENTS = st.integers(0, 7 * 365 * 24 * 60).map(
    lambda minutes: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ZONES = st.sampled_from(["Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])


@given(MOMENTS, ZONES)
def test_each_is_a_later_working_days_nine_o_clock_there(now: datetime, zone: str) -> None:
    """A bulletin at night, or on a Sunday, is not read."""
    found = mornings(now, zone)
    assert len(found) == 3
    assert found == sorted(set(found))
    for one in found:
        assert (one.hour, one.minute) == (9, 0)
        assert one.weekday() < 5
        assert one - now >= LEAST_AHEAD


def test_friday_after_nine_is_followed_by_monday() -> None:
    """The example that people think of first."""
    friday = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    found = mornings(friday, "Europe/Zurich", 1)
    assert [one.isoformat() for one in found] == ["2026-11-30T09:00:00+01:00"]


def test_a_time_that_the_clocks_skip_is_left_out() -> None:
    """On a day on which there is no such time nothing can be scheduled for it."""
    # In Cairo the clocks went from midnight to one on Friday, 28 April 2023.
    night = mornings(datetime(2023, 4, 27, 12, tzinfo=UTC), "Africa/Cairo", 2, time(0, 30))
    assert [f"{one:%m-%d}" for one in night] == ["05-01", "05-02"]
