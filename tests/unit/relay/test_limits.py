"""The pause for a relay that fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.relay.limits import Backoff


@pytest.mark.parametrize(
    ("failures", "wait"), [(1, 1.0), (2, 2.0), (3, 4.0), (7, 60.0), (10_000, 60.0)]
)
def test_the_wait_doubles_up_to_its_limit(failures: int, wait: float) -> None:
    """A relay that is down for an hour must be noticed within a minute of coming back."""
    assert Backoff(first=1, longest=60).after(failures, 1.0) == wait


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_jitter_takes_away_half_at_most(failures: int, jitter: float) -> None:
    """Workers that lost the same relay must not all come back at once, nor dial without a pause."""
    full = Backoff().after(failures, 1.0)
    assert full / 2 <= Backoff().after(failures, jitter) <= full
