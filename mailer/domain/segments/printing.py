"""Writes an audience rule in its one canonical form, which reads back as the same rule."""

from __future__ import annotations

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
)
from mailer.domain.segments.tokens import BARE

ANSWERS: Final = {
    "yes": Attendance.ACCEPTED,
    "maybe": Attendance.TENTATIVE,
    "no": Attendance.DECLINED,
}
"""What is written of an answer to an invitation."""
JOINING: Final = ("and", "or", "not")
KEYWORDS: Final = frozenset(
    {"all", "bounced", "joined", "had", "answered", "in", "before", "after"}
    | {*JOINING}
    | {subject.value for subject in Subject}
)
"""Words that mean something, and so can name no attribute."""
_WORDS: Final = {attendance: word for word, attendance in ANSWERS.items()}


def printed(rule: Rule) -> str:
    """Write a rule; `parsing.parse` reads the same rule from it."""
    match rule:
        case Any(parts):
            return " or ".join(map(printed, parts))
        case All(parts):
            return " and ".join(
                f"({printed(part)})" if isinstance(part, Any) else printed(part) for part in parts
            )
        case Not(part):
            inner = printed(part)
            return f"not ({inner})" if isinstance(part, All | Any) else f"not {inner}"
        case _:
            return _term(rule)


def _term(rule: Rule) -> str:  # noqa: PLR0911 - one for each kind of term
    match rule:
        case Everybody():
            return "all"
        case Bounced():
            return "bounced"
        case Being(subject, value):
            return f"{subject}:{_value(value)}"
        case Joined(operator, day):
            return f"joined {operator} {day.isoformat()}"
        case Had(campaign, edition):
            return f"had:{campaign or _edition(edition)}"
        case Answered(entry, attendance):
            return f"answered:{_value(entry)}" + (f":{_WORDS[attendance]}" if attendance else "")
        case Compared(attribute, Operator.AMONG, values):
            return f"{attribute} in ({', '.join(map(_value, values))})"
        case Compared(attribute, operator, values):
            return f"{attribute} {operator} {_value(values[0])}"
        case _:
            raise AssertionError(rule)


def _value(text: str) -> str:
    if BARE.fullmatch(text) and text.casefold() not in JOINING:
        return text
    return _quoted(text)


def _edition(slug: str) -> str:
    """Write an edition's slug; one of digits alone would be a campaign's number."""
    return _quoted(slug) if slug.isdecimal() else _value(slug)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
