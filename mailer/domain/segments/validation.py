"""Compares an audience rule with what exists, and lists all that does not, at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mailer.domain.segments.rule import (
    ORDERED,
    Answered,
    Being,
    Compared,
    Had,
    Rule,
    Subject,
    Term,
    terms,
)
from mailer.domain.segments.tokens import RuleError, place_of
from mailer.domain.subscribers.attributes import Attribute, Kind
from mailer.domain.subscribers.subscriber import Status
from mailer.errors import Problem


@dataclass(frozen=True, slots=True)
class Known:
    """What rules can speak of."""

    topics: Collection[str] = ()
    tags: Collection[str] = ()
    languages: Collection[str] = ()
    campaigns: Collection[int] = ()
    editions: Collection[str] = ()
    entries: Collection[str] = ()
    segments: Collection[str] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    statuses: Collection[str] = tuple(status.value for status in Status)

    def named(self, subject: Subject) -> Collection[str]:
        """Return what a term about that subject can name."""
        return {
            Subject.TOPIC: self.topics,
            Subject.TAG: self.tags,
            Subject.LANGUAGE: self.languages,
            Subject.STATUS: self.statuses,
            Subject.SEGMENT: self.segments,
            Subject.HAS: self.attributes,
        }[subject]


_Missing = Callable[[str, str, str], Problem]

_MISSING: Final[Mapping[Subject, tuple[str, _Missing]]] = {
    Subject.TOPIC: ("topic", lambda at, what, do: Problem(at, what, do, code="unknown_topic")),
    Subject.TAG: ("tag", lambda at, what, do: Problem(at, what, do, code="unknown_tag")),
    Subject.LANGUAGE: (
        "language",
        lambda at, what, do: Problem(at, what, do, code="unknown_language"),
    ),
    Subject.STATUS: ("status", lambda at, what, do: Problem(at, what, do, code="unknown_status")),
    Subject.SEGMENT: (
        "segment",
        lambda at, what, do: Problem(at, what, do, code="unknown_segment"),
    ),
    Subject.HAS: (
        "attribute",
        lambda at, what, do: Problem(at, what, do, code="unknown_attribute"),
    ),
}
"""What a term names, and the problem where there is none of that name."""


def check(rule: Rule, known: Known) -> None:
    """Make sure that all exists of which a rule speaks.

    Raises:
        RuleError: with a problem for each that does not.
    """
    if found := problems(rule, known):
        raise RuleError(found)


def problems(rule: Rule, known: Known) -> list[Problem]:
    """List what is wrong with a rule that can be read, in reading order."""
    return [problem for term in terms(rule) for problem in _of(term, known)]


def _of(term: Term, known: Known) -> Iterator[Problem]:
    place = place_of(term.at)
    match term:
        case Being(subject, value):
            thing, missing = _MISSING[subject]
            if said := _unknown(thing, value, known.named(subject)):
                yield missing(place, *said)
        case Had(campaign, edition) if campaign:
            if campaign not in known.campaigns:
                text = f"there is no campaign {campaign}"
                yield Problem(
                    place, text, "use the number of one that was made", code="unknown_campaign"
                )
        case Had(_, edition):
            if said := _unknown("edition", edition, known.editions):
                yield Problem(place, *said, code="unknown_edition")
        case Answered(entry):
            if said := _unknown("calendar entry", entry, known.entries):
                yield Problem(place, *said, code="unknown_entry")
        case Compared():
            yield from _compared(term, known.attributes)
        case _:
            return


def _unknown(thing: str, name: str, known: Collection[str]) -> tuple[str, str] | None:
    """Say that there is nothing of that name, and what to do; nothing if there is."""
    if name in known:
        return None
    near = difflib.get_close_matches(name, known, 1, 0.6)
    listed = ", ".join(sorted(known)[:10]) + (", …" if len(known) > 10 else "")
    remedy = f'did you mean "{near[0]}"?' if near else f"use one of {listed}" if listed else ""
    return f'there is no {thing} "{name[:60]}"', remedy or "there is none yet"


def _compared(term: Compared, attributes: Mapping[str, Attribute]) -> Iterator[Problem]:
    attribute, place = attributes.get(term.attribute), place_of(term.at)
    if attribute is None:
        said = _unknown("attribute", term.attribute, attributes) or ("", "")
        yield _MISSING[Subject.HAS][1](place, *said)
        return
    if term.operator in ORDERED and attribute.kind not in {Kind.NUMBER, Kind.DATE}:
        text = f"{term.attribute} is a {attribute.kind}, which {term.operator} cannot compare"
        yield Problem(place, text, "use =, != or in", code="rule.operator")
    for value in term.values:
        try:
            if not attribute.read(value):
                yield Problem(
                    place, "the value is empty", f"use has:{term.attribute}", code="rule.value"
                )
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            yield Problem(place, wrong, remedy, code="rule.value")
