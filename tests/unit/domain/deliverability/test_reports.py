"""Sums of what others report."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.deliverability.reports import (
    KEPT_DAYS,
    Kind,
    Sums,
    What,
    added,
    is_ours,
    is_timely,
)

COUNTS = st.dictionaries(st.sampled_from(list(What)), st.integers(0, 1000))
SUMS = st.builds(
    Sums,
    st.sampled_from(list(Kind)),
    st.sampled_from(["a.example", "b.example"]),
    st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"]),
    COUNTS,
)


@given(st.lists(SUMS, max_size=12))
def test_nothing_is_lost_by_adding_up_in_whatever_order(days: list[Sums]) -> None:
    """The sums of the sources are the sums of the days."""
    made = added(days)
    for what in What:
        assert sum(one.count(what) for one in made) == sum(one.count(what) for one in days)
    assert made == added(reversed(days))
    assert len({(one.kind, one.domain, one.source) for one in made}) == len(made)
    assert [one.all for one in made] == sorted((one.all for one in made), reverse=True)
    assert all(one.failed >= 0 for one in made)


def test_what_is_ours_and_of_late() -> None:
    """A domain of the organisation, and a day that sums are kept of."""
    assert is_ours("News.Example.org.", ["lists.example.org"])
    assert not is_ours("example.com", ["lists.example.org"])
    assert not is_ours("", ["lists.example.org"])
    today = date(2023, 4, 12)
    assert is_timely(today + timedelta(days=1), today)
    assert not is_timely(today + timedelta(days=2), today)
    assert not is_timely(today - timedelta(days=KEPT_DAYS), today)
