"""A campaign that sends makes room for others, and goes on where nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mailer.services.sending.worker_context import Turn


class Watch:
    """A loop's clock that moves by hand."""

    now = 100.0

    def time(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Have turns go by that clock."""
    made = Watch()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: made)
    return made


def answers(*said: bool) -> tuple[Callable[[], bool], list[bool]]:
    """Return what gives these answers, and those that it has not given yet."""
    left = list(said)
    return lambda: left.pop(0), left


def test_a_turn_is_over_once_others_wait_and_stays_so(watch: Watch) -> None:
    """Two campaigns share a worker fairly."""
    ask, left = answers(True)
    turn = Turn(2, 60, ask)
    watch.now += 2
    assert turn.overdue() is None
    assert left == [True], "nobody is asked before the time"
    watch.now += 0.5
    assert turn.overdue() == pytest.approx(0.5)
    watch.now += 1
    assert turn.overdue() == pytest.approx(1.5)
    assert left == [], "asked once"


def test_a_turn_goes_on_while_nobody_waits_and_asks_no_more_often_than_that(watch: Watch) -> None:
    """To stop and begin anew costs a thirtieth of a second, in which nothing is sent."""
    ask, left = answers(False, False, True)
    turn = Turn(2, 60, ask)
    for expected in (2, 1):
        watch.now += 2.1
        assert turn.overdue() is None
        assert turn.overdue() is None
        assert len(left) == expected
    watch.now += 2.1
    assert turn.overdue() == pytest.approx(0.1)


def test_a_turn_ends_some_time_anyway(watch: Watch) -> None:
    """A job that never ends would look like one that hangs."""
    turn = Turn(2, 60, lambda: False)
    watch.now += 59
    assert turn.overdue() is None
    watch.now += 5
    assert turn.overdue() is not None


def test_without_anybody_to_ask_a_turn_is_as_long_as_was_said(watch: Watch) -> None:
    """The plain case."""
    turn = Turn(2)
    watch.now += 2.25
    assert turn.overdue() == pytest.approx(0.25)
