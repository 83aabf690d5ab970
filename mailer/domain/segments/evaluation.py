"""Says whether an audience rule holds of one subscriber: what bitmaps must agree with.

Slow and plain on purpose: the store answers for a million by bitmaps, and is tested against this.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any as Anything
from typing import Final

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.segments.rule import (
    All,
    Answered,
    Any,
    Being,
    Bounced,
    Compared,
    Everybody,
    Had,
    Joined,
    Not,
    Operator,
    Rule,
    Subject,
    Term,
)
from mailer.domain.subscribers.attributes import Attribute, Kind, folded

_COMPARE: Final[Mapping[Operator, Callable[[Anything, Anything], bool]]] = {
    Operator.EQUAL: operator.eq,
    Operator.OTHER: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules can ask of one subscriber."""

    language: str
    status: str
    joined: date
    """The day (UTC) on which the subscriber was first known."""
    topics: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    campaigns: frozenset[int] = frozenset()
    """Those that reached, may have reached, or are on their way to the subscriber."""
    editions: frozenset[str] = frozenset()
    """Editions that such campaigns sent."""
    bounced: bool = False
    answers: frozenset[tuple[str, Attendance]] = frozenset()
    """By entry; about whichever occurrence."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Canonical values."""


def holds(rule: Rule, facts: Facts, attributes: Mapping[str, Attribute]) -> bool:
    """Tell whether a rule holds of a subscriber.

    Args:
        rule: valid, and without names of segments; see `expansion`.
        facts: about the subscriber.
        attributes: those that are declared, by name.
    """
    match rule:
        case Any(parts):
            return any(holds(part, facts, attributes) for part in parts)
        case All(parts):
            return all(holds(part, facts, attributes) for part in parts)
        case Not(part):
            return not holds(part, facts, attributes)
        case _:
            return _term(rule, facts, attributes)


def _term(term: Term, facts: Facts, attributes: Mapping[str, Attribute]) -> bool:  # noqa: PLR0911 - one for each kind of term
    match term:
        case Everybody():
            return True
        case Bounced():
            return facts.bounced
        case Being(subject, value):
            return _is(subject, value, facts, attributes)
        case Joined(compared, day):
            return _COMPARE[compared](facts.joined, day)
        case Had(campaign, edition):
            return campaign in facts.campaigns if campaign else edition in facts.editions
        case Answered(entry, attendance):
            asked = [attendance] if attendance else [*Attendance]
            return any((entry, one) in facts.answers for one in asked)
        case Compared(name, compared, values):
            return _compared(attributes[name], compared, values, facts.attributes.get(name, ""))


def _is(subject: Subject, value: str, facts: Facts, attributes: Mapping[str, Attribute]) -> bool:
    match subject:
        case Subject.TOPIC:
            return value in facts.topics
        case Subject.TAG:
            return value in facts.tags
        case Subject.LANGUAGE:
            return value == facts.language
        case Subject.STATUS:
            return value == facts.status
        case Subject.HAS:
            return bool(facts.attributes.get(attributes[value].name))
        case Subject.SEGMENT:
            raise ValueError(f"the segment {value!r} stands in a rule yet")


def _compared(
    attribute: Attribute, compared: Operator, values: tuple[str, ...], known: str
) -> bool:
    if not known:
        return False
    ours = _in_order(attribute, known)
    theirs = [_in_order(attribute, attribute.read(value)) for value in values]
    if compared is Operator.AMONG:
        return ours in theirs
    return _COMPARE[compared](ours, theirs[0])


def _in_order(attribute: Attribute, value: str) -> Anything:
    """Return what compares as the values do."""
    match attribute.kind:
        case Kind.TEXT:
            return folded(value)
        case Kind.NUMBER:
            return Decimal(value)
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.CHOICE:
            return value
