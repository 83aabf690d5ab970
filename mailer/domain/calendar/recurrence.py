"""The occurrences of entries that repeat, and the reminders of all of them.

Whatever is asked, no more is worked out than the window that it is about (`domain.calendar.rules`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mailer.domain.calendar.entry import Entry, Recurrence, Status, due
from mailer.domain.calendar.offset import MOST_DAYS, Offset
from mailer.domain.calendar.rules import (
    FIRST_YEAR,
    LAST_YEAR,
    Rule,
    RuleError,
    Work,
    excess,
    parse,
    starts,
)

MOST_RULES: Final = 10
"""Rules of one entry."""
MOST_DATES: Final = 1_000
"""Starts that are added to an entry, that are left out, and that differ: so many of each."""
LONGEST_REPEATED: Final = timedelta(days=366)
"""The longest duration of each occurrence of an entry that repeats."""
_DAY: Final = timedelta(days=1)
_YEARS: Final = 5
"""An end further away than that is as good as none."""
_FIRST_WITHIN: Final = timedelta(days=366 * 100)
"""A rule that gives no start within so long gives none."""
_SLACK: Final = timedelta(days=2)
"""Local times lie within a day of UTC; one more for those that end on the edge."""
_EVER: Final = (datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31))  # noqa: DTZ001 - local


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """One mailing about one entry, or one of its occurrences, at one offset before it."""

    at: datetime
    """The instant at which it goes out, UTC."""
    entry: str
    """The entry's id."""
    occurrence: str
    """The occurrence, as `Entry.occurrence_key`; empty if the entry does not repeat."""
    offset: Offset
    sequence: int
    """The sequence of the entry when this was worked out."""


def occurrences(
    entry: Entry, since: datetime, until: datetime, work: Work | None = None
) -> list[Entry]:
    """List the occurrences that are under way between two instants, in order.

    Args:
        entry: one that repeats, or not: then it is its own only occurrence.
        since: those that end at this instant, or before, are left out.
        until: so are those that start at this instant, or after.
        work: counts what this costs; an entry that costs more than is allowed ends there.

    Returns:
        Each as an entry of its own: with its start, its end and whatever else differs, without
        recurrence, and with `occurrence` telling which one it is.
    """
    if entry.recurrence is None:
        found = [entry]
    else:
        begin = since.replace(tzinfo=None) - _SLACK - min(_length(entry), LONGEST_REPEATED)
        window = begin, until.replace(tzinfo=None) + _SLACK
        found = [*_plain(entry, window, work or Work()), *_different(entry)]
    found = [one for one in found if one.starts_at() < until and _is_after(one, since)]
    return sorted(found, key=lambda one: (one.starts_at(), one.occurrence_key))


def _is_after(entry: Entry, since: datetime) -> bool:
    """Tell whether an entry is not over at an instant; one without an end lasts no time."""
    return entry.ends_at() > since or entry.starts_at() >= since


def occurrence_of(entry: Entry, key: str) -> Entry | None:
    """Find one occurrence by its key; None: the entry has none such, now.

    The key may be any text by anybody: it costs no more than its own day does.
    """
    if entry.recurrence is None:
        return None if key else entry
    try:
        wanted = datetime.fromisoformat(key) if "T" in key else date.fromisoformat(key)
    except ValueError:
        return None
    if isinstance(wanted, datetime) is entry.all_day:
        return None
    at = _as_time(wanted)
    if at.tzinfo is not None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        return None
    found = [*_different(entry), *_plain(entry, (at, at), Work())]
    return next((one for one in found if one.occurrence == wanted), None)


def last_end(entry: Entry) -> datetime | None:
    """Return the instant at which the last occurrence ends; None: not for years, or never."""
    repeats = entry.recurrence
    if repeats is None:
        return entry.ends_at()
    if not all(_ends(rule, entry) for rule in _rules(repeats)):
        return None
    found = [*_plain(entry, _EVER, Work()), *_different(entry)]
    return max((one.ends_at() for one in found), default=entry.ends_at())


def _ends(rule: Rule, entry: Entry) -> bool:
    if rule.until:
        return int(rule.until[:4]) - entry.first_day.year < _YEARS
    return rule.count is not None


def fault_of_rule(text: str, entry: Entry, work: Work | None = None) -> str:
    """Name the error in a rule for an entry; empty if there is none.

    Args:
        text: the rule.
        entry: whose start and zone it is for.
        work: of a file that it stands in; None: it is judged by itself.
    """
    said = f"the rule {text[:100]!r}"
    try:
        rule = parse(text)
    except RuleError as error:
        return f"{said} {error}"
    if beyond := excess(rule):
        return f"{said} {beyond}"
    if not FIRST_YEAR <= entry.first_day.year <= LAST_YEAR:
        return _far(entry.first_day)
    if work is not None and work.over:
        return f"{said} comes after many that take long to work out"
    first, found = _as_time(entry.start), Work()
    occurs = next(starts(rule, first, first, first + _FIRST_WITHIN, found), None) is not None
    whole = Work()
    if occurs and rule.count is not None:
        for _ in starts(rule, first, first, _EVER[1], whole):
            pass
    if work is not None:
        work.done += found.done + whole.done
    if not occurs:
        return f"{said} never occurs"
    return f"{said} takes too long to work out" if whole.over else ""


def fault_of_dates(entry: Entry, work: Work | None = None) -> str:
    """Name the excess that makes an entry more than a calendar holds; empty if there is none.

    Arguments as by `fault_of_rule`.
    """
    ends = () if entry.end is None else (entry.end,)
    repeats = entry.recurrence or Recurrence()
    for day in (entry.start, *ends, *repeats.added, *repeats.left_out):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            return _far(day)
    if len(repeats.rules) > MOST_RULES:
        return f"it has {len(repeats.rules)} rules, more than {MOST_RULES}"
    for what, several in (
        ("further starts", repeats.added),
        ("starts that are left out", repeats.left_out),
        ("dates that differ", repeats.overrides),
    ):
        if len(several) > MOST_DATES:
            return f"it has {len(several)} {what}, more than {MOST_DATES}"
    if entry.recurrence is not None and _length(entry) > LONGEST_REPEATED:
        return "it repeats, and each time lasts longer than a year"
    faults = (fault_of_rule(rule, entry, work) for rule in repeats.rules)
    fault = next(filter(None, faults), "")
    return fault or next(filter(None, map(fault_of_dates, repeats.overrides)), "")


def _far(day: date) -> str:
    return f"the year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}"


def reminders(entry: Entry, since: datetime, until: datetime) -> list[Reminder]:
    """List the reminders of an entry that go out from one instant to before another, in order.

    One that is cancelled has none.
    """
    horizon = until + timedelta(days=MOST_DAYS) if entry.offsets else until
    found = [
        Reminder(at, entry.id, one.occurrence_key, offset, entry.sequence)
        for one in occurrences(entry, since, horizon)
        if one.status is not Status.CANCELLED
        for offset in one.offsets
        if since <= (at := due(one, offset)) < until
    ]
    return sorted(found)


def _rules(repeats: Recurrence) -> list[Rule]:
    """Read the rules of an entry; one that no import would take gives no starts."""
    found = []
    for text in repeats.rules[:MOST_RULES]:
        try:
            found.append(parse(text))
        except RuleError:
            continue
    return found


def _plain(entry: Entry, window: tuple[datetime, datetime], work: Work) -> list[Entry]:
    """List the occurrences that start within a window of local time and do not differ."""
    repeats = entry.recurrence or Recurrence()
    other = {_as_time(one) for one in repeats.left_out}
    other |= {_as_time(one.occurrence) for one in repeats.overrides if one.occurrence is not None}
    return [_occurrence(entry, start) for start in sorted(_starts(entry, window, work) - other)]


def _starts(entry: Entry, window: tuple[datetime, datetime], work: Work) -> set[datetime]:
    """Find all starts within a window: the entry's own, those added, and those of its rules."""
    repeats = entry.recurrence or Recurrence()
    since, until = window
    first = _as_time(entry.start)
    rules = [(rule, _end_of(rule, entry)) for rule in _rules(repeats)]
    ends = [end for rule, end in rules if rule.until]
    given = {_as_time(one) for one in repeats.added}
    if not ends or first <= max(ends):
        given.add(first)
    found = {one for one in given if since <= one <= until}
    for rule, end in rules:
        found.update(starts(rule, first, since, min(until, end), work))
    return found


def _end_of(rule: Rule, entry: Entry) -> datetime:
    """Return the last instant of a rule in local time: of an all-day entry, its day's end."""
    if not rule.until or int(rule.until[:4]) > LAST_YEAR:
        return _EVER[1]
    day = date.fromisoformat(rule.until[:8])
    if entry.all_day or "T" not in rule.until:
        return datetime.combine(day, time.max)
    end = datetime.fromisoformat(rule.until.rstrip("Z"))
    if rule.until.endswith("Z"):
        end = end.replace(tzinfo=UTC).astimezone(ZoneInfo(entry.zone)).replace(tzinfo=None)
    return end


def _different(entry: Entry) -> Iterable[Entry]:
    """Yield the occurrences that differ from their series, where they were not left out."""
    repeats = entry.recurrence or Recurrence()
    seen = set(repeats.left_out)
    for other in repeats.overrides:
        if other.occurrence not in seen and other.occurrence is not None:
            seen.add(other.occurrence)
            yield replace(other, id=entry.id, uid=entry.uid, sequence=entry.sequence)


def _occurrence(entry: Entry, at: datetime) -> Entry:
    """Make an entry of its own of one that starts at a local time."""
    start: datetime | date = at.date() if entry.all_day else at
    end = None if entry.end is None else start + _length(entry)
    return replace(entry, start=start, end=end, recurrence=None, occurrence=start)


def _length(entry: Entry) -> timedelta:
    """Return how long an entry lasts by the clock on the wall; of whole days, one less."""
    return _as_time(entry.start if entry.end is None else entry.end) - _as_time(entry.start)


def _as_time(at: datetime | date) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time())
