"""Reads entries of the calendar from TOML: an edition's `calendar.toml`, or a file to import."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailer.content.parsing.links import LinkFault, fault_of
from mailer.content.parsing.manifest import EPOCH, SLUG, Sheet
from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.recurrence import fault_of_dates, fault_of_rule
from mailer.errors import InputError, Problem

KEYS: Final[Mapping[str, str]] = {
    "id": "its short name: small letters, digits, hyphens",
    "kind": "meeting, observance or deadline",
    "start": "2023-04-26T14:00:00 in local time, or 2023-06-27 for all day",
    "end": "as start; the last day, included, of an entry that lasts days",
    "zone": "whose time that is, such as Europe/Zurich",
    "city": "by language: whose time it is, where that is not the city of the zone's name",
    "title": "by language",
    "description": "by language; several lines are allowed",
    "place": "by language",
    "url": "a page about it",
    "online": "where one joins it online",
    "registration": "where one registers: one address, or by language",
    "topics": "whose subscribers are concerned",
    "tags": "of those, only readers with one of these",
    "rule": "of those, only readers of whom that audience rule holds, such as segment:board",
    "listed": "whether editions list it among the dates; usually true, of a deadline false",
    "remind": "when reminders go out, such as P14D, P1D, PT1H; [] for none",
    "status": "confirmed, tentative or cancelled",
    "reason": "by language: why it is cancelled",
    "invite": "true: readers are invited, and can answer",
    "repeat": "rules by which it repeats, such as FREQ=MONTHLY;BYDAY=1TU;COUNT=6",
    "also": "further starts of an entry that repeats",
    "except": "starts that are left out",
    "uid": "its name in calendar files, where it has one already",
    "sequence": "how often it was changed, where another program counted",
}
"""The keys of an entry, and what each is for."""


def read_calendar(file: str, text: str, problems: list[Problem]) -> tuple[Entry, ...]:
    """Read the entries of a file, each with an id of its own.

    Args:
        file: its name, for messages.
        text: the TOML.
        problems: where to put what is wrong.
    """
    return tuple(one.entry for one in read_entries(file, text, problems))


class Found(NamedTuple):
    """One entry of a file."""

    entry: Entry
    place: str
    """File and line, for messages."""
    said: frozenset[str]
    """The keys that stand there."""
    sound: bool
    """False if something is wrong with it."""


def read_entries(file: str, text: str, problems: list[Problem]) -> list[Found]:
    """Read the entries of a file, each with where it stands and what it says."""
    sheet = Sheet(file, text, problems)
    sheet.known(("entry",))
    tables = sheet.table.get("entry", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        sheet.problem(
            "entry",
            "entries are not written as a list",
            "begin each with [[entry]]",
            code="toml.bad_value",
        )
        return []
    starts = [match.start() for match in re.finditer(r"^[ \t]*\[\[[ \t]*entry", text, re.MULTILINE)]
    starts += [0] * (len(tables) - len(starts))
    entries: dict[str, Found] = {}
    for number, table in enumerate(tables):
        end = starts[number + 1] if number + 1 < len(starts) else len(text)
        part = text[starts[number] : end]
        lines = text[: starts[number]].count("\n")
        one = Sheet(file, part, problems, table=table, offset=lines)
        before = len(problems)
        entry = read_entry(one)
        if entry.id in entries:
            one.problem(
                "id",
                f"the entry {entry.id!r} stands twice",
                "give each its own id",
                code="calendar.twice",
            )
        sound = len(problems) == before
        place = f"{file}:{one.line_of('id')}"
        entries[entry.id] = Found(entry, place, frozenset(table), sound)
    return list(entries.values())


def read_entry(sheet: Sheet) -> Entry:
    """Read one entry from its table."""
    sheet.known(tuple(KEYS))
    kind = _choice(sheet, "kind", Kind, '"meeting"', Kind.MEETING)
    start, end = _times(sheet)
    identity = sheet.string("id", required='"msme-day-2023"')
    if identity and not SLUG.fullmatch(identity):
        remedy = "use small letters, digits and hyphens"
        sheet.problem(
            "id", f"the id {identity!r} cannot stand in a web address", remedy, code="bad_id"
        )
    entry = Entry(
        id=identity,
        kind=kind,
        start=start,
        end=end,
        zone=_zone(sheet),
        title=sheet.texts("title", required=True),
        place=sheet.texts("place"),
        city=sheet.texts("city"),
        url=sheet.string("url"),
        topics=sheet.strings("topics"),
        listed=sheet.flag("listed", usual=kind is not Kind.DEADLINE),
        description=sheet.texts("description", lines=True),
        online=sheet.string("online"),
        registration=_registration(sheet),
        tags=sheet.strings("tags"),
        rule=sheet.string("rule"),
        remind=_offsets(sheet),
        status=_choice(sheet, "status", Status, "", Status.CONFIRMED),
        sequence=_sequence(sheet),
        invite=sheet.flag("invite", usual=False),
        reason=sheet.texts("reason"),
        uid=sheet.string("uid"),
    )
    entry = replace(entry, recurrence=_recurrence(sheet, entry))
    if fault := fault_of_dates(entry):
        key = "repeat" if entry.repeats else "start"
        sheet.problem(
            key,
            fault,
            "write fewer rules and dates, of years near our own",
            code="calendar.bad_dates",
        )
    return entry


def broken_links(entry: Entry) -> Iterator[tuple[str, LinkFault]]:
    """Find the links of an entry that will not work, each with its key."""
    links = [("url", entry.url), ("online", entry.online)]
    links += [("registration", one) for one in entry.registration.values()]
    for key, link in links:
        fault = fault_of(link) if link else None
        if fault:
            yield key, fault


def _choice(sheet: Sheet, key: str, known: Any, required: str, usual: Any) -> Any:
    value = sheet.string(key, required=required)
    if value and value not in set(known):
        remedy = f"known are {', '.join(known)}"
        sheet.problem(key, f"unknown {key} {value!r}", remedy, code="unknown_value")
    return known(value) if value in set(known) else usual


def is_zone(name: str) -> bool:
    """Tell whether that is a zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def _zone(sheet: Sheet) -> str:
    name = sheet.string("zone", required='"Europe/Zurich"')
    if name and not is_zone(name):
        remedy = 'use a name such as "Europe/Zurich" or "America/Montevideo"'
        sheet.problem("zone", f"unknown time zone {name!r}", remedy, code="unknown_zone")
        return "UTC"
    return name or "UTC"


def _registration(sheet: Sheet) -> dict[str, str]:
    """Read where one registers: by language, or one address for all (kept under `*`)."""
    if isinstance(sheet.table.get("registration"), str):
        return {"*": sheet.string("registration")}
    return sheet.texts("registration")


def _offsets(sheet: Sheet) -> tuple[Offset, ...] | None:
    if "remind" not in sheet.table:
        return None
    found = []
    for text in sheet.strings("remind"):
        try:
            found.append(Offset.parse(text))
        except InputError as error:
            sheet.problem(
                "remind",
                error.problems[0].text,
                error.problems[0].remedy,
                code=error.problems[0].code,
            )
    return tuple(found)


def _sequence(sheet: Sheet) -> int:
    value = sheet.table.get("sequence", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        sheet.problem(
            "sequence", "'sequence' is no number of changes", "leave it out", code="toml.bad_value"
        )
        return 0
    return value


def _recurrence(sheet: Sheet, entry: Entry) -> Recurrence | None:
    rules = sheet.strings("repeat")
    for rule in rules:
        fault = fault_of_rule(rule, entry)
        if fault:
            sheet.problem(
                "repeat",
                fault,
                "write a rule such as FREQ=WEEKLY;BYDAY=TU;COUNT=10",
                code="calendar.bad_rule",
            )
            return None
    added, left_out = _starts(sheet, "also", entry), _starts(sheet, "except", entry)
    if not rules and not added:
        return None
    return Recurrence(rules, added, left_out)


def _starts(sheet: Sheet, key: str, entry: Entry) -> tuple[datetime | date, ...]:
    value = sheet.table.get(key, [])
    if not isinstance(value, Sequence) or isinstance(value, str):
        value = [value]
    for one in value:
        proper = isinstance(one, date) and isinstance(one, datetime) is not entry.all_day
        if not proper or (isinstance(one, datetime) and one.tzinfo is not None):
            said = f"{key!r} holds {one}, which is no start such as the entry's own"
            sheet.problem(
                key,
                said,
                f"write {key} = [{entry.start.isoformat()}]",
                code="calendar.unlike_start",
            )
            return ()
    return tuple(value)


def _times(sheet: Sheet) -> tuple[datetime | date, datetime | date | None]:
    """Read start and end: both dates, or both local times, in that order."""
    start, end = _time(sheet, "start"), _time(sheet, "end")
    if start is None:
        if "start" not in sheet.table:
            sheet.problem(
                "start", "'start' is missing", f"write start = {_TIME_EXAMPLE}", code="missing"
            )
        return EPOCH, None
    if end is None:
        return start, None
    if isinstance(start, datetime) is not isinstance(end, datetime):
        sheet.problem(
            "end",
            "'start' and 'end' are not of one kind",
            "give both a time, or none",
            code="calendar.mixed_times",
        )
        return start, None
    if end < start:
        sheet.problem(
            "end",
            "the entry ends before it starts",
            "exchange start and end",
            code="calendar.ends_before_start",
        )
        return start, None
    return start, end


_TIME_EXAMPLE: Final = "2023-04-26T14:00:00, or 2023-06-27 for all day"


def _time(sheet: Sheet, key: str) -> datetime | date | None:
    """Read a date or a local time; None if it is absent or wrong."""
    value = sheet.table.get(key)
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        remedy = "write the local time, and the zone as zone"
        sheet.problem(
            key, f"{key!r} carries an offset of its own", remedy, code="calendar.offset_in_time"
        )
        return None
    if not isinstance(value, date):
        sheet.problem(
            key, f"{key!r} is not a date or time", f"write {key} = {_TIME_EXAMPLE}", code="bad_time"
        )
        return None
    return value
