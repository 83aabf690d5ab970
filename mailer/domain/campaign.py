"""What a campaign may do next: its states, and one table of the ways between them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from mailer.errors import StateError


class State(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    """Created; nothing frozen, nothing sent."""
    SCHEDULED = "scheduled"
    """Starts by itself at its instant."""
    HELD = "held"
    """Came due too late (law 12), or has nothing that may be sent; a person decides."""
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    """Stopped for good; what had not been sent is skipped, and counted."""
    SENT = "sent"
    """Every delivery has its outcome and the books balance."""


class Action(StrEnum):
    """What can happen to a campaign."""

    SEND = "send"
    SCHEDULE = "schedule"
    HOLD = "hold"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    CLOSE = "close"


class Move(NamedTuple):
    """One row of the table: the state that follows, and why the row is there."""

    to: State
    reason: str


FINAL: Final = frozenset({State.SENT, State.CANCELLED})

TRANSITIONS: Final[dict[tuple[State, Action], Move]] = {
    (State.DRAFT, Action.SEND): Move(State.SENDING, "sent by hand"),
    (State.DRAFT, Action.SCHEDULE): Move(State.SCHEDULED, "to start by itself"),
    (State.DRAFT, Action.CANCEL): Move(State.CANCELLED, "given up before it began"),
    (State.SCHEDULED, Action.SEND): Move(State.SENDING, "its time came, or a person was faster"),
    (State.SCHEDULED, Action.SCHEDULE): Move(State.SCHEDULED, "moved to another time"),
    (State.SCHEDULED, Action.HOLD): Move(State.HELD, "came due past its lateness limit"),
    (State.SCHEDULED, Action.CANCEL): Move(State.CANCELLED, "given up before it began"),
    (State.HELD, Action.SEND): Move(State.SENDING, "a person decided that late is good enough"),
    (State.HELD, Action.SCHEDULE): Move(State.SCHEDULED, "a person gave it a new time"),
    (State.HELD, Action.HOLD): Move(State.HELD, "two schedulers saw the same lateness"),
    (State.HELD, Action.CANCEL): Move(State.CANCELLED, "a person decided that it is too late"),
    (State.SENDING, Action.PAUSE): Move(State.PAUSED, "stops at the next delivery's edge"),
    (State.SENDING, Action.CANCEL): Move(State.CANCELLED, "the rest is skipped"),
    (State.SENDING, Action.CLOSE): Move(State.SENT, "the last delivery has its outcome"),
    (State.PAUSED, Action.PAUSE): Move(State.PAUSED, "asked twice"),
    (State.PAUSED, Action.RESUME): Move(State.SENDING, "goes on where it stopped"),
    (State.PAUSED, Action.CANCEL): Move(State.CANCELLED, "the rest is skipped"),
    (State.PAUSED, Action.CLOSE): Move(State.SENT, "what was in flight was all that was left"),
    (State.CANCELLED, Action.CANCEL): Move(State.CANCELLED, "asked twice"),
    (State.CANCELLED, Action.CLOSE): Move(State.CANCELLED, "outcomes in flight came in late"),
    (State.SENT, Action.CLOSE): Move(State.SENT, "two workers finished the last chunks together"),
}

REMEDIES: Final[dict[tuple[State, Action], str]] = {
    (State.SENT, Action.SEND): "A campaign is sent once; create another one to send again.",
    (State.CANCELLED, Action.SEND): "Create another campaign to send after all.",
    (State.SENDING, Action.SEND): "It was started already; `mailer campaigns status` shows it.",
    (State.PAUSED, Action.SEND): "Use `resume` to go on where it stopped.",
    (State.DRAFT, Action.PAUSE): "It has not been started.",
    (State.SENT, Action.CANCEL): "Every delivery has its outcome already.",
}


def next_state(state: State, action: Action, thing: str = "the campaign") -> State:
    """Tell where an action leads from a state.

    Raises:
        StateError: the table has no such row; the caller asked for something that does not fit.
    """
    move = TRANSITIONS.get((state, action))
    if move is None:
        raise StateError(thing, state.value, action.value, REMEDIES.get((state, action), ""))
    return move.to
