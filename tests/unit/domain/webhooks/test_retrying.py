"""When a delivery is tried again: soon at first, seldom later, for about three days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.webhooks.retrying import LONGEST_WISH, TRIES, WAITS, wait_after


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_ten_tries_are_made_in_about_three_days(jitter: float) -> None:
    """A long weekend must not lose anybody their events, and no try comes after the third day."""
    waits = [wait_after(number, jitter) for number in range(1, TRIES + 1)]
    assert waits[-1] is None
    assert TRIES == 10
    together = sum((wait for wait in waits if wait), timedelta())
    assert timedelta(hours=64) < together < timedelta(days=3)
    assert waits[0] is not None
    assert waits[0] <= timedelta(seconds=5)


@given(st.integers(1, TRIES - 1), st.floats(0, 1, exclude_max=True))
def test_waits_are_spread_by_a_tenth(number: int, jitter: float) -> None:
    """Endpoints that failed together must not come back together."""
    wait = wait_after(number, jitter)
    assert wait is not None
    assert 0.9 * WAITS[number - 1] <= wait <= WAITS[number - 1]


def test_who_asks_us_to_wait_is_obeyed_within_bounds() -> None:
    """Longer, never shorter; and not for days by a slip."""
    assert wait_after(1, 0, timedelta(minutes=2)) == timedelta(minutes=2)
    assert wait_after(1, 0, timedelta(days=30)) == LONGEST_WISH
    assert wait_after(4, 0, timedelta(seconds=1)) == WAITS[3]


def test_there_is_no_wait_before_the_first_try() -> None:
    """A count that begins at 0 would shift the whole schedule."""
    with pytest.raises(ValueError, match="first"):
        wait_after(0, 0)
