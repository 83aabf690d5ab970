"""What became of an export: each row ends in exactly one way, and the sums balance (law 11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.services.moving_in.people import Place

SHOWN: Final = 20


class Outcome(StrEnum):
    """How a row ends."""

    ADDED = "added"
    CHANGED = "changed"
    """Was on the list already, and gets further topics."""
    UNCHANGED = "unchanged"
    TAKEN_OFF = "taken off"
    """Is kept as one who is not mailed, or not any more."""
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    TOGETHER = "taken together"
    """Is about the same address as an earlier row, with which it was taken together."""
    REFUSED = "refused"


MOVED: Final = frozenset({Outcome.ADDED, Outcome.CHANGED})
FAILED: Final = frozenset({Outcome.SKIPPED, Outcome.REFUSED})
"""Ends that a person may want to look at one by one."""


class Ended(NamedTuple):
    """A row with its end."""

    place: Place
    outcome: Outcome
    reason: str


@dataclass(slots=True)
class MoveReport:
    """What became of an export, or would."""

    program: str
    dry_run: bool
    rows: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    """There: status -> rows."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """There, as written; of those who may be mailed, as all that follows."""
    lists: Mapping[str, int] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    """List -> topic here, or a hyphen."""
    unmapped: tuple[str, ...] = ()
    """Lists of which nobody has said what becomes of them."""
    tags: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, int] = field(default_factory=dict)
    """What else is known of readers, and has no place here."""
    lost_languages: Mapping[str, int] = field(default_factory=dict)
    lost_tags: Mapping[str, int] = field(default_factory=dict)
    lost_names: int = 0
    aside: tuple[str, ...] = ()
    """Files of an archive that are none of readers."""
    counts: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    shown: list[Ended] = field(default_factory=list)
    """The first of those that were skipped or refused."""
    tell: Callable[[Ended], None] = lambda _ended: None
    """Is told of each row."""

    def end(self, place: Place, outcome: Outcome, reason: str) -> None:
        """Count how a row ended."""
        ended = Ended(place, outcome, reason)
        self.counts[outcome] += 1
        self.reasons[outcome, reason] += 1
        if outcome in FAILED and len(self.shown) < SHOWN:
            self.shown.append(ended)
        self.tell(ended)

    @property
    def balanced(self) -> bool:
        """Tell whether each row has ended in exactly one way."""
        return self.counts.total() == self.rows

    @property
    def changes(self) -> int:
        """Count the rows that change anything here."""
        kinds = (*MOVED, Outcome.TAKEN_OFF, Outcome.SUPPRESSED)
        return sum(self.counts[one] for one in kinds)
