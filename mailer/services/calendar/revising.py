"""Makes entries of the calendar, and new versions of them, from the fields that somebody gives.

    what a command or a request says -> `Given` -> a new entry, or the entry with it -> `Calendar`

What is not given stays. Texts by language are added to those that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, TypedDict

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.calendar_file import is_zone
from mailer.content.parsing.manifest import LONGEST_TEXT, SLUG, unsuitable
from mailer.domain.calendar.entry import ANY, Entry, Kind, Recurrence, Status
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.recurrence import fault_of_rule
from mailer.domain.campaigns.size import Expected
from mailer.errors import InputError, Problem
from mailer.services.calendar.entries import moved
from mailer.services.calendar.reminders import Reminders
from mailer.services.campaigns.sizes import agree
from mailer.store.server.connection import Store

LONGEST_LINE: Final = 1000
BY_LANGUAGE: Final = ("title", "description", "place", "city", "registration", "reason")
_LINES: Final = ("url", "online")
_WORDS: Final = ("topics", "tags")
_PLAIN: Final = ("kind", "status", "invite", "listed", "rule")
_READ: Final = (*BY_LANGUAGE, *_LINES, *_WORDS, "remind")
_NEEDED: Final = ("start", "zone", "title")


class Given(TypedDict, total=False):
    """The fields of an entry that somebody gives."""

    kind: Kind
    start: datetime | date
    """Local time in the zone, or a day."""
    end: datetime | date | None
    zone: str
    title: Mapping[str, str]
    """By language, as all texts; an empty one removes what is there."""
    description: Mapping[str, str]
    place: Mapping[str, str]
    city: Mapping[str, str]
    registration: Mapping[str, str]
    """By language, or one address for all as `*`."""
    reason: Mapping[str, str]
    url: str
    online: str
    topics: Sequence[str]
    tags: Sequence[str]
    rule: str
    """An audience rule; empty: none."""
    remind: Sequence[str] | None
    """Offsets in ISO 8601; None: as usual for its kind."""
    status: Status
    invite: bool
    listed: bool
    repeat: Sequence[str]
    """Rules (RFC 5545 section 3.3.10); none: it takes place once."""


def made(name: str, given: Given, settings: Settings) -> Entry:
    """Make a new entry.

    Raises:
        InputError: something is missing, or cannot be.
    """
    problems = []
    if not SLUG.fullmatch(name):
        remedy = "use small letters, digits and hyphens"
        said = f"the id {name!r} cannot stand in a web address"
        problems.append(Problem("id", said, remedy, code="bad_id"))
    problems += [
        Problem(field, "it is missing", "give one", code="missing")
        for field in _NEEDED
        if not given.get(field)
    ]
    if problems:
        raise InputError(problems)
    kind = given.get("kind", Kind.MEETING)
    bare = Entry(name, kind, given["start"], "UTC", {}, listed=kind is not Kind.DEADLINE)
    return applied(bare, given, settings)


def applied(entry: Entry, given: Given, settings: Settings) -> Entry:
    """Return an entry with what was given; a new start moves the end along.

    Raises:
        InputError: something that was given cannot be.
    """
    plain: dict[str, Any] = {name: value for name, value in given.items() if name in _PLAIN}
    entry = _timed(replace(entry, **plain), given)
    others = {
        name: _read(name, value, entry, settings) for name, value in given.items() if name in _READ
    }
    return _repeated(replace(entry, **others), given)


def _read(name: str, value: Any, entry: Entry, settings: Settings) -> Any:
    """Return the value of a field of an entry, from what was given."""
    if name in BY_LANGUAGE:
        return _merged(getattr(entry, name), checked(name, value, settings))
    if name in _LINES:
        return _line(name, value)
    if name in _WORDS:
        return tuple(_line(name, one) for one in value if one)
    return None if value is None else _offsets(value)


def cancelled(entry: Entry, reason: Mapping[str, str]) -> Entry:
    """Return an entry, or an occurrence, as one that does not take place."""
    return replace(entry, status=Status.CANCELLED, reason=reason)


def checked(field: str, texts: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Return texts by language, if they can be; codes in lower case.

    Raises:
        InputError: readers have no such language, or a text holds what no mail should.
    """
    known = {code.lower() for code in settings.languages}
    found = {}
    for given, text in texts.items():
        code = given.lower()
        if code not in known and not (code == ANY and field == "registration"):
            said, remedy = f"there is no language {given!r}", f"readers have {', '.join(known)}"
            raise InputError.of(field, said, remedy, code="unknown_language")
        if (bad := unsuitable(text, lines=True)) or len(text) > LONGEST_TEXT:
            said = f"it contains {bad or 'too much'}"
            raise InputError.of(field, said, "shorten it", code="bad_text")
        found[code] = text.strip()
    return found


def check_told(
    store: Store, settings: Settings, clock: Clock, name: str, expected: Expected | None
) -> None:
    """Refuse a change that would be told to another number of readers than was seen (law 18).

    Args:
        store: the open store.
        settings: the settings.
        clock: the time.
        name: the entry's id.
        expected: how many readers whoever asks has in view; None: any number will do.

    Raises:
        OtherSizeError: it is another number.
    """
    agree(expected, Reminders(store, settings, clock).readers_told(name))


def _timed(entry: Entry, given: Given) -> Entry:
    if "zone" in given:
        if not is_zone(given["zone"]):
            said, remedy = f"{given['zone']!r} is no time zone", "give one such as Europe/Zurich"
            facts = {"zone": given["zone"]}
            raise InputError.of("zone", said, remedy, code="unknown_zone", facts=facts)
        entry = replace(entry, zone=given["zone"])
    if "start" in given:
        start = given["start"]
        entry = replace(entry, start=start) if "end" in given else moved(entry, start)
    if "end" in given:
        entry = replace(entry, end=given["end"])
    _check_order(entry)
    return entry


def _check_order(entry: Entry) -> None:
    if entry.end is None:
        return
    if isinstance(entry.end, datetime) is not isinstance(entry.start, datetime):
        said = "start and end are not of one kind"
        raise InputError.of("end", said, "give both a time, or none", code="calendar.mixed_times")
    if entry.end < entry.start:
        said, remedy = "it ends before it starts", "exchange start and end"
        raise InputError.of("end", said, remedy, code="calendar.ends_before_start")


def _repeated(entry: Entry, given: Given) -> Entry:
    if "repeat" not in given:
        return entry
    rules = tuple(given["repeat"])
    for rule in rules:
        if fault := fault_of_rule(rule, entry):
            remedy = "write FREQ=WEEKLY;BYDAY=TU;COUNT=10"
            raise InputError.of("repeat", fault, remedy, code="calendar.bad_rule")
    old = entry.recurrence or Recurrence()
    return replace(entry, recurrence=replace(old, rules=rules) if rules else None)


def _merged(before: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """Add texts by language; an empty one removes it, one for all the others replaces them."""
    found = {} if ANY in texts else {code: text for code, text in before.items() if code != ANY}
    return {code: text for code, text in {**found, **texts}.items() if text}


def _line(field: str, text: str) -> str:
    if (bad := unsuitable(text, lines=False)) or len(text) > LONGEST_LINE:
        raise InputError.of(
            field, f"it contains {bad or 'too much'}", "shorten it", code="bad_text"
        )
    return text.strip()


def _offsets(given: Sequence[str]) -> tuple[Offset, ...]:
    return tuple(Offset.parse(one, "remind") for one in given)
