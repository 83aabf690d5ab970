"""Translates an audience rule into an expression over bitmaps.

Numbers, dates and digests of texts are kept as a bitmap for each binary digit of their codes: who
has a lower code than another is found by going through the digits once, from the last one
(O'Neil and Quass, "Improved Query Performance with Variant Indexes", 1997).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
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
from mailer.domain.subscribers.attributes import DIGITS, Attribute, Kind
from mailer.store import keys
from mailer.store.segments.bitmaps import EVERYBODY, NOBODY, AllOf, AnyOf, Bitmap, Key, Without

JOINED_DIGITS: Final = 16
_EPOCH: Final = date(1970, 1, 1)
LEFT_OUT: Final = ("rejected", "skipped")
"""Of a ledger's bitmaps, those whose readers did not get it after all."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule's translation takes beside the rule."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """Those that are declared, by name."""
    started: Collection[int] = ()
    """Campaigns that were started: only those reached anybody."""
    editions: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Edition -> the campaigns that were started with it."""


def had(campaign: int) -> Bitmap:
    """Find whom a campaign that was started reached, may have reached, or reaches yet."""
    audience, *left_out = (Key(keys.ledger(campaign, name)) for name in ("audience", *LEFT_OUT))
    return Without(audience, AnyOf(tuple(left_out)))


def compiled(rule: Rule, given: Given) -> Bitmap:
    """Translate a rule that is valid, and speaks of no segments any more."""
    match rule:
        case Any(parts):
            return AnyOf(tuple(compiled(part, given) for part in parts))
        case All(parts):
            return AllOf(tuple(compiled(part, given) for part in parts))
        case Not(part):
            return Without(EVERYBODY, compiled(part, given))
        case _:
            return AllOf((EVERYBODY, _term(rule, given)))


def _term(term: Term, given: Given) -> Bitmap:  # noqa: PLR0911 - one for each kind of term
    match term:
        case Everybody():
            return EVERYBODY
        case Bounced():
            return Key(keys.BOUNCED)
        case Being(subject, value):
            return _being(subject, value, given)
        case Joined(operator, day):
            digits = [Key(keys.joined_bits(place)) for place in range(JOINED_DIGITS)]
            return _compared(EVERYBODY, digits, operator, [(day - _EPOCH).days])
        case Had(campaign, edition):
            asked = [campaign] if campaign else given.editions.get(edition, ())
            return AnyOf(tuple(had(one) for one in asked if one in given.started))
        case Answered(entry, attendance):
            answers = [attendance] if attendance else [*Attendance]
            return AnyOf(tuple(Key(keys.answered_bits(entry, one)) for one in answers))
        case Compared(name, operator, values):
            return _attribute(given.attributes[name], operator, values)


def _being(subject: Subject, value: str, given: Given) -> Bitmap:
    match subject:
        case Subject.TOPIC:
            return Key(keys.topic_bits(value))
        case Subject.TAG:
            return Key(keys.tag_bits(value))
        case Subject.LANGUAGE:
            return Key(keys.language_bits(value))
        case Subject.STATUS:
            return Key(keys.status_bits(value))
        case Subject.HAS:
            return _marked(given.attributes[value].mark)
        case Subject.SEGMENT:
            raise ValueError(f"the segment {value!r} stands in a rule yet")


def _marked(mark: str) -> Key:
    return Key(keys.attribute_bits(mark))


def _attribute(attribute: Attribute, operator: Operator, values: Sequence[str]) -> Bitmap:
    asked = [attribute.read(value) for value in values]
    some = _marked(attribute.mark)
    if attribute.kind is Kind.CHOICE:
        these = AnyOf(tuple(_marked(attribute.choice(value)) for value in asked))
        return Without(some, these) if operator is Operator.OTHER else these
    places = range(DIGITS[attribute.kind])
    digits = [_marked(attribute.digit(place)) for place in places]
    return _compared(some, digits, operator, [attribute.code(value) for value in asked])


def _compared(
    some: Bitmap, digits: Sequence[Bitmap], operator: Operator, codes: Sequence[int]
) -> Bitmap:
    """Compare codes with others.

    Args:
        some: those who have a code.
        digits: for each binary digit, the last one first, those in whose code it is 1.
        operator: how to compare.
        codes: with which; one, but after `in`.
    """
    code = codes[0]
    match operator:
        case Operator.LESS:
            return _below(some, digits, code)
        case Operator.AT_MOST:
            return _below(some, digits, code + 1)
        case Operator.AT_LEAST:
            return Without(some, _below(some, digits, code))
        case Operator.MORE:
            return Without(some, _below(some, digits, code + 1))
        case Operator.EQUAL | Operator.AMONG:
            return AnyOf(tuple(_equal(some, digits, one) for one in codes))
        case Operator.OTHER:
            return Without(some, _equal(some, digits, code))


def _below(some: Bitmap, digits: Sequence[Bitmap], code: int) -> Bitmap:
    """Find those whose code is lower."""
    if code <= 0:
        return NOBODY
    if code >> len(digits):
        return some
    found: Bitmap = NOBODY
    for place, digit in enumerate(digits):
        # Where this digit of theirs is 0 and of the other 1, they are lower whatever came before.
        one = code >> place & 1
        found = AnyOf((Without(some, digit), found)) if one else Without(found, digit)
    return found


def _equal(some: Bitmap, digits: Sequence[Bitmap], code: int) -> Bitmap:
    """Find those whose code is that one."""
    if code < 0 or code >> len(digits):
        return NOBODY
    ones = [digit for place, digit in enumerate(digits) if code >> place & 1]
    zeros = [digit for place, digit in enumerate(digits) if not code >> place & 1]
    return Without(AllOf((some, *ones)), AnyOf(tuple(zeros)))
