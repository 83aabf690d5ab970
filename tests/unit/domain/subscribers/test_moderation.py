"""Moderated topics: what becomes of a reader's choice, over all that can be known of a topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.subscribers.moderation import DECLINED_FOR, sort_out, still_declined
from mailer.domain.subscribers.subscriber import Since
from mailer.domain.subscribers.topic import Topic, Topics

NOW = datetime(2023, 4, 26, 12, tzinfo=UTC)
TOPICS = Topics([Topic("bulletin"), Topic("press", moderated=True), Topic("board", moderated=True)])
IDS = ("bulletin", "press", "board", "gone")


@pytest.mark.parametrize(
    ("topic", "held", "declined"), [*product(IDS, (False, True), (None, 0, 29, 30, 31))]
)
def test_a_topic_is_on_waits_or_is_declined(topic: str, held: bool, declined: int | None) -> None:
    """A moderated topic is on only for who has it; a no counts for thirty days."""
    said = [] if declined is None else [Since(topic, NOW - timedelta(days=declined))]
    found = sort_out(TOPICS, [topic], [topic] if held else [], said, NOW)
    on = held or topic not in TOPICS.moderated
    no = not on and declined is not None and declined < 30
    assert found.on == ((topic,) if on else ())
    assert found.declined == ((topic,) if no else ())
    assert found.waiting == (() if on or no else (topic,))


@given(
    wanted=st.lists(st.sampled_from(IDS), unique=True),
    held=st.sets(st.sampled_from(IDS)),
    declined=st.lists(
        st.builds(
            Since,
            st.sampled_from(IDS),
            st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
        )
    ),
)
def test_every_topic_that_is_wanted_goes_one_way(
    wanted: list[str], held: set[str], declined: list[Since]
) -> None:
    """None is lost, none is doubled, and none that was not asked for comes in."""
    found = sort_out(TOPICS, wanted, held, declined, NOW)
    assert sorted([*found.on, *found.waiting, *found.declined]) == sorted(wanted)
    assert TOPICS.moderated.intersection(found.on) <= held


def test_a_no_counts_until_its_time_is_over() -> None:
    """To the second: the page names the day."""
    said = Since("press", NOW)
    almost = NOW + DECLINED_FOR - timedelta(seconds=1)
    assert still_declined([said], almost) == (said,)
    assert still_declined([said], NOW + DECLINED_FOR) == ()
