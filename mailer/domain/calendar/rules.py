"""Rules by which entries repeat (RFC 5545 section 3.3.10), followed within a window.

A rule without COUNT is taken up at the window's beginning, not at the series' own, and no rule is
followed past its window, past `LAST_YEAR` or past the `Work` that is allowed: so what a rule costs
depends on neither its author nor the date that somebody asks about. A day's part (BYHOUR and
smaller) is none of a bulletin's calendar, and is refused.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
"""The years between which all dates of a calendar lie, both included."""
MOST_WORK: Final = 40_000
"""Days that are looked at, of all rules of an entry together."""
MOST_TIMES: Final = 1_000
"""The largest COUNT."""
MOST_INTERVAL: Final = 366
"""The largest INTERVAL."""
LONGEST_RULE: Final = 300

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = re.compile(r"[+-]?\d{1,3}")
_UNTIL: Final = re.compile(r"\d{8}(?:T\d{6}Z?)?")
_ONE: Final = timedelta(days=1)


class Frequency(StrEnum):
    """The length of one round of a rule."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class RuleError(ValueError):
    """A rule cannot be followed; its message says why, in words for the secretariat."""


class Work:
    """Counts the days that following rules looks at, up to a limit."""

    def __init__(self, most: int = MOST_WORK) -> None:
        """Allow so many days."""
        self.done, self._most = 0, most

    @property
    def over(self) -> bool:
        """Tell whether all that is allowed was done."""
        return self.done >= self._most


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, read; sets that are empty restrict nothing."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: str = ""
    """The last instant, as written: `20231231`, `20231231T120000`, or the same with Z."""
    week_start: int = 0
    """0 is Monday."""
    months: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    """Negative ones count from the end of the year; likewise the next two."""
    year_days: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    days: frozenset[tuple[int, int]] = frozenset()
    """(which of them, weekday); 0: each."""
    positions: tuple[int, ...] = ()


def parse(text: str) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it cannot be followed, or repeats too often.
    """
    if len(text) > LONGEST_RULE:
        raise RuleError(f"is longer than {LONGEST_RULE} characters")
    parts: dict[str, str] = {}
    for part in text.strip().upper().strip(";").split(";"):
        name, sign, value = part.strip().partition("=")
        if name in parts:
            raise RuleError(f"says {name} twice")
        if name in {"BYHOUR", "BYMINUTE", "BYSECOND"}:
            raise RuleError(f"repeats within a day ({name})")
        if not sign or name not in _KNOWN:
            raise RuleError(f"has a part that is not known ({part[:40]!r})")
        parts[name] = value.strip()
    if parts.get("FREQ") not in set(Frequency):
        raise RuleError("does not say FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
    return _checked(Rule(**{_KNOWN[name][0]: _KNOWN[name][1](parts[name]) for name in parts}))


def excess(rule: Rule) -> str:
    """Name the part of a rule beyond a calendar, though it can be followed; empty if none."""
    if rule.interval > MOST_INTERVAL:
        return f"says INTERVAL={rule.interval}, not 1 to {MOST_INTERVAL}"
    if rule.until and int(rule.until[:4]) > LAST_YEAR:
        remedy = "leave UNTIL out, if it does not end"
        return f"ends after the year {LAST_YEAR} (UNTIL={rule.until}); {remedy}"
    return ""


def _checked(rule: Rule) -> Rule:
    """Refuse what the frequency leaves without meaning (RFC 5545 section 3.3.10)."""
    if rule.weeks and rule.frequency is not Frequency.YEARLY:
        raise RuleError("says BYWEEKNO, which goes with FREQ=YEARLY alone")
    if rule.positions and not (
        rule.months or rule.weeks or rule.year_days or rule.month_days or rule.days
    ):
        raise RuleError("says BYSETPOS of nothing")
    return rule


def _number(what: str, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
        if not 1 <= number <= most:
            raise RuleError(f"says {what}={text[:20]}, not 1 to {most}")
        return number

    return read


def _numbers(what: str, most: int) -> Callable[[str], frozenset[int]]:
    def read(text: str) -> frozenset[int]:
        return frozenset(_signed(what, one, most) for one in text.split(","))

    return read


def _signed(what: str, text: str, most: int) -> int:
    number = int(text) if _NUMBER.fullmatch(text) and text.isascii() else 0
    if not 1 <= abs(number) <= most:
        raise RuleError(f"says {what}={text[:20]}, not 1 to {most}")
    return number


def _months(text: str) -> frozenset[int]:
    found = _numbers("BYMONTH", 12)(text)
    if min(found) < 0:
        raise RuleError(f"says BYMONTH={min(found)}, not 1 to 12")
    return found


def _positions(text: str) -> tuple[int, ...]:
    return tuple(sorted(_numbers("BYSETPOS", 366)(text)))


def _weekdays(text: str) -> frozenset[tuple[int, int]]:
    found = set()
    for one in text.split(","):
        day = _DAY.fullmatch(one.strip())
        if day is None or not one.isascii():
            raise RuleError(f"says BYDAY={one[:20]}, which is no day such as TU or -1FR")
        which = _signed("BYDAY", day[1], 53) if day[1] else 0
        found.add((which, _DAYS.index(day[2])))
    return frozenset(found)


def _week_start(text: str) -> int:
    if text not in _DAYS:
        raise RuleError(f"says WKST={text[:20]}, which is no day such as MO")
    return _DAYS.index(text)


def _until(text: str) -> str:
    if not _UNTIL.fullmatch(text) or not text.isascii():
        raise RuleError(f"says UNTIL={text[:20]}, which is no date such as 20231231")
    try:
        datetime.fromisoformat(text.rstrip("Z"))
    except ValueError:
        raise RuleError(f"says UNTIL={text[:20]}, a date that there is not") from None
    return text


_KNOWN: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "FREQ": ("frequency", Frequency),
    "INTERVAL": ("interval", _number("INTERVAL", 2**31)),
    "COUNT": ("count", _number("COUNT", MOST_TIMES)),
    "UNTIL": ("until", _until),
    "WKST": ("week_start", _week_start),
    "BYMONTH": ("months", _months),
    "BYWEEKNO": ("weeks", _numbers("BYWEEKNO", 53)),
    "BYYEARDAY": ("year_days", _numbers("BYYEARDAY", 366)),
    "BYMONTHDAY": ("month_days", _numbers("BYMONTHDAY", 31)),
    "BYDAY": ("days", _weekdays),
    "BYSETPOS": ("positions", _positions),
}
"""The parts of a rule: which field of `Rule` each is, and what reads it."""


def starts(
    rule: Rule, first: datetime, since: datetime, until: datetime, work: Work
) -> Iterator[datetime]:
    """Yield the starts that a rule gives within a window, in order.

    Args:
        rule: the rule; its own UNTIL is not looked at: let the window end with it.
        first: the start of the series, in local time, as everything here.
        since: the first instant of the window.
        until: its last instant.
        work: is used up; once it is, no more is yielded.
    """
    rule = _completed(rule, first.date())
    end = min(until.date(), date(LAST_YEAR, 12, 31))
    left = rule.count
    begin = max(since.date(), first.date()) if left is None else first.date()
    for candidates in _rounds(rule, first.date(), begin, end):
        for day in _chosen(rule, candidates, work):
            start = datetime.combine(day, first.time())
            if start < first:
                continue
            if start > until or left == 0:
                return
            left = None if left is None else left - 1
            if start >= since:
                yield start
        if work.over or left == 0:
            return


def _completed(rule: Rule, first: date) -> Rule:
    """Complete a rule from the start where it leaves something open."""
    weekday = frozenset({(0, first.weekday())})
    if rule.days or rule.month_days or rule.year_days:
        return rule
    if rule.weeks or rule.frequency is Frequency.WEEKLY:
        return replace(rule, days=weekday)
    if rule.frequency is Frequency.MONTHLY:
        return replace(rule, month_days=frozenset({first.day}))
    if rule.frequency is Frequency.YEARLY:
        months = rule.months or frozenset({first.month})
        return replace(rule, months=months, month_days=frozenset({first.day}))
    return rule


def _rounds(rule: Rule, first: date, begin: date, end: date) -> Iterator[list[date]]:
    """Yield the days of each round of a rule, from the one that holds `begin` to that of `end`."""
    step = rule.interval
    if rule.frequency in {Frequency.DAILY, Frequency.WEEKLY}:
        length = 7 if rule.frequency is Frequency.WEEKLY else 1
        zero = first.toordinal()
        zero -= (first.weekday() - rule.week_start) % 7 if length == 7 else 0
        passed = (begin.toordinal() - zero) // (length * step)
        for number in range(zero + passed * length * step, end.toordinal() + 1, length * step):
            yield [date.fromordinal(number + offset) for offset in range(length)]
    elif rule.frequency is Frequency.MONTHLY:
        zero = first.year * 12 + first.month - 1
        passed = (begin.year * 12 + begin.month - 1 - zero) // step
        for number in range(zero + passed * step, end.year * 12 + end.month, step):
            yield _month(number // 12, number % 12 + 1) if _in(rule, number % 12 + 1) else []
    else:
        passed = (begin.year - first.year) // step
        months = sorted(rule.months) or range(1, 13)
        for year in range(first.year + passed * step, end.year + 1, step):
            yield [day for month in months for day in _month(year, month)]


def _in(rule: Rule, month: int) -> bool:
    return not rule.months or month in rule.months


def _month(year: int, month: int) -> list[date]:
    first = date(year, month, 1).toordinal()
    return [date.fromordinal(first + day) for day in range(monthrange(year, month)[1])]


def _chosen(rule: Rule, candidates: list[date], work: Work) -> list[date]:
    """Return the days of a round that a rule means; costs at least one day of work."""
    work.done += max(1, len(candidates))
    found = [day for day in candidates if _fits(rule, day)]
    if not rule.positions:
        return found
    places = {place - 1 if place > 0 else len(found) + place for place in rule.positions}
    return [day for place, day in enumerate(found) if place in places]


def _fits(rule: Rule, day: date) -> bool:
    if not _in(rule, day.month):
        return False
    if rule.month_days:
        length = monthrange(day.year, day.month)[1]
        if not rule.month_days & {day.day, day.day - length - 1}:
            return False
    if rule.year_days and not rule.year_days & _places(day):
        return False
    if rule.weeks and not rule.weeks & set(_week(day, rule.week_start)):
        return False
    return not rule.days or _is_weekday(rule, day)


def _places(day: date) -> set[int]:
    """Number a day within its year, from both ends."""
    number = day.timetuple().tm_yday
    return {number, number - (366 if isleap(day.year) else 365) - 1}


def _is_weekday(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    if rule.frequency in {Frequency.DAILY, Frequency.WEEKLY}:
        return any(one == weekday for _, one in rule.days)  # a number means nothing here
    meant = {which for which, one in rule.days if one == weekday}
    if not meant or 0 in meant:
        return bool(meant)
    if rule.frequency is Frequency.MONTHLY or rule.months:
        number, length = day.day, monthrange(day.year, day.month)[1]
    else:
        number, length = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
    return bool(meant & {(number - 1) // 7 + 1, -((length - number) // 7 + 1)})


def _week(day: date, week_start: int) -> tuple[int, int]:
    """Number a day's week within its year, from both ends: the first has four days of it."""
    # The fourth day of a week lies in the year that the week belongs to.
    middle = day - timedelta(days=(day.weekday() - week_start) % 7) + 3 * _ONE
    number = (middle.timetuple().tm_yday - 1) // 7 + 1
    last = date(middle.year, 12, 31).timetuple().tm_yday
    weeks = number + (last - middle.timetuple().tm_yday) // 7
    return number, number - weeks - 1
