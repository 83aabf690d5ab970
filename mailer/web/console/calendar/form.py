"""What the form of an entry holds: filled in from an entry, and read back into what is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final, cast

from mailer.config import Settings
from mailer.domain.calendar.entry import ANY, DEFAULT_OFFSETS, Entry, Kind, Status
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.rules import MOST_INTERVAL, MOST_TIMES
from mailer.domain.calendar.simple import Pattern, Simple, rule_of, simple_of
from mailer.errors import InputError, Problem
from mailer.services.calendar.revising import Given
from mailer.web.forms.fields import Fields

BY_LANGUAGE: Final = ("title", "place", "description", "city", "registration")
COMMON: Final = ("P14D", "P7D", "P3D", "P2D", "P1D", "PT2H", "PT1H")
"""The offsets that the form offers."""
OWN: Final = "own"
USUAL: Final = "usual"
_LINES: Final = (
    *("kind", "status", "start_date", "start_time", "end_date", "end_time", "all_day", "zone"),
    *("url", "online", "registration", "tags", "rule", "listed", "invite", "remind"),
    *("remind_more", "repeats", "interval", "ends", "count", "until", "rules", "sequence"),
)


@dataclass(slots=True)
class Sheet:
    """The values of the form's fields."""

    values: dict[str, str]
    topics: tuple[str, ...] = ()
    remind_at: tuple[str, ...] = ()
    offered: tuple[str, ...] = field(default=COMMON)
    """Offsets to tick."""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def empty(settings: Settings, day: str = "") -> Sheet:
    """Return the form of a new meeting."""
    values = {"kind": Kind.MEETING.value, "zone": settings.time_zone, "listed": "yes"}
    values |= {"status": Status.CONFIRMED.value, "remind": USUAL, "repeats": Pattern.ONCE.value}
    values |= {"interval": "1", "ends": "never", "start_date": day}
    topics = settings.topics
    return Sheet(values, ("meetings" if "meetings" in topics else topics.default,))


def filled(entry: Entry) -> Sheet:
    """Return the form of an entry as it is."""
    values = {
        "kind": entry.kind.value,
        "status": entry.status.value,
        "start_date": entry.first_day.isoformat(),
        "start_time": _clock(entry.start),
        "end_date": entry.last_day.isoformat() if entry.end is not None else "",
        "end_time": _clock(entry.end),
        "all_day": "yes" if entry.all_day else "",
        "zone": entry.zone,
        "url": entry.url,
        "online": entry.online,
        "registration": entry.registration.get(ANY, ""),
        "tags": " ".join(entry.tags),
        "rule": entry.rule,
        "listed": "yes" if entry.listed else "",
        "invite": "yes" if entry.invite else "",
        "remind": USUAL if entry.remind is None else OWN,
        "sequence": str(entry.sequence),
    }
    for name in BY_LANGUAGE:
        values |= {f"{name}_{code}": text for code, text in getattr(entry, name).items()}
    if entry.end is not None and entry.last_day == entry.first_day:
        values["end_date"] = ""
    rules = entry.recurrence.rules if entry.recurrence else ()
    simple = simple_of(rules, entry.first_day)
    if entry.recurrence and not rules:
        simple = Simple(Pattern.OWN)
    values |= {
        "repeats": simple.pattern.value,
        "interval": str(simple.interval),
        "ends": "count" if simple.count else "until" if simple.until else "never",
        "count": str(simple.count or ""),
        "until": simple.until.isoformat() if simple.until else "",
        "rules": "\n".join(rules),
    }
    offsets = tuple(map(str, entry.offsets))
    return Sheet(values, entry.topics, offsets, tuple(dict.fromkeys([*offsets, *COMMON])))


def typed(fields: Fields, settings: Settings) -> Sheet:
    """Return the form as it was sent."""
    values = {name: fields.one(name) for name in _LINES}
    for name in BY_LANGUAGE:
        values |= {
            f"{name}_{code.lower()}": fields.one(f"{name}_{code.lower()}").replace("\r\n", "\n")
            for code in settings.languages
        }
    remind_at = fields.all("remind_at")[:50]
    offered = tuple(dict.fromkeys([*COMMON, *filter(_is_offset, remind_at)]))
    return Sheet(values, fields.all("topics")[:50], remind_at, offered)


def given_of(sheet: Sheet, settings: Settings, *, whole: bool) -> Given:
    """Read the form.

    Args:
        sheet: what was sent.
        settings: for the languages.
        whole: false for one occurrence: its form has neither kind nor repetition nor readers.

    Raises:
        InputError: something cannot be; each problem names the form's field.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {"zone": sheet["zone"], "url": sheet["url"], "online": sheet["online"]}
    for name in BY_LANGUAGE:
        found[name] = {code.lower(): sheet[f"{name}_{code.lower()}"] for code in settings.languages}
    if sheet["registration"]:
        found["registration"] = {ANY: sheet["registration"]}
    if not any(found["title"].values()):
        problems.append(_missing(f"title_{settings.languages[0].lower()}"))
    found |= _times(sheet, problems)
    if whole:
        found |= _whole(sheet, problems)
        if "start" in found:
            found["repeat"] = _repeat(sheet, found["start"], problems)
    if problems:
        raise InputError(problems)
    return cast("Given", found)


def fields_of(settings: Settings) -> dict[str, str]:
    """Tell at which field of the form what is said of a field of an entry belongs."""
    first = settings.languages[0].lower()
    places = {name: f"{name}_{first}" for name in ("title", "place", "description", "city")}
    return places | {"start": "start_date", "end": "end_date", "repeat": "repeats"}


def _whole(sheet: Sheet, problems: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, known in (("kind", Kind), ("status", Status)):
        if sheet[name] in set(known) and sheet[name] != Status.CANCELLED:
            found[name] = known(sheet[name])
        elif sheet[name]:
            said = f"{sheet[name][:40]!r} is none of them"
            problems.append(Problem(name, said, code="unknown_value"))
    found["topics"] = sheet.topics
    found["tags"] = sheet["tags"].replace(",", " ").split()
    found["rule"] = " ".join(sheet["rule"].split())
    found["listed"] = sheet["listed"] == "yes"
    found["invite"] = sheet["invite"] == "yes"
    found["remind"] = None
    if sheet["remind"] == OWN:
        more = sheet["remind_more"].replace(",", " ").split()
        found["remind"] = [*sheet.remind_at, *more]
        for place, offsets in (("remind", sheet.remind_at), ("remind_more", more)):
            for one in offsets:
                if not _is_offset(one):
                    said, remedy = f"{one[:40]!r} is no time before", "write P14D or PT1H"
                    problems.append(Problem(place, said, remedy, code="bad_offset"))
    return found


def _times(sheet: Sheet, problems: list[Problem]) -> dict[str, Any]:
    all_day = sheet["all_day"] == "yes"
    start = _moment(sheet, "start", problems, needed=True, all_day=all_day)
    if start is None:
        return {}
    end = None
    if sheet["end_date"] or (sheet["end_time"] and not all_day):
        if not sheet["end_date"]:
            sheet = Sheet({**sheet.values, "end_date": sheet["start_date"]})
        end = _moment(sheet, "end", problems, needed=False, all_day=all_day)
    return {"start": start, "end": end}


def _moment(
    sheet: Sheet, name: str, problems: list[Problem], *, needed: bool, all_day: bool
) -> datetime | date | None:
    day, clock = sheet[f"{name}_date"], sheet[f"{name}_time"]
    if not day:
        if needed:
            problems.append(_missing(f"{name}_date"))
        return None
    if not all_day and not clock:
        problems.append(_missing(f"{name}_time"))
        return None
    try:
        found = date.fromisoformat(day)
    except ValueError:
        problems.append(_bad_time(f"{name}_date", day))
        return None
    if all_day:
        return found
    try:
        at = time.fromisoformat(clock)
    except ValueError:
        problems.append(_bad_time(f"{name}_time", clock))
        return None
    return datetime.combine(found, at.replace(tzinfo=None))


def _repeat(sheet: Sheet, start: date, problems: list[Problem]) -> Sequence[str]:
    if sheet["repeats"] == Pattern.OWN:
        return [line.strip() for line in sheet["rules"].splitlines() if line.strip()]
    if sheet["repeats"] not in set(Pattern):
        problems.append(Problem("repeats", "it is none of them", code="unknown_value"))
        return []
    pattern = Pattern(sheet["repeats"])
    if pattern is Pattern.ONCE:
        return []
    interval = _number(sheet, "interval", MOST_INTERVAL, problems) if sheet["interval"] else 1
    count = until = None
    if sheet["ends"] == "count":
        count = _number(sheet, "count", MOST_TIMES, problems)
    if sheet["ends"] == "until":
        try:
            until = date.fromisoformat(sheet["until"])
        except ValueError:
            problems.append(_bad_time("until", sheet["until"]))
    day = start.date() if isinstance(start, datetime) else start
    return [rule_of(Simple(pattern, interval or 1, count, until), day)]


def _number(sheet: Sheet, name: str, most: int, problems: list[Problem]) -> int | None:
    text = sheet[name]
    if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= most:
        return int(text)
    said, remedy = f"{text[:20]!r} is no number from 1 to {most}", "give a number"
    facts: Mapping[str, int] = {"most": most}
    problems.append(Problem(name, said, remedy, code="calendar.bad_rule", facts=facts))
    return None


def _is_offset(text: str) -> bool:
    try:
        Offset.parse(text)
    except InputError:
        return False
    return True


def _clock(at: date | None) -> str:
    return at.strftime("%H:%M") if isinstance(at, datetime) else ""


def _missing(place: str) -> Problem:
    return Problem(place, "it is missing", "give one", code="missing")


def _bad_time(place: str, text: str) -> Problem:
    said = f"{text[:40]!r} is no date and no time"
    return Problem(place, said, "write 2023-04-26, or 14:00", code="bad_time")


def usual_offsets(kind: str) -> tuple[Offset, ...]:
    """Return when reminders of a kind usually go out."""
    return DEFAULT_OFFSETS[Kind(kind)] if kind in set(Kind) else ()
