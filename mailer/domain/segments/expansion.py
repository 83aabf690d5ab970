"""Puts the rules of named segments in place of their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mailer.domain.segments.rule import (
    All,
    Any,
    Being,
    Not,
    Rule,
    Subject,
    joined_by_and,
    joined_by_or,
    terms,
)
from mailer.domain.segments.tokens import RuleError, place_of
from mailer.errors import Problem

DEEPEST_NAMES: Final = 5
"""Segments whose rules speak of one another."""
MOST_TERMS: Final = 500
"""Terms of a rule when all names are replaced."""
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""What a segment can be called."""


def expanded(rule: Rule, segments: Mapping[str, Rule]) -> Rule:
    """Return a rule that speaks of no segment any more.

    Args:
        rule: any.
        segments: the rules of the named ones, as they were defined.

    Raises:
        RuleError: there is no such segment, it speaks of itself, or the rule grows too large.
    """
    found = _Expansion(segments).of(rule, (), rule.at)
    if sum(1 for _ in terms(found)) > MOST_TERMS:
        said = f"with its segments the rule has more than {MOST_TERMS} terms"
        raise RuleError(
            [Problem(place_of(rule.at), said, "make the segments simpler", code="rule.size")]
        )
    return found


class _Expansion:
    """The work on one rule; each segment is replaced once, and counted, so that it ends soon."""

    def __init__(self, segments: Mapping[str, Rule]) -> None:
        self._segments = segments
        self._left = MOST_TERMS

    def of(self, rule: Rule, above: tuple[str, ...], at: int) -> Rule:
        """Expand a part; `above` are the segments that it is within, `at` where the first began."""
        match rule:
            case All(parts):
                return joined_by_and([self.of(part, above, at) for part in parts])
            case Any(parts):
                return joined_by_or([self.of(part, above, at) for part in parts])
            case Not(part):
                return Not(self.of(part, above, at), rule.at)
            case Being(Subject.SEGMENT, name):
                return self._named(name, above, at if above else rule.at)
            case _:
                return rule

    def _named(self, name: str, above: tuple[str, ...], at: int) -> Rule:
        if name in above:
            way = " -> ".join([*above, name])
            said = f"the segment {name!r} speaks of itself ({way})"
            raise RuleError(
                [
                    Problem(
                        place_of(at),
                        said,
                        "define one of them without the other",
                        code="segment.circle",
                    )
                ]
            )
        if len(above) >= DEEPEST_NAMES:
            said = f"more than {DEEPEST_NAMES} segments speak of one another"
            raise RuleError(
                [Problem(place_of(at), said, "write the rule of one of them out", code="rule.size")]
            )
        rule = self._segments.get(name)
        if rule is None:
            remedy = "define it first"
            raise RuleError(
                [
                    Problem(
                        place_of(at),
                        f"there is no segment {name!r}",
                        remedy,
                        code="unknown_segment",
                    )
                ]
            )
        self._left -= 1 + sum(1 for _ in terms(rule))
        if self._left < 0:
            said = f"with its segments the rule has more than {MOST_TERMS} terms"
            raise RuleError(
                [Problem(place_of(at), said, "make the segments simpler", code="rule.size")]
            )
        return self.of(rule, (*above, name), at)
