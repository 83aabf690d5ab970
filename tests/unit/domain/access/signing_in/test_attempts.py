"""How long one must wait after wrong answers: enough against guessing, never for somebody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.signing_in.attempts import (
    FORGOTTEN,
    KNOWN,
    NETWORK,
    PAIR,
    USER,
    Rule,
    Tally,
    counted,
    remaining,
    rules,
    wait_after,
)

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
RULES = [PAIR, USER, NETWORK, KNOWN]


@pytest.mark.parametrize("rule", RULES)
def test_the_first_are_free_and_then_each_wait_is_twice_as_long(rule: Rule) -> None:
    """Mistyping costs nothing, guessing soon costs much."""
    assert wait_after(rule, rule.free - 1) == timedelta()
    assert wait_after(rule, rule.free) == rule.first
    assert wait_after(rule, rule.free + 1) == 2 * rule.first
    assert wait_after(rule, 10**6) == rule.longest


@given(rule=st.sampled_from(RULES), failures=st.integers(0, 10**9))
def test_waits_never_get_shorter(rule: Rule, failures: int) -> None:
    """There is no number of attempts after which guessing becomes quicker."""
    assert wait_after(rule, failures) <= wait_after(rule, failures + 1) <= rule.longest


def test_many_networks_have_few_guesses_in_a_year() -> None:
    """With the password in hand: of a million codes, three are good at a time."""
    now, tally, guesses = NOW, None, 0
    while now < NOW + timedelta(days=365):
        wait = remaining(USER, tally, now)
        if wait:
            now += wait
        else:
            tally, guesses = counted(tally, now), guesses + 1
    assert guesses * 3 / 1_000_000 < 0.03


def test_waiting_until_all_is_forgotten_is_no_better() -> None:
    """Twenty at once, a day of rest, and again."""
    assert USER.free / (FORGOTTEN / timedelta(days=1)) <= timedelta(days=1) / USER.longest


def test_after_a_day_without_wrong_answers_none_counts() -> None:
    """Who mistyped last week starts anew."""
    tally = Tally(1000, NOW)
    assert remaining(PAIR, tally, NOW + FORGOTTEN - timedelta(hours=23, minutes=30))
    assert not remaining(PAIR, tally, NOW + FORGOTTEN)
    assert counted(tally, NOW + FORGOTTEN) == Tally(1, NOW + FORGOTTEN)


def test_a_known_browser_is_counted_by_itself() -> None:
    """Nobody else's attempts are counted by a rule that makes it wait."""
    own = rules("ada", "192.0.2.0/24", "b" * 64)
    others = rules("ada", "192.0.2.0/24", "")
    assert not set(own) & set(others)
    assert list(own.values()) == [KNOWN]


def test_others_are_counted_by_user_and_by_network() -> None:
    """One network at many users, many networks at one user, and one at one."""
    assert list(rules("ada", "192.0.2.0/24", "").values()) == [PAIR, USER, NETWORK]
    shared = set(rules("ada", "a", "")) & set(rules("ada", "b", ""))
    assert shared == {"user ada"}
    assert set(rules("ada", "a", "")) & set(rules("bo", "a", "")) == {"network a"}
