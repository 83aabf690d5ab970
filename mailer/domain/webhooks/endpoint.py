"""One place that events are sent to: what it wants, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.events import EVENT_TYPES
from mailer.domain.transitions import Transitions
from mailer.errors import InputError, Problem

ROTATION: Final = timedelta(hours=24)
"""How long the old secret signs beside the new one."""
OWN: Final = "webhook."
"""What the types of events about web hooks begin with. They are sent to nobody: each failure would
be news of its own, and the secretariat is told by mail."""
EVERYTHING: Final = "*"
LONGEST_NOTE: Final = 200
IDENTITY: Final = re.compile(r"wh[0-9a-f]{12}")
"""What ids look like. They are drawn, not counted: a number would come again where a copy of the
store is restored, and its secret with it (law 16)."""


class State(StrEnum):
    """Whether an endpoint is told of events."""

    ACTIVE = "active"
    PAUSED = "paused"
    """A person wants it so."""
    STOPPED = "stopped"
    """It did not take what it was sent; a person has to look at it."""


class Action(StrEnum):
    """What happens to an endpoint."""

    PAUSE = "pause"
    RESUME = "resume"
    GIVE_UP = "give up"
    """It took nothing for three days."""
    GONE = "gone"
    """It answered that it is gone for good (RFC 9110 section 15.5.11)."""


TRANSITIONS: Final = Transitions(
    "web hook",
    {
        (State.ACTIVE, Action.PAUSE): (State.PAUSED, "a person paused it"),
        (State.ACTIVE, Action.RESUME): (State.ACTIVE, "was active already"),
        (State.ACTIVE, Action.GIVE_UP): (State.STOPPED, "took nothing for three days"),
        (State.ACTIVE, Action.GONE): (State.STOPPED, "answered that it is gone (410)"),
        (State.PAUSED, Action.PAUSE): (State.PAUSED, "was paused already"),
        (State.PAUSED, Action.RESUME): (State.ACTIVE, "a person lets it go on"),
        (State.PAUSED, Action.GIVE_UP): (State.PAUSED, "an attempt ended after the pause"),
        (State.PAUSED, Action.GONE): (State.PAUSED, "an attempt ended after the pause"),
        (State.STOPPED, Action.PAUSE): (State.PAUSED, "a person wants it to stay so"),
        (State.STOPPED, Action.RESUME): (State.ACTIVE, "a person says that it works again"),
        (State.STOPPED, Action.GIVE_UP): (State.STOPPED, "another attempt ended late"),
        (State.STOPPED, Action.GONE): (State.STOPPED, "another attempt ended late"),
    },
)
"""Every action fits every state: an attempt may end after a person decided otherwise."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint, as stored. Its secrets are derived from its id; see `signing`."""

    id: str
    url: str
    """May hold a secret in its path or query; never logged, and in no event."""
    types: tuple[str, ...]
    """Types of events: exact, or such as `campaign.*`; `*` is all."""
    created: datetime
    state: State = State.ACTIVE
    reason: str = ""
    """Why it is not active."""
    by: str = ""
    """Who paused it; empty for the service itself."""
    changed: datetime | None = None
    """When it got its state, if that ever changed."""
    secret: int = 1
    """Number of its present secret."""
    rotated: datetime | None = None
    """When that took the place of the one before."""
    note: str = ""
    """What it is for, in a person's words."""

    def wants(self, event_type: str) -> bool:
        """Tell whether events of a type are sent to it."""
        return not event_type.startswith(OWN) and any(_fits(event_type, one) for one in self.types)

    def secrets(self, now: datetime) -> tuple[int, ...]:
        """Return the numbers of the secrets that sign at an instant, the present one first."""
        if self.rotated and self.secret > 1 and now < self.rotated + ROTATION:
            return self.secret, self.secret - 1
        return (self.secret,)

    def after(self, action: Action, now: datetime, *, by: str = "", reason: str = "") -> Endpoint:
        """Return it as it is after an action; the same where nothing changes.

        Args:
            action: what happened.
            now: the present.
            by: who did it; empty for the service itself.
            reason: in words; empty: as the table says.
        """
        move = TRANSITIONS[self.state, action]
        if move.to is self.state:
            return self
        if move.to is State.ACTIVE:
            return replace(self, state=move.to, reason="", by="", changed=now)
        return replace(self, state=move.to, reason=reason or move.reason, by=by, changed=now)


def parse_types(given: Iterable[str]) -> tuple[str, ...]:
    """Read which types of events are wanted; drops repeats.

    Raises:
        InputError: with a problem for each that there is not, or because there is none.
    """
    wanted = tuple(dict.fromkeys(one.strip().lower() for one in given if one.strip()))
    problems = [
        Problem(
            "types",
            f'there are no events of type "{one}"',
            remedy,
            code="webhook.unknown_event",
            facts={"given": one},
        )
        for one in wanted
        if (remedy := _remedy(one))
    ]
    if not wanted:
        remedy = "name types of events, such as campaign.finished, campaign.* or *"
        problems = [Problem("types", "no type of events is named", remedy, code="missing")]
    if problems:
        raise InputError(problems)
    return wanted


def parse_note(text: str) -> str:
    """Read what an endpoint is for, on one line.

    Raises:
        InputError: it is too long, or holds what cannot be seen.
    """
    note = " ".join(text.split())
    if len(note) > LONGEST_NOTE or not note.isprintable():
        remedy = f"write up to {LONGEST_NOTE} letters that can be seen"
        raise InputError.of("note", "the note cannot be taken", remedy, code="bad_text")
    return note


def _fits(event_type: str, wanted: str) -> bool:
    if wanted == EVERYTHING:
        return True
    if wanted.endswith(".*"):
        return event_type.startswith(wanted[:-1])
    return event_type == wanted


def _remedy(wanted: str) -> str:
    """Say what to do about a type that there is not; empty: there is."""
    if wanted == EVERYTHING:
        return ""
    if wanted.startswith(OWN):
        return "of what befalls web hooks the secretariat is told by mail, and nobody by a web hook"
    if any(_fits(one, wanted) for one in EVENT_TYPES):
        return ""
    return "the documentation lists them; a group of them is such as campaign.*"
