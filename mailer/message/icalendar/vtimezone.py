"""Describes a time zone inside a calendar file, for programs that do not know it by name.

`icalendar` can do that too, but begins summer time an hour late (7.3: the onset is told in the
new time, where RFC 5545 section 3.6.5 wants the old).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STEP: Final = timedelta(days=7)
"""No zone changes its clocks twice within that time, but for a few before 1950."""
_REGULAR: Final = 8
"""Years beyond the last that are looked at: enough to tell the fourth Sunday from the last."""


class _Onset(NamedTuple):
    """A moment at which the clocks of a zone change."""

    local: datetime
    """By the clocks before (RFC 5545 section 3.6.5: "local" to TZOFFSETFROM)."""
    before: timedelta
    after: timedelta
    name: str
    summer: bool


@lru_cache(maxsize=128)
def lines(zone: str, first: int, last: int) -> tuple[str, ...]:
    """Return the lines of a VTIMEZONE that is true from the year before the first to the last.

    Changes that keep to one rule to the last year are written as a rule without end, as
    programs expect.

    Args:
        zone: IANA name.
        first: year.
        last: year.
    """
    begin = datetime(first - 1, 1, 1, tzinfo=UTC)
    onsets = list(_onsets(ZoneInfo(zone), begin, datetime(last + _REGULAR + 1, 1, 1, tzinfo=UTC)))
    found = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    if not onsets or onsets[0].local.year >= first:
        found += _observance(_state(ZoneInfo(zone), begin), "")
    groups: dict[tuple[object, ...], list[_Onset]] = {}
    for one in onsets:
        groups.setdefault((one.before, one.after, one.name, one.summer), []).append(one)
    for group in groups.values():
        for one, rule in _parted(group, last + _REGULAR):
            found += _observance(one, rule)
    return (*found, "END:VTIMEZONE")


def _onsets(zone: ZoneInfo, at: datetime, until: datetime) -> Iterator[_Onset]:
    """Yield the changes between two instants."""
    offset = at.astimezone(zone).utcoffset()
    while at < until:
        later = at + _STEP
        if later.astimezone(zone).utcoffset() != offset:
            low, high = at, later
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == offset
                low, high = (middle, high) if same else (low, middle)
            change = _state(zone, high, offset or timedelta())
            yield change
            offset = change.after
        at = later


def _state(zone: ZoneInfo, at: datetime, before: timedelta | None = None) -> _Onset:
    """Tell how the clocks stand from an instant on."""
    there = at.astimezone(zone)
    after = there.utcoffset() or timedelta()
    old = after if before is None else before
    local = (at + old).replace(tzinfo=None)
    return _Onset(local, old, after, there.tzname() or "", bool(there.dst()))


def _parted(group: Sequence[_Onset], last: int) -> Iterator[tuple[_Onset, str]]:
    """Part changes of one kind into runs, each with its first and the rule that it keeps to.

    Each change outside of a run stands alone: lists of dates (RDATE) are not read alike by all.
    """
    begin = 0
    while begin < len(group):
        end, rule = begin + 1, ""
        while end < len(group) and (longer := _rule(group[begin : end + 1])):
            end, rule = end + 1, longer
        final = group[end - 1]
        if rule and final.local.year < last:
            rule += f";UNTIL={final.local - final.before:%Y%m%dT%H%M%SZ}"
        yield group[begin], rule
        begin = end


def _rule(onsets: Sequence[_Onset]) -> str:
    """Find the rule that all these changes keep to, year by year; empty if there is none."""
    locals_ = [one.local for one in onsets]
    first = locals_[0]
    if [one.year - first.year for one in locals_] != list(range(len(locals_))):
        return ""
    if len({(one.month, one.weekday(), one.time()) for one in locals_}) != 1:
        return ""
    day, prefix = _DAYS[first.weekday()], f"FREQ=YEARLY;BYMONTH={first.month};BYDAY="
    if all((one + _STEP).month != one.month for one in locals_):
        return f"{prefix}-1{day}"
    numbers = {(one.day - 1) // 7 for one in locals_}
    return f"{prefix}{numbers.pop() + 1}{day}" if len(numbers) == 1 else ""


def _observance(first: _Onset, rule: str) -> list[str]:
    kind = "DAYLIGHT" if first.summer else "STANDARD"
    found = [f"BEGIN:{kind}", f"DTSTART:{first.local:%Y%m%dT%H%M%S}"]
    if rule:
        found.append(f"RRULE:{rule}")
    found += [f"TZOFFSETFROM:{_offset(first.before)}", f"TZOFFSETTO:{_offset(first.after)}"]
    return [*found, f"TZNAME:{first.name}", f"END:{kind}"]


def _offset(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"
    return text + (f"{rest:02}" if rest else "")
