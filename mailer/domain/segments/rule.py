"""What an audience rule is made of: terms about a subscriber, joined by `and`, `or` and `not`.

Each part knows the place of its first character in the text, for messages; two rules that differ
in that alone are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from mailer.domain.calendar.attendance import Attendance

LONGEST: Final = 2_000
"""Characters of a rule."""
MOST_TERMS: Final = 100
"""Terms of a rule as it is written."""
DEEPEST: Final = 12
"""Brackets and `not` inside one another."""
MOST_AMONG: Final = 50
"""Values in one list after `in`."""


class Subject(StrEnum):
    """What a term of the form `subject:value` is about."""

    TOPIC = "topic"
    TAG = "tag"
    LANGUAGE = "lang"
    STATUS = "status"
    SEGMENT = "segment"
    HAS = "has"
    """The subscriber has a value of that attribute."""


class Operator(StrEnum):
    """How an attribute, or the day of joining, is compared."""

    EQUAL = "="
    OTHER = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    AMONG = "in"


ORDERED: Final = frozenset({Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST})
"""Operators that only what has an order can have: numbers and dates."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """Holds of all subscribers: `all`."""

    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Bounced:
    """Mail came back since the owner, or the secretariat, last vouched for the address."""

    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Being:
    """The subscriber has that topic, tag, language, status or attribute, or is in that segment."""

    subject: Subject
    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """The day (UTC) on which the subscriber was first known, compared with another."""

    operator: Operator
    day: date
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Had:
    """A campaign, or any campaign of an edition, reached the subscriber.

    So it is also where it may have done so, or is still on its way: whoever asks for those who have
    not had something must not mail them twice (law 1).
    """

    campaign: int = 0
    """0: an edition is meant."""
    edition: str = ""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The subscriber answered the invitation to a calendar entry, about any occurrence of it."""

    entry: str
    attendance: Attendance | None = None
    """None: whatever the answer was."""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compared:
    """An attribute compared with a value; does not hold where the subscriber has none."""

    attribute: str
    operator: Operator
    values: tuple[str, ...]
    """One; several after `in`."""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not."""

    part: Rule
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """Holds where all of its parts do. Made by `joined_by_and`."""

    parts: tuple[Rule, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Any:
    """Holds where one of its parts does. Made by `joined_by_or`."""

    parts: tuple[Rule, ...]
    at: int = field(default=0, compare=False)


Term = Everybody | Bounced | Being | Joined | Had | Answered | Compared
Rule = Term | Not | All | Any


def joined_by_and(parts: Iterable[Rule]) -> Rule:
    """Join rules so that all must hold; `a and (b and c)` is `a and b and c`."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat), flat[0].at if flat else 0)


def joined_by_or(parts: Iterable[Rule]) -> Rule:
    """Join rules so that one must hold; `a or (b or c)` is `a or b or c`."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, Any) else (part,))]
    return flat[0] if len(flat) == 1 else Any(tuple(flat), flat[0].at if flat else 0)


def terms(rule: Rule) -> Iterator[Term]:
    """Yield the terms of a rule, in reading order."""
    match rule:
        case Not(part):
            yield from terms(part)
        case All(parts) | Any(parts):
            for part in parts:
                yield from terms(part)
        case _:
            yield rule


def segments_in(rule: Rule) -> list[str]:
    """Name the segments that a rule speaks of, each once, in reading order."""
    named = (one for one in terms(rule) if isinstance(one, Being))
    return list(dict.fromkeys(one.value for one in named if one.subject is Subject.SEGMENT))


def asks_what_was_had(rule: Rule) -> bool:
    """Tell whether other campaigns decide of whom a rule holds."""
    return any(isinstance(one, Had) for one in terms(rule))
