"""The next acts of a campaign: the whole table, state by action."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.campaign import (
    FINAL,
    TRANSITIONS,
    About,
    Action,
    Campaign,
    Content,
    Counts,
    State,
    is_repeat,
    is_too_late,
)
from mailer.errors import StateError

NOW = datetime(2023, 4, 12, 7, tzinfo=UTC)
WAYS = {
    State.DRAFT: "send sending, schedule scheduled, cancel cancelled",
    State.SCHEDULED: "send sending, schedule scheduled, hold held, cancel cancelled",
    State.HELD: "send sending, schedule scheduled, hold held, cancel cancelled",
    State.SENDING: "pause paused, cancel cancelled, close sent, retry sending",
    State.PAUSED: "pause paused, resume sending, cancel cancelled, close sent, retry paused",
    State.CANCELLED: "cancel cancelled, close cancelled",
    State.SENT: "close sent, retry sending",
}
"""Each state's actions, and where they lead."""


def campaign(state: State = State.SENDING, **fields: Any) -> Campaign:
    """Make campaign 7, which mails the edition `small` to subscribers of `bulletin`."""
    return Campaign(7, state, fields.pop("edition", "small"), "bulletin", NOW, **fields)


@pytest.mark.parametrize("state", State)
def test_each_action_leads_where_people_expect_it_to(state: State) -> None:
    """Written down once more, so that no change to the table passes unseen."""
    ways = {action: move.to for (begin, action), move in TRANSITIONS.items() if begin is state}
    expected = [way.split() for way in WAYS[state].split(", ")]
    assert ways == {Action(action): State(to) for action, to in expected}


@pytest.mark.parametrize(
    ("state", "action", "repeats"),
    [
        (State.PAUSED, Action.PAUSE, True),
        (State.CANCELLED, Action.CANCEL, True),
        (State.SENT, Action.CLOSE, True),
        (State.HELD, Action.HOLD, True),
        (State.SCHEDULED, Action.SCHEDULE, False),
        (State.SENDING, Action.PAUSE, False),
    ],
)
def test_what_is_so_already_makes_no_event(state: State, action: Action, *, repeats: bool) -> None:
    """Another time is news though the campaign stays scheduled; a second pause is none."""
    assert is_repeat(state, action) is repeats


def test_a_campaign_is_known_outside_by_its_identity() -> None:
    """Law 16: its number may have been another's; one from before identities has nothing else."""
    assert campaign(identity=901).mailing == 901
    assert campaign().mailing == 7
    assert campaign().name == "campaign 7"


def test_only_one_that_is_sending_pauses_itself() -> None:
    """A reason that is left from before must not make a finished campaign look stuck."""
    assert campaign(reason="the relay refuses us").pauses_itself
    assert campaign(reason="the relay refuses us").standing == "paused by itself"
    assert not campaign().pauses_itself
    for state in set(State) - {State.SENDING}:
        other = campaign(state, reason="the relay refuses us")
        assert not other.pauses_itself
        assert other.standing == state.value


def test_what_a_campaign_sends_is_told_from_what_it_is_about() -> None:
    """An edition, a reminder and a notice are sent alike and must not be taken for one another."""
    reminder = campaign(edition="", about=About("msme-day", NOW, offset="P7D"))
    notice = campaign(edition="", about=About("msme-day", NOW, known="2"))
    assert (campaign().content, campaign().what) == (Content.EDITION, "small")
    assert (reminder.content, reminder.what) == (Content.REMINDER, "reminder of msme-day (P7D)")
    assert (notice.content, notice.what) == (Content.NOTICE, "change of msme-day")


def test_what_has_ended_is_over_to_the_instant() -> None:
    """Nobody wants a reminder of yesterday's meeting."""
    moment = timedelta(microseconds=1)
    about = About("msme-day", NOW, offset="P7D", until=NOW)
    assert campaign(about=about).is_over(NOW)
    assert not campaign(about=about).is_over(NOW - moment)
    assert not campaign(about=About("msme-day", NOW, offset="P7D")).is_over(NOW + moment)
    assert not campaign().is_over(NOW)


def test_readers_of_any_of_its_topics_are_concerned() -> None:
    """A person who sends a campaign reads whom it is for."""
    both = campaign(also=("meetings",))
    assert both.topics == ("bulletin", "meetings")
    assert both.readers == "bulletin or meetings"


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_every_action_either_leads_somewhere_or_says_why_not(state: State, action: Action) -> None:
    """A late or repeated request must never end in a guess."""
    move = TRANSITIONS.get((state, action))
    if move:
        assert TRANSITIONS.follow(state, action, "it") is move
        assert move.reason
    else:
        with pytest.raises(StateError, match=rf"Cannot {action.value} .* it is (a )?{state.value}"):
            TRANSITIONS.follow(state, action, "it")


def test_nothing_leads_out_of_an_end_but_to_try_again_what_did_not_arrive() -> None:
    """A campaign that is sent or cancelled stays so: whoever had it has it once (law 1)."""
    for (state, action), move in TRANSITIONS.items():
        if state in FINAL and (state, action) != (State.SENT, Action.REOPEN):
            assert move.to is state


def test_every_state_can_be_reached_and_every_other_one_can_be_left() -> None:
    """A state without a way in or out is a mistake in the table."""
    ways_in = {move.to for (state, _), move in TRANSITIONS.items() if move.to is not state}
    ways_out = {state for (state, _), move in TRANSITIONS.items() if move.to is not state}
    assert ways_in == set(State) - {State.DRAFT}
    assert ways_out == set(State) - {State.CANCELLED}


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
    assert counts.settled == whole - outstanding
    assert counts.complete == (planned == whole and not outstanding and not resend)
    assert not replace(counts, planned_at_start=planned + 1).balanced


@pytest.mark.parametrize(
    ("counts", "complete"),
    [
        (Counts(3, 1, 1, 1, 0, 0, planned_at_start=3), True),
        (Counts(3, 1, 1, 0, 1, 0, planned_at_start=3), True),
        (Counts(3, 1, 1, 0, 0, 1, planned_at_start=3), False),
        (Counts(3, 1, 1, 0, 1, 0, resend=1, planned_at_start=3), False),
        (Counts(3, 1, 1, 0, 0, 0, planned_at_start=3), False),
    ],
    ids=["all settled", "one unknown", "one outstanding", "one to send again", "one missing"],
)
def test_a_campaign_is_complete_when_nothing_is_left_to_do(
    counts: Counts, *, complete: bool
) -> None:
    """Law 2: books are closed neither over a delivery that still goes nor over a missing one."""
    assert counts.complete is complete


@pytest.mark.parametrize("action", [Action.SEND, Action.SCHEDULE])
@pytest.mark.parametrize("state", State)
def test_whoever_cannot_send_is_told_what_to_do_instead(state: State, action: Action) -> None:
    """“Cannot” alone leaves a secretary with an edition that readers wait for."""
    assert ((state, action) in TRANSITIONS) != bool(TRANSITIONS.remedies.get((state, action)))


def test_late_is_decided_by_its_limit() -> None:
    """Law 12: to the second, a limit is a limit."""
    due = datetime(2023, 4, 12, 7, tzinfo=UTC)
    limit = timedelta(hours=6)
    assert not is_too_late(due, due + limit, limit)
    assert is_too_late(due, due + limit + timedelta(seconds=1), limit)
