"""Outcomes and waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.refusal import Stage
from mailer.domain.campaigns.delivery import (
    FIRST_RETRY,
    LONGEST_WAIT,
    Attempt,
    Outcome,
    SkipReason,
    accepted,
    deferred,
    gives_up,
    next_try_after,
    put_back,
    put_off,
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


def test_an_attempt_keeps_the_relays_words_and_codes() -> None:
    """They are what the secretariat reads, and what the bounce policy weighs."""
    assert accepted() == Attempt(Outcome.ACCEPTED, 250)
    assert accepted(251, "2.1.5", "kept") == Attempt(Outcome.ACCEPTED, 251, "2.1.5", "kept")
    assert rejected(550, "5.1.1", "no") == Attempt(Outcome.REJECTED, 550, "5.1.1", "no")
    assert deferred(451, "4.3.0", "wait") == Attempt(Outcome.DEFERRED, 451, "4.3.0", "wait")
    assert unknown("lost") == Attempt(Outcome.UNKNOWN, 0, "", "lost")
    assert released() == Attempt(Outcome.RELEASED, 0, "", "not begun")
    gone = Attempt(Outcome.SKIPPED, 0, "", "gone", SkipReason.GONE)
    assert skipped(SkipReason.GONE) == gone
    assert skipped(SkipReason.GONE, "erased") == replace(gone, text="erased")


def test_a_refusal_for_our_sake_uses_up_no_try() -> None:
    """Law 14: what is about us is deferred; what may be about the reader counts as a try."""
    refused = replace(rejected(550, "5.7.1", "not you"), stage=Stage.MAIL)
    assert refused.counts
    assert put_back(refused) == replace(refused, outcome=Outcome.DEFERRED, counts=False)
    assert put_off(refused) == replace(refused, outcome=Outcome.DEFERRED)


def test_waits_double_from_five_minutes_to_four_hours() -> None:
    """RFC 5321 section 4.5.4.1; the middle of the spread is the wait itself."""
    waits = [next_try_after(attempts, 0.5) for attempts in range(1, 9)]
    assert waits == [timedelta(minutes=wait) for wait in (5, 10, 20, 40, 80, 160, 240, 240)]
    assert next_try_after(1, 0.0) == timedelta(minutes=4)
    assert next_try_after(1, 1.0) == timedelta(minutes=6)
    with pytest.raises(ValueError, match="follows the first attempt"):
        next_try_after(0, 0.5)


def test_a_delivery_that_was_never_tried_is_not_given_up() -> None:
    """Before the second attempt nothing was waited for."""
    assert not gives_up(0, timedelta(0))
    assert not gives_up(1, timedelta(0))
    assert gives_up(2, FIRST_RETRY)
    assert not gives_up(2, FIRST_RETRY + timedelta(seconds=1))


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
