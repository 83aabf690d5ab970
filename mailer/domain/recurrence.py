"""The occurrences of entries that repeat, and the reminders of all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from mailer.domain.calendar import Entry, Recurrence, Status, due
from mailer.domain.offset import MOST_DAYS, Offset

_DAY: Final = timedelta(days=1)
_UNTIL: Final = re.compile(r"UNTIL=(\d{8})(T\d{6}Z?)?", re.IGNORECASE)
_FREQUENCIES: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_TOO_OFTEN: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_COUNTS: Final = range(1, 1001)
_LONGEST_RULE: Final = 300
_YEARS: Final = 5
"""An end further away than that is as good as none."""
_SLACK: Final = timedelta(days=2)
"""Local times lie within a day of UTC; one more for those that end on the edge."""


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """One mailing about one entry, or one of its occurrences, at one offset before it."""

    at: datetime
    """When it goes out, UTC."""
    entry: str
    """The entry's id."""
    occurrence: str
    """Which one, as `Entry.occurrence_key`; empty if the entry does not repeat."""
    offset: Offset
    sequence: int
    """Of the entry, when this was worked out."""


def occurrences(entry: Entry, since: datetime, until: datetime) -> list[Entry]:
    """List the occurrences that are under way between two instants, in order.

    Args:
        entry: one that repeats, or not: then it is its own only occurrence.
        since: those that end at this instant, or before, are left out.
        until: so are those that start at this instant, or after.

    Returns:
        Each as an entry of its own: with its start, its end and whatever else differs, without
        recurrence, and with `occurrence` telling which one it is.
    """
    if entry.recurrence is None:
        found = [entry]
    else:
        window = since.replace(tzinfo=None) - _SLACK, until.replace(tzinfo=None) + _SLACK
        found = [_occurrence(entry, one) for one in _query(entry).between(*window)]
    found = [one for one in found if one.starts_at() < until and _is_after(one, since)]
    return sorted(found, key=lambda one: (one.starts_at(), one.occurrence_key))


def _is_after(entry: Entry, since: datetime) -> bool:
    """Tell whether an entry is not over at an instant; one without an end lasts no time."""
    return entry.ends_at() > since or entry.starts_at() >= since


def occurrence_of(entry: Entry, key: str) -> Entry | None:
    """Find one occurrence by its key; None: the entry has none such, now."""
    if entry.recurrence is None:
        return None if key else entry
    try:
        wanted = datetime.fromisoformat(key) if "T" in key else date.fromisoformat(key)
    except ValueError:
        return None
    if isinstance(wanted, datetime) is entry.all_day:
        return None
    moved = [one for one in entry.recurrence.overrides if one.occurrence == wanted]
    start = moved[0].start if moved else wanted
    first = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - local, as the rules are
    found = _query(entry).between(first - _DAY, first + 2 * _DAY)
    matching = (_occurrence(entry, one) for one in found)
    return next((one for one in matching if one.occurrence == wanted), None)


def last_end(entry: Entry) -> datetime | None:
    """Return the instant at which the last occurrence ends; None: not for years, or never."""
    repeats = entry.recurrence
    if repeats is None:
        return entry.ends_at()
    if not all(_ends(rule, entry) for rule in repeats.rules):
        return None
    found = [_occurrence(entry, one) for one in _query(entry).all()]
    return max((one.ends_at() for one in found), default=entry.ends_at())


def _ends(rule: str, entry: Entry) -> bool:
    until = _UNTIL.search(rule)
    if until:
        return int(until[1][:4]) - entry.first_day.year < _YEARS
    return "COUNT=" in rule.upper()


def fault_of_rule(rule: str, entry: Entry) -> str:
    """Say what is wrong with a rule for an entry; empty if nothing is."""
    parts = dict(part.upper().partition("=")[::2] for part in rule.strip().split(";"))
    if len(rule) > _LONGEST_RULE or parts.get("FREQ") not in _FREQUENCIES:
        return (
            f"the rule {rule[:_LONGEST_RULE]!r} does not say FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"
        )
    if refused := [name for name in _TOO_OFTEN if name in parts]:
        return f"the rule {rule!r} repeats within a day ({refused[0]})"
    if int(count if (count := parts.get("COUNT", "1")).isdecimal() else 0) not in _COUNTS:
        return f"the rule {rule!r} repeats {count} times, not 1 to {_COUNTS[-1]}"
    tried = replace(entry, recurrence=Recurrence((rule,)), occurrence=None)
    try:
        first = datetime(*entry.first_day.timetuple()[:3])  # noqa: DTZ001 - local, as rules are
        _query(tried).between(first - _DAY, first + 800 * _DAY)
    except Exception as error:  # noqa: BLE001 - two libraries, each with errors of many kinds
        return f"the rule {rule!r} cannot be understood ({error})"
    return ""


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


def _query(entry: Entry) -> Any:
    calendar = icalendar.Calendar()
    calendar.add_component(_component(entry))
    for other in entry.recurrence.overrides if entry.recurrence else ():
        calendar.add_component(_component(other))
    return recurring_ical_events.of(calendar)


def _component(entry: Entry) -> icalendar.Event:
    """Put the times of an entry into a component, in local time: that is what rules count in."""
    event = icalendar.Event()
    event.add("uid", "entry")
    event.add("dtstart", entry.start)
    if entry.all_day:
        event.add("dtend", entry.last_day + _DAY)
    elif entry.end is not None:
        event.add("dtend", entry.end)
    if entry.occurrence is not None:
        event.add("recurrence-id", entry.occurrence)
    repeats = entry.recurrence or Recurrence()
    for rule in repeats.rules:
        event.add("rrule", icalendar.vRecur.from_ical(local_rule(rule, entry)))
    for name, times in (("rdate", repeats.added), ("exdate", repeats.left_out)):
        if times:
            event.add(name, list(times))
    return event


def local_rule(rule: str, entry: Entry) -> str:
    """Return a rule whose end is in local time, or a date for an entry that lasts all day."""
    return _UNTIL.sub(lambda found: f"UNTIL={_local_end(found[1], found[2] or '', entry)}", rule)


def _local_end(day: str, time: str, entry: Entry) -> str:
    if entry.all_day or not time:
        return day if entry.all_day else f"{day}T235959"
    end = datetime.strptime(f"{day}{time.rstrip('Z')}", "%Y%m%dT%H%M%S")  # noqa: DTZ007 - see next
    if time.endswith("Z"):
        end = end.replace(tzinfo=UTC).astimezone(ZoneInfo(entry.zone)).replace(tzinfo=None)
    return f"{end:%Y%m%dT%H%M%S}"


def _occurrence(entry: Entry, component: Any) -> Entry:
    """Make an entry of what the rules gave: a plain occurrence, or the one that overrides it."""
    key = component["RECURRENCE-ID"].dt
    for other in entry.recurrence.overrides if entry.recurrence else ():
        if other.occurrence == key:
            return replace(other, id=entry.id, uid=entry.uid, sequence=entry.sequence)
    start, end = component["DTSTART"].dt, entry.end
    if end is not None:
        end = component["DTEND"].dt - (_DAY if entry.all_day else timedelta())
    return replace(entry, start=start, end=end, recurrence=None, occurrence=key)
