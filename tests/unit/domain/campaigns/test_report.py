"""Figures of reports: nothing is lost on the way, and each reason has an advice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.report import (
    DOMAINS,
    MOST_BUCKETS,
    SLOTS,
    Advice,
    Refused,
    Slot,
    Tally,
    buckets,
    is_passing,
)
from mailer.domain.inbound.kinds import Reason, Severity

MINUTES = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 30),
        st.sampled_from([60, 3600]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=30,
)


@given(MINUTES)
def test_buckets_are_few_equally_long_without_a_gap_and_lose_nothing(
    found: list[tuple[int, int, int, int]],
) -> None:
    """A plot of a campaign must show all of it, at any length."""
    slots = sorted(Slot(at * 60 // length * length, length, *n) for at, length, *n in found)
    made = buckets(slots)
    assert len(made) <= MOST_BUCKETS
    assert sum(one.accepted for one in made) == sum(one.accepted for one in slots)
    assert sum(one.rejected for one in made) == sum(one.rejected for one in slots)
    assert len({one.seconds for one in made}) <= 1
    for before, after in pairwise(made):
        assert after.begin == before.begin + before.seconds


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=40))
def test_the_domains_that_are_not_told_one_by_one_are_in_the_sum(found: dict[str, int]) -> None:
    """The columns of the table must add up to the campaign."""
    domains = {name: dict.fromkeys(SLOTS, count) for name, count in found.items()}
    tally = Tally.of(domains, {}, {})
    assert len(tally.domains) == min(DOMAINS, len(found))
    told = sum(one["accepted"] for one in tally.domains.values())
    assert told + tally.others["accepted"] == sum(found.values())
    assert Tally.from_json(tally.as_json()) == tally


def test_a_reason_that_this_version_does_not_know_is_told_as_undetermined() -> None:
    """What an earlier version wrote is in the store for years."""
    tally = Tally.of({}, {"gone-reason gone-word 5": 2, "soft mailbox-full 4": 3}, {})
    full, other = tally.refused
    assert (full.reason, full.advice) == (Reason.MAILBOX_FULL, Advice.RETRY)
    assert (other.reason, other.severity, other.count) == (
        Reason("undetermined"),
        Severity.UNDETERMINED,
        2,
    )


@pytest.mark.parametrize(
    ("severity", "code", "passing"),
    [
        (Severity.HARD, 5, False),
        (Severity.HARD, 4, False),
        (Severity.SOFT, 5, True),
        (Severity.SENDER, 5, True),
        (Severity.UNDETERMINED, 5, False),
        (Severity.UNDETERMINED, 4, True),
        ("", 0, True),
    ],
)
def test_what_may_be_over_is_told_by_the_judge_first(
    severity: str, code: int, *, passing: bool
) -> None:
    """An address that does not exist is not tried again, whatever the code."""
    assert is_passing(severity, code) is passing


@pytest.mark.parametrize(
    ("severity", "passing", "advice"),
    [
        (Severity.SENDER, True, Advice.US),
        (Severity.HARD, False, Advice.ASK),
        (Severity.SOFT, True, Advice.RETRY),
        (Severity.UNDETERMINED, False, Advice.NOTHING),
    ],
)
def test_each_severity_has_an_advice(severity: Severity, advice: Advice, *, passing: bool) -> None:
    """A reason without anything to do leaves people alone with it."""
    assert Refused(Reason.POLICY, severity, passing, 1).advice is advice
