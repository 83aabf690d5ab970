"""Reads calendar files that other programs wrote, as entries of ours.

What we do not keep is left out: alarms (they are the author's own; reminders go by kind), people,
attachments. What we cannot keep true is refused, with its remedy: a zone that nobody knows, a
rule that changes for all later occurrences at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from mailer.content.calendar_file import is_zone
from mailer.content.language.calendar_words import calendar_words
from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status
from mailer.domain.calendar.recurrence import fault_of_dates
from mailer.domain.calendar.rules import Work
from mailer.errors import Problem
from mailer.message.icalendar.ics_values import (
    all_of,
    line_of,
    lines_of,
    link_of,
    sequence_of,
    text_of,
)

LARGEST: Final = 5_000_000
"""Octets of a file that is read."""
MOST_LINES: Final = 200_000
"""Lines of a file that is read."""
MOST: Final = 5_000
"""Entries of a file that is read."""
MOST_WORK: Final = 2_000_000
"""Days that are looked at to judge the rules of a file."""
_DAY: Final = timedelta(days=1)
_JOINS: Final = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
_LONGEST_TITLE: Final = 500


@dataclass(frozen=True, slots=True)
class Read:
    """One entry as a file has it."""

    entry: Entry
    """Without an id; its kind is a guess unless `said` has it."""
    place: str
    """Its place, for messages."""
    said: frozenset[str] = frozenset()
    """The fields among `kind`, `status`, `online` and `url` that the file states."""
    notes: tuple[str, ...] = ()
    """The parts that were left out, for people."""


@dataclass
class Source:
    """The facts that reading needs besides the file."""

    file: str
    language: str
    """The language of texts that do not state theirs."""
    zone: str = ""
    """The zone of times that do not state theirs; empty: what the file says, or none."""
    languages: Sequence[str] = ()
    """The languages whose words for kinds are known."""
    problems: list[Problem] = field(default_factory=list)
    work: Work = field(default_factory=lambda: Work(MOST_WORK))
    """The work that judging its rules may take."""

    def refuse(self, place: str, text: str, remedy: str, *, code: str) -> None:
        """Note what cannot be taken."""
        self.problems.append(Problem(place, text, remedy, code=code))


class _RefusedError(Exception):
    """An entry cannot be kept; carries what is wrong, how to mend it, and its code."""

    def __init__(self, text: str, remedy: str, *, code: str) -> None:
        super().__init__(text)
        self.text, self.remedy, self.code = text, remedy, code


def read(data: bytes, source: Source) -> list[Read]:
    """Read a file; what is refused goes to the source's problems.

    Never raises, whatever the bytes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that guesses zones, as we do ourselves
        return _read(data, source)


def _read(data: bytes, source: Source) -> list[Read]:
    if fault := _too_large(data):
        remedy = "export a shorter time, or fewer calendars at once"
        source.refuse(source.file, fault, remedy, code="file.too_large")
        return []
    calendars: list[Any] = []
    try:
        calendars = icalendar.Calendar.from_ical(data, multiple=True) if data.strip() else []
    except Exception as error:  # noqa: BLE001 - a parser of outside bytes, with errors of many kinds
        said = f"this is no calendar file: {str(error)[:200] or type(error).__name__}"
        remedy = "export it anew as iCalendar (.ics)"
        source.refuse(source.file, said, remedy, code="calendar.not_icalendar")
        return []
    if not calendars:
        source.refuse(source.file, "the file is empty", "export it anew", code="file.empty")
    found = [one for calendar in calendars for one in _Reader(calendar, source).entries()]
    if not found and not source.problems:
        remedy = "export it anew, with its entries"
        source.refuse(
            source.file, "there is no entry in the file", remedy, code="calendar.no_entries"
        )
    return found


def _too_large(data: bytes) -> str:
    """Name the measure in which a file is too large to be read; empty if it is not."""
    if len(data) > LARGEST:
        return f"the file is larger than {LARGEST // 1_000_000} MB"
    if max(data.count(b"\n"), data.count(b"\r")) > MOST_LINES:
        return f"the file has more than {MOST_LINES:,} lines"
    upper = data.upper()
    entries = upper.count(b"BEGIN:VEVENT") + upper.count(b"BEGIN:VTODO")
    rules = upper.count(b"\nRRULE")
    parts = upper.count(b"BEGIN:")  # alarms, zones, and files made of nothing else
    measured = (("entries", entries, MOST), ("rules", rules, 2 * MOST), ("parts", parts, 4 * MOST))
    for what, there, most in measured:
        if there > most:
            return f"the file has {there:,} {what}, more than {most:,}"
    return ""


class _Reader:
    """Reads one calendar of a file."""

    def __init__(self, calendar: Any, source: Source) -> None:
        self.calendar, self.source = calendar, source
        self.cancels = str(calendar.get("METHOD", "")).upper() == "CANCEL"
        self.zone = source.zone or known_zone(str(calendar.get("X-WR-TIMEZONE", "")))

    def entries(self) -> Iterator[Read]:
        overrides: dict[str, list[Read]] = {}
        masters: dict[str, Read] = {}
        components = [one for one in self.calendar.subcomponents if one.name != "VTIMEZONE"]
        for number, component in enumerate(components[:MOST], 1):
            title = line_of(text_of(component, "SUMMARY"))
            place = f"{self.source.file}, entry {number}" + (f" ({title[:60]})" if title else "")
            try:
                one = self.read(component, place)
            except _RefusedError as error:
                self.source.refuse(place, error.text, error.remedy, code=error.code)
            except Exception as error:  # noqa: BLE001 - values by anybody, read by a library
                said = f"it cannot be read: {str(error)[:200] or type(error).__name__}"
                self.source.refuse(
                    place,
                    said,
                    "export it anew, or leave it out",
                    code="calendar.unreadable_entry",
                )
            else:
                uid = one.entry.uid
                if one.entry.occurrence is not None:
                    overrides.setdefault(uid, []).append(one)
                else:
                    masters[uid] = one
        for uid, parts in overrides.items():
            if uid not in masters:
                remedy = "import it together with the entry that repeats"
                said = "this is one occurrence of an entry that is not in the file"
                self.source.refuse(parts[0].place, said, remedy, code="calendar.lone_occurrence")
        for uid, one in masters.items():
            whole = _with_overrides(one, [part.entry for part in overrides.get(uid, ())])
            if fault := fault_of_dates(whole.entry, Work()):
                remedy = "end the series, and begin another"
                self.source.refuse(one.place, fault, remedy, code="calendar.bad_dates")
            else:
                yield whole

    def read(self, component: Any, place: str) -> Read:
        title = line_of(text_of(component, "SUMMARY"))
        if component.name not in {"VEVENT", "VTODO"}:
            said = f"a {component.name} is no meeting, observance or deadline"
            raise _RefusedError(said, "leave it out", code="calendar.unknown_kind")
        uid = line_of(text_of(component, "UID"))
        if not uid or len(uid) > 255:
            raise _RefusedError(
                "it has no UID of at most 255 characters", "export it anew", code="calendar.no_uid"
            )
        if not title:
            raise _RefusedError(
                "it has no title (SUMMARY)", "give it one", code="calendar.no_title"
            )
        key = "DTSTART" if component.name == "VEVENT" else "DUE"
        if key not in component:
            raise _RefusedError(f"it has no {key}", "give it a start", code="calendar.no_start")
        start, zone = self.time(component[key])
        notes: list[str] = []
        joins = [one for one in _JOINS if one in component]
        entry = Entry(
            id="",
            kind=Kind.MEETING,
            start=start,
            zone=zone,
            title={self.language(component, "SUMMARY"): title[:_LONGEST_TITLE]},
            end=self.end(component, start, zone) if component.name == "VEVENT" else None,
            place=self.by_language(component, "LOCATION"),
            description=self.by_language(component, "DESCRIPTION", lines=True),
            url=link_of(text_of(component, "URL"), notes),
            online=link_of(next((text_of(component, one) for one in joins), ""), notes),
            sequence=sequence_of(component),
            uid=uid,
        )
        stated = {name for name in ("online", "url") if getattr(entry, name)}
        entry, more = self.judged(entry, component)
        entry = replace(entry, recurrence=self.recurrence(component, entry))
        if fault := fault_of_dates(entry, self.source.work):
            raise _RefusedError(
                fault,
                "write its dates one by one, or give it a simpler rule",
                code="calendar.bad_dates",
            )
        if "RECURRENCE-ID" in component:
            entry = replace(entry, occurrence=self.named(component["RECURRENCE-ID"], entry))
        notes = [f"{place}: {note}" for note in notes]
        return Read(entry, place, frozenset(stated | more), tuple(notes))

    def judged(self, entry: Entry, component: Any) -> tuple[Entry, set[str]]:
        """Tell kind and status, and which of them the file states."""
        said: set[str] = set()
        status = text_of(component, "STATUS").upper()
        if self.cancels or status == "CANCELLED":
            entry, said = replace(entry, status=Status.CANCELLED), {"status"}
        elif status in {"TENTATIVE", "CONFIRMED"}:
            entry, said = replace(entry, status=Status(status.lower())), {"status"}
        kind = self.kind(component)
        if kind is None:
            return entry, said
        return replace(entry, kind=kind, listed=kind is not Kind.DEADLINE), said | {"kind"}

    def kind(self, component: Any) -> Kind | None:
        """Find the kind among the categories, in any language that we write it in."""
        if component.name == "VTODO":
            return Kind.DEADLINE
        given = {str(one).strip().casefold() for one in component.categories}
        for language in self.source.languages:
            for kind in Kind:
                if calendar_words(language)[kind].casefold() in given or kind.value in given:
                    return kind
        return None

    def time(self, value: Any) -> tuple[datetime | date, str]:
        """Read a time: local, and whose it is."""
        at = value.dt
        if not isinstance(at, datetime):
            return at, self.zone or "UTC"
        named = str(value.params.get("TZID", ""))
        if named and not known_zone(named):
            said = f"nobody knows the time zone {named[:60]!r}"
            raise _RefusedError(
                said, "export it in UTC, or with a zone such as Europe/Zurich", code="unknown_zone"
            )
        if named or at.tzinfo is None:
            zone = known_zone(named) or self.zone
            if not zone:
                said = "its times belong to no time zone"
                raise _RefusedError(
                    said,
                    "say which one they are of, such as Europe/Zurich",
                    code="calendar.no_zone",
                )
            return at.replace(tzinfo=None, microsecond=0), zone
        zone = self.zone or "UTC"
        return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0), zone

    def end(self, component: Any, start: datetime | date, zone: str) -> datetime | date | None:
        """Read the end, or work it out from the duration; None where it adds nothing."""
        if "DTEND" in component:
            end, whose = self.time(component["DTEND"])
            if isinstance(end, datetime) and isinstance(start, datetime) and whose != zone:
                there = end.replace(tzinfo=ZoneInfo(whose)).astimezone(ZoneInfo(zone))
                end = there.replace(tzinfo=None)
        elif "DURATION" in component:
            end = start + component["DURATION"].dt
        else:
            return None
        if isinstance(end, datetime) is not isinstance(start, datetime):
            raise _RefusedError(
                "one of start and end has a time, and the other none",
                "mend it",
                code="calendar.mixed_times",
            )
        if not isinstance(end, datetime):
            end -= _DAY  # RFC 5545 section 3.6.1: the end is not included
            return end if end > start else None
        if end < start:
            raise _RefusedError(
                "it ends before it starts",
                "exchange start and end",
                code="calendar.ends_before_start",
            )
        return end if end > start else None

    def named(self, value: Any, entry: Entry) -> datetime | date:
        """Read which start a time names, in the entry's own zone."""
        if str(value.params.get("RANGE", "")):
            said = "it changes all later occurrences at once (RANGE)"
            raise _RefusedError(
                said, "end the series there, and begin another", code="calendar.this_and_later"
            )
        at, zone = self.time(value)
        if isinstance(at, datetime) is entry.all_day:
            raise _RefusedError(
                "an occurrence is named by another type than the start's",
                "mend it",
                code="calendar.mixed_times",
            )
        if isinstance(at, datetime) and zone != entry.zone:
            there = at.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo(entry.zone))
            return there.replace(tzinfo=None)
        return at

    def recurrence(self, component: Any, entry: Entry) -> Recurrence | None:
        """Read how it repeats."""
        rules = tuple(one.to_ical().decode() for one in all_of(component, "RRULE"))
        added, left_out = (self.starts(component, name, entry) for name in ("RDATE", "EXDATE"))
        return Recurrence(rules, added, left_out) if rules or added else None

    def starts(self, component: Any, name: str, entry: Entry) -> tuple[datetime | date, ...]:
        found = []
        for several in all_of(component, name):
            for one in several.dts:
                if isinstance(one.dt, tuple):
                    said = f"its {name} gives periods, not starts"
                    raise _RefusedError(
                        said, "give the dates of its occurrences", code="calendar.periods"
                    )
                value = icalendar.vDDDTypes(one.dt)
                value.params = several.params
                found.append(self.named(value, entry))
        return tuple(found)

    def language(self, component: Any, name: str) -> str:
        """Tell the language of a text: its own word, else the source's."""
        value = component.get(name)
        code = str(getattr(value, "params", {}).get("LANGUAGE", "")).lower()
        known = {one.lower() for one in self.source.languages}
        main = code.partition("-")[0]
        return code if code in known else main if main in known else self.source.language

    def by_language(self, component: Any, name: str, *, lines: bool = False) -> dict[str, str]:
        text = text_of(component, name)
        text = lines_of(text) if lines else line_of(text)[:1000]
        return {self.language(component, name): text} if text else {}


def _with_overrides(one: Read, parts: Sequence[Entry]) -> Read:
    if not parts:
        return one
    repeats = one.entry.recurrence or Recurrence()
    overrides = tuple(_named_in(one.entry.zone, replace(part, recurrence=None)) for part in parts)
    return replace(one, entry=replace(one.entry, recurrence=replace(repeats, overrides=overrides)))


def _named_in(zone: str, part: Entry) -> Entry:
    """Name an occurrence in the zone of its series, where its own zone is another."""
    if not isinstance(part.occurrence, datetime) or part.zone == zone:
        return part
    there = part.occurrence.replace(tzinfo=ZoneInfo(part.zone)).astimezone(ZoneInfo(zone))
    return replace(part, occurrence=there.replace(tzinfo=None))


def known_zone(name: str) -> str:
    """Find the IANA name in what programs call a zone; empty if there is none.

    Microsoft's have names of their own; older ones of Mozilla stand behind a prefix.
    """
    name = name.strip().strip('"')
    parts = name.split("/")
    tried = [name, WINDOWS_TO_OLSON.get(name, ""), "/".join(parts[-2:]), "/".join(parts[-3:])]
    return next((one for one in tried if one and "/" in one and is_zone(one)), _utc(name))


def _utc(name: str) -> str:
    return "UTC" if name.upper() in {"UTC", "GMT", "ETC/UTC", "Z"} else ""
