"""What a campaign may do next: the whole table, state by action."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.campaign import (
    FINAL,
    TRANSITIONS,
    Action,
    Counts,
    State,
    is_too_late,
    next_state,
)
from mailer.errors import StateError


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_every_action_either_leads_somewhere_or_says_why_not(state: State, action: Action) -> None:
    """A late or repeated request must never end in a guess."""
    move = TRANSITIONS.get((state, action))
    if move:
        assert next_state(state, action) is move.to
        assert move.reason
    else:
        with pytest.raises(StateError, match=rf"Cannot {action.value} .* it is (a )?{state.value}"):
            next_state(state, action)


def test_nothing_leads_out_of_an_end() -> None:
    """A campaign that is sent or cancelled stays so: it can be sent once (law 1)."""
    for (state, _), move in TRANSITIONS.items():
        if state in FINAL:
            assert move.to is state


def test_every_state_can_be_reached_and_every_other_one_can_be_left() -> None:
    """A state without a way in or out is a mistake in the table."""
    ways_in = {move.to for (state, _), move in TRANSITIONS.items() if move.to is not state}
    ways_out = {state for (state, _), move in TRANSITIONS.items() if move.to is not state}
    assert ways_in == set(State) - {State.DRAFT}
    assert ways_out == set(State) - FINAL


@given(st.tuples(*[st.integers(0, 9) for _ in range(6)]), st.integers(0, 40))
def test_books_balance_only_when_the_parts_make_up_the_whole(
    parts: tuple[int, ...], planned: int
) -> None:
    """Law 2: a count that does not add up must be seen, whichever part is wrong."""
    accepted, rejected, skipped, unknown, outstanding, resend = parts
    counts = Counts(
        planned, accepted, rejected, skipped, unknown, outstanding,
        resend=resend, planned_at_start=planned,
    )  # fmt: skip
    whole = accepted + rejected + skipped + unknown + outstanding
    assert counts.balanced == (planned == whole)
    assert counts.complete == (planned == whole and not outstanding and not resend)


def test_late_is_decided_by_its_limit() -> None:
    """Law 12: to the second, a limit is a limit."""
    due = datetime(2023, 4, 12, 7, tzinfo=UTC)
    limit = timedelta(hours=6)
    assert not is_too_late(due, due + limit, limit)
    assert is_too_late(due, due + limit + timedelta(seconds=1), limit)
