"""One result of a check: its code, its state, and the facts that words are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

Fact = str | int


class State(StrEnum):
    """The state of what was checked."""

    GOOD = "good"
    WARNING = "warning"
    """Mail goes out, but not as well as it could, or not for long."""
    BAD = "bad"
    """Mail is refused, lost, or not trusted."""
    UNKNOWN = "unknown"
    """It could not be looked up: this says nothing about what was to be checked."""


WORST_FIRST: Final = (State.BAD, State.WARNING, State.UNKNOWN, State.GOOD)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. Front ends word it by its code."""

    code: str
    """`check.what`, one of `codes.CODES`."""
    state: State
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What was seen. Some of it is strangers' text: the DNS and relays say what they like."""

    @property
    def check(self) -> str:
        """Return the check that found it."""
        return self.code.partition(".")[0]


def worst(findings: Iterable[Finding]) -> State:
    """Return the worst state of some findings; of none, good."""
    states = {one.state for one in findings}
    return next((state for state in WORST_FIRST if state in states), State.GOOD)
