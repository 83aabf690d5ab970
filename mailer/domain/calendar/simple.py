"""Repetition as a form offers it: a simple pattern, from and to a rule (RFC 5545 section 3.3.10).

A form asks for “every month on the same weekday”, and the entry's start tells which one that is.
What is none of these patterns stays the rule that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.calendar.rules import Frequency, Rule, RuleError, parse

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK: Final = timedelta(days=7)


class Pattern(StrEnum):
    """The ways of repeating that a form offers."""

    ONCE = "once"
    WEEKLY = "weekly"
    """On the weekday of the start."""
    MONTHLY = "monthly"
    """On the same weekday of the month as the start, such as the second Tuesday."""
    LAST = "last"
    """On the last such weekday of the month."""
    YEARLY = "yearly"
    """On the day of the start."""
    OWN = "own"
    """By rules that are none of these."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A pattern, with how often and how long."""

    pattern: Pattern
    interval: int = 1
    """Every so many weeks, months or years."""
    count: int | None = None
    """So many times in all; None: no such end."""
    until: date | None = None
    """The last day, included; None: no such end."""


ONCE: Final = Simple(Pattern.ONCE)
OWN: Final = Simple(Pattern.OWN)


def nth_of(day: date) -> int:
    """Tell which of its weekdays a day is in its month: 1 to 5."""
    return (day.day - 1) // 7 + 1


def is_last(day: date) -> bool:
    """Tell whether a day is the last of its weekdays in its month."""
    return (day + _WEEK).month != day.month


def rule_of(simple: Simple, start: date) -> str:
    """Write a pattern as a rule for an entry that starts then.

    The fifth weekday of a month is written as the last: few months have a fifth.

    Raises:
        ValueError: it is no pattern that repeats by one rule.
    """
    weekday = _DAYS[start.weekday()]
    nth = nth_of(start)
    match simple.pattern:
        case Pattern.WEEKLY:
            parts = ["FREQ=WEEKLY", f"BYDAY={weekday}"]
        case Pattern.MONTHLY if nth <= 4:
            parts = ["FREQ=MONTHLY", f"BYDAY={nth}{weekday}"]
        case Pattern.MONTHLY | Pattern.LAST:
            parts = ["FREQ=MONTHLY", f"BYDAY=-1{weekday}"]
        case Pattern.YEARLY:
            parts = ["FREQ=YEARLY"]
        case _:
            raise ValueError(f"{simple.pattern} is not written as one rule")
    if simple.interval != 1:
        parts.append(f"INTERVAL={simple.interval}")
    if simple.count is not None:
        parts.append(f"COUNT={simple.count}")
    elif simple.until is not None:
        parts.append(f"UNTIL={simple.until:%Y%m%d}")
    return ";".join(parts)


def simple_of(rules: Sequence[str], start: date) -> Simple:
    """Read the rules of an entry as a pattern, if they are one; else `OWN`."""
    if not rules:
        return ONCE
    if len(rules) > 1:
        return OWN
    try:
        rule = parse(rules[0])
    except RuleError:
        return OWN
    pattern = _pattern(rule, start)
    until = _until(rule)
    if pattern is Pattern.OWN or (rule.until and until is None):
        return OWN
    return Simple(pattern, rule.interval, rule.count, until)


def _pattern(rule: Rule, start: date) -> Pattern:
    others = (rule.months, rule.weeks, rule.year_days, rule.month_days, rule.positions)
    if any(others):
        return Pattern.OWN
    day = start.weekday()
    if rule.frequency is Frequency.WEEKLY and rule.days in (set(), {(0, day)}):
        return Pattern.WEEKLY
    if rule.frequency is Frequency.MONTHLY and rule.days == {(nth_of(start), day)}:
        return Pattern.MONTHLY
    if rule.frequency is Frequency.MONTHLY and rule.days == {(-1, day)} and is_last(start):
        return Pattern.LAST
    if rule.frequency is Frequency.YEARLY and not rule.days:
        return Pattern.YEARLY
    return Pattern.OWN


def _until(rule: Rule) -> date | None:
    """Return the last day of a rule; None: it has none, or it ends at a time of that day."""
    if "T" in rule.until or not rule.until:
        return None
    return datetime.strptime(rule.until, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
