"""Effect of bounces on a subscriber: a score that is kept by days, and suspension at its limit.

    what was said of a delivery -> `mark_of` -> `after` (the score with it) -> an `Effect`

The score is a set of marks, at most one a day that counts, so that the same bounce counts once
however often its mail is read or its chunk is repeated. What a bounce means is judged elsewhere
(`bounces.judge`); the script `bounced` carries out what `after` says, for many at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.domain.bounces.judge import weigh
from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.inbound.kinds import Action, Bounce, Reason, Severity
from mailer.domain.subscribers.subscriber import TRANSITIONS, Status
from mailer.domain.subscribers.subscriber import Action as Happens

LONGEST: Final = 300
"""Characters of a diagnostic that are kept."""
_EPOCH: Final = date(1970, 1, 1).toordinal()
_WORD: Final = re.compile(r"(\d{1,7})([sh])")


class Mark(NamedTuple):
    """One bounce that counts."""

    day: int
    """Days since 1970, UTC."""
    letter: str
    """`h` for hard, `s` for soft."""


class Effect(StrEnum):
    """The effect of a bounce."""

    SUSPENDED = "suspended"
    """It was one too many."""
    COUNTED = "counted"
    REPEATED = "repeated"
    """One as bad counts on that day already."""
    STALE = "stale"
    """The mail was sent before the reader confirmed again, or is too old to count (case 63)."""
    LATE = "late"
    """The subscriber gets no mail already."""
    NONE = "none"
    """It says nothing about the address: a delay, or about us."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits from which bounces are too many."""

    hard_limit: int = 1
    """Hard bounces, on different days, at which a subscriber is suspended."""
    soft_limit: int = 5
    """Soft ones."""
    stale_days: int = 30
    """The number of days after which a bounce no longer counts."""

    def units(self, letter: str) -> int:
        """Tell what a mark adds; in units of which `limit` are too many."""
        return self.soft_limit if letter == "h" else self.hard_limit

    @property
    def limit(self) -> int:
        """Tell at how many units a subscriber is suspended."""
        return self.hard_limit * self.soft_limit

    def since(self, today: int) -> int:
        """Tell the last day whose marks count no more."""
        return today - self.stale_days


@dataclass(frozen=True, slots=True)
class Said:
    """The statement about one delivery, by a report or by a relay's reply."""

    severity: Severity
    reason: Reason
    status: str = ""
    """Enhanced status code, or empty."""
    words: str = ""
    delayed: bool = False

    @property
    def letter(self) -> str:
        """Tell what kind of mark it makes; empty: none.

        Where nothing tells why mail came back for good it counts as soft: an address at which it
        does so day after day reaches nobody, and its owner is told how to come back.
        """
        if self.delayed or self.severity is Severity.SENDER:  # cases 56 and 59
            return ""
        return "h" if self.severity is Severity.HARD else "s"

    @property
    def alarms(self) -> bool:
        """Tell whether the secretariat has to know: it is about us, and will go on."""
        return self.severity is Severity.SENDER and not self.delayed


def of_report(bounce: Bounce) -> Said:
    """Return the statement of a report about a recipient."""
    return Said(
        bounce.severity,
        bounce.reason,
        bounce.status,
        bounce.diagnostic[:LONGEST],
        delayed=bounce.action is Action.DELAYED,
    )


def of_refusal(attempt: Attempt) -> Said | None:
    """Judge what ended a delivery as rejected; none: it says nothing about the reader.

    That is so where no reply was had, for then our relay failed. A reply below 500 ended it because
    it was repeated for too long: what may heal is never hard. Before RCPT, and where the relay
    speaks of us, it is never the reader's (law 14).
    """
    if attempt.outcome is not Outcome.REJECTED or not attempt.code:
        return None
    found = weigh(attempt.text, attempt.enhanced, attempt.code, attempt.stage, own=True)
    reason, severity = found.reason, found.severity
    if attempt.code < 500 and severity is Severity.HARD:
        severity = Severity.SOFT
    return Said(severity, reason, attempt.enhanced, attempt.text[:LONGEST])


def decisive(said: Iterable[Said]) -> Said | None:
    """Choose what counts among what a report says of several addresses behind the reader's.

    The mildest: as long as one of them may work, so may the reader's address.
    """
    order = (Severity.SENDER, Severity.UNDETERMINED, Severity.SOFT, Severity.HARD)
    return min(said, key=lambda one: (not one.delayed, order.index(one.severity)), default=None)


class Verdict(NamedTuple):
    """The consequence of a bounce."""

    effect: Effect
    status: Status
    """The subscriber's status from now on."""
    marks: tuple[Mark, ...]
    """Likewise; those that count no more are gone."""
    units: int
    """The sum of their units."""


def after(  # all that it depends on
    policy: Policy,
    status: Status,
    marks: Iterable[Mark],
    said: Said,
    *,
    day: int,
    today: int,
    again: bool = False,
) -> Verdict:
    """Decide the consequence of a bounce.

    Args:
        policy: the limits.
        status: of the subscriber.
        marks: of the bounces before.
        said: what was said.
        day: on which it was said.
        today: the present.
        again: true if the reader confirmed again after the mail was sent (case 63).
    """
    kept = tuple(sorted(set(marks)))
    units = score(policy, kept, today)
    if not said.letter:
        return Verdict(Effect.NONE, status, kept, units)
    to = TRANSITIONS.ways(Happens.SUSPEND).get(status, status)
    if to is not Status.SUSPENDED or status is Status.SUSPENDED:
        return Verdict(Effect.LATE, status, kept, units)
    if again or day <= policy.since(today):
        return Verdict(Effect.STALE, status, kept, units)
    fresh = {one for one in kept if one.day > policy.since(today)}
    more = tuple(sorted({*fresh, Mark(day, said.letter)}))
    units, before = score(policy, more, today), units
    if units >= policy.limit:
        return Verdict(Effect.SUSPENDED, to, more, units)
    if units == before:
        return Verdict(Effect.REPEATED, status, kept, units)
    return Verdict(Effect.COUNTED, status, more, units)


def score(policy: Policy, marks: Iterable[Mark], today: int) -> int:
    """Add up the marks that count: the worst of each day (`Policy.units`)."""
    worst: dict[int, int] = {}
    for one in marks:
        if one.day > policy.since(today):
            worst[one.day] = max(worst.get(one.day, 0), policy.units(one.letter))
    return sum(worst.values())


def day_of(instant: datetime) -> int:
    """Number an instant's day, in the zone that it is given in."""
    return instant.date().toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the date of a day's number."""
    return date.fromordinal(day + _EPOCH)


def read(text: str) -> tuple[Mark, ...]:
    """Read marks as the store keeps them: `19459s 19460h`."""
    return tuple(sorted({Mark(int(day), letter) for day, letter in _WORD.findall(text)}))
