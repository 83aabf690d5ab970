"""Outcomes and waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.delivery import (
    FIRST_RETRY,
    LONGEST_WAIT,
    Outcome,
    SkipReason,
    accepted,
    deferred,
    gives_up,
    next_try_after,
    rejected,
    released,
    skipped,
    unknown,
)


def test_an_attempt_that_failed_needs_its_reason() -> None:
    """A rejection without words is of no use to the secretariat."""
    with pytest.raises(ValueError, match="needs its reason"):
        rejected(550, "5.1.1", "  ")
    with pytest.raises(ValueError, match="needs its reason"):
        deferred(451, "", " ")
    with pytest.raises(ValueError, match="needs its reason"):
        unknown("")


def test_each_constructor_makes_its_own_outcome() -> None:
    """There are six ways to end, and no seventh."""
    made = [
        accepted(), rejected(550, "5.1.1", "no"), deferred(451, "4.3.0", "later"), unknown("lost"),
        skipped(SkipReason.GONE), released(),
    ]  # fmt: skip
    assert {attempt.outcome for attempt in made} == set(Outcome)


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_waits_grow_within_bounds(attempts: int, jitter: float) -> None:
    """A relay in trouble must not be pressed, nor a reader forgotten."""
    wait = next_try_after(attempts, jitter)
    assert FIRST_RETRY * 0.8 <= wait <= LONGEST_WAIT * 1.2
    assert next_try_after(attempts + 1, jitter) >= wait


def test_a_delivery_is_tried_for_as_long_as_the_limit_says() -> None:
    """48 hours of tries are promised; not five, and not for ever."""
    limit = timedelta(hours=48)
    last = next(attempts for attempts in range(1, 1000) if gives_up(attempts, limit))
    waited = sum((next_try_after(n, 0.5) for n in range(1, last)), timedelta())
    assert waited >= limit
    assert waited - next_try_after(last - 1, 0.5) < limit
