"""Writes calendar files: the feed that programs subscribe to, and what goes along with a mail.

Sources: RFC 5545 (iCalendar), RFC 7986 (NAME, COLOR, CONFERENCE, REFRESH-INTERVAL, SOURCE),
RFC 5546 (what PUBLISH, REQUEST and CANCEL must hold), RFC 6047 (the same by mail). Outlook reads
`X-WR-CALNAME` and `X-PUBLISHED-TTL` in the place of NAME and REFRESH-INTERVAL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar

from mailer.content.language.calendar_words import calendar_words
from mailer.domain.calendar.entry import (
    MORNING,
    Entry,
    Kind,
    Recurrence,
    Status,
    in_language,
    instant,
    language_for,
)
from mailer.domain.calendar.offset import Offset
from mailer.message.icalendar import vtimezone

REFRESH: Final = timedelta(hours=6)
"""The interval at which a program should look for changes of the feed."""
_COLOUR: Final = "midnightblue"
"""RFC 7986 section 5.9 wants a name of CSS; this one is near the house's accent."""
_DAY: Final = timedelta(days=1)
_NO_DATE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS_AHEAD: Final = 10
_UNTIL: Final = re.compile(r"UNTIL=(\d{8})(T\d{6}Z?)?", re.IGNORECASE)


class Method(StrEnum):
    """The request of a calendar file sent by mail to the reader's calendar (RFC 5546)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    """Invites: an answer is asked for."""
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Frame:
    """The properties that are the same for all entries of a file."""

    language: str
    order: Sequence[str] = ()
    """Languages that stand in where an entry lacks a text, the first before the others."""
    page: Callable[[Entry], str] | None = None
    """Makes the address of an entry's page, for entries without one of their own."""
    stamp: datetime | None = None
    """DTSTAMP; none: when the entry changed (RFC 5545 section 3.8.7.2, files without METHOD)."""
    alarms: bool = False

    def text(self, texts: Any) -> str:
        """Choose a text of an entry."""
        return in_language(texts, self.language, self.order)


def feed(
    entries: Iterable[Entry],
    frame: Frame,
    *,
    name: str,
    source: str = "",
    changed_at: datetime | None = None,
) -> bytes:
    """Write the calendar that programs subscribe to, or that is exported; lines end in CRLF.

    The same arguments give the same octets. Entries that were cancelled stay, as cancelled.

    Args:
        entries: which ones; those that repeat are written once, with their rule.
        frame: in which language, and how.
        name: of the calendar.
        source: the feed's own address, if it has one.
        changed_at: when the calendar changed last.
    """
    calendar = _calendar(frame)
    for key in ("name", "x-wr-calname"):
        calendar.add(key, name, parameters={"LANGUAGE": frame.language} if key == "name" else {})
    calendar.add("color", _COLOUR)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    if source:
        calendar.add("source", source, parameters={"VALUE": "URI"})
    if changed_at is not None:
        calendar.add("last-modified", changed_at)
    return _written(calendar, list(entries), frame).encode()


def for_mail(
    entry: Entry,
    frame: Frame,
    method: Method,
    *,
    organizer: str,
    organizer_name: str,
    attendee: str = "",
) -> str:
    r"""Write one entry as it goes along with a mail; lines end in `\n`, for `outgoing.composing`.

    Args:
        entry: the entry; one of its occurrences is named as such (RECURRENCE-ID).
        frame: in which language, and how; its `stamp` is the present.
        method: what it asks of the reader's calendar.
        organizer: address that answers go to, without `mailto:`; may hold slots.
        organizer_name: what readers see as who invites.
        attendee: the reader's address, or a slot; needed for REQUEST. It ends its line, as the
            organizer does, because what fills a slot may be long.

    Raises:
        ValueError: an invitation to nobody.
    """
    if method is Method.REQUEST and not attendee:
        raise ValueError("A REQUEST needs an attendee: whom is it to?")
    if method is Method.CANCEL:
        entry = replace(entry, status=Status.CANCELLED)
    calendar = _calendar(frame)
    calendar.add("method", method.value)
    people = [f"ORGANIZER;CN={_quoted(organizer_name)}:", f" mailto:{organizer}"]
    if attendee:
        people += [*_attendee(method), f" mailto:{attendee}"]
    text = _written(calendar, [entry], replace(frame, alarms=False)).replace("\r\n", "\n")
    return re.sub(r"^(UID:.*\n(?: .*\n)*)", lambda one: one[1] + "\n".join(people) + "\n", text,
                  flags=re.MULTILINE)  # fmt: skip


def _attendee(method: Method) -> list[str]:
    """Return the parameters of the reader, folded (RFC 5546 section 3.2.2)."""
    if method is Method.REQUEST:
        return [
            "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION",
            " ;RSVP=TRUE:",
        ]
    return ["ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT:"]


def _calendar(frame: Frame) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//Mailer//Calendar//{frame.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _written(calendar: icalendar.Calendar, entries: Sequence[Entry], frame: Frame) -> str:
    for zone, first, last in _zones(entries):
        text = "\r\n".join(vtimezone.lines(zone, first, last))
        calendar.add_component(icalendar.Timezone.from_ical(text))
    for entry in entries:
        calendar.add_component(_event(entry, frame))
        for other in entry.recurrence.overrides if entry.recurrence else ():
            known = replace(other, uid=entry.uid, sequence=entry.sequence)
            if entry.status is Status.CANCELLED:
                known = replace(known, status=Status.CANCELLED)
            calendar.add_component(_event(known, frame))
    written: bytes = calendar.to_ical(sorted=False)
    return written.decode()


def _zones(entries: Iterable[Entry]) -> list[tuple[str, int, int]]:
    """List the zones that need a description, with the years that it must cover."""
    years: dict[str, set[int]] = {}
    for entry in entries:
        if entry.all_day or entry.zone == "UTC":
            continue
        found = years.setdefault(entry.zone, set())
        found |= {entry.first_day.year, entry.last_day.year}
        if entry.recurrence:
            found |= {entry.first_day.year + _YEARS_AHEAD}
            found |= {one.year for one in entry.recurrence.added}
            found |= {one.first_day.year for one in entry.recurrence.overrides}
    return [(zone, min(found), max(found)) for zone, found in sorted(years.items())]


def _event(entry: Entry, frame: Frame) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", frame.stamp or entry.changed_at or _NO_DATE)
    if entry.created_at is not None:
        event.add("created", entry.created_at)
    if entry.changed_at is not None:
        event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("status", entry.status.value.upper())
    _add_times(event, entry)
    title = _add_texts(event, entry, frame)
    event.add("class", "PUBLIC")
    event.add("transp", "OPAQUE" if entry.kind is Kind.MEETING else "TRANSPARENT")
    if frame.alarms and entry.status is not Status.CANCELLED:
        for offset in entry.offsets:
            event.add_component(_alarm(offset, entry, title))
    return event


def texts_of(entry: Entry, frame: Frame) -> dict[str, str]:
    """Return title, description and place of an entry as a file of ours has them."""
    event = icalendar.Event()
    _add_texts(event, entry, frame)
    names = {"title": "SUMMARY", "description": "DESCRIPTION", "place": "LOCATION"}
    return {name: str(event.get(key, "")) for name, key in names.items()}


def _add_texts(event: Any, entry: Entry, frame: Frame) -> str:
    """Add what people read; returns the title."""
    words = calendar_words(frame.language)
    title = frame.text(entry.title)
    if entry.status is Status.CANCELLED:
        title = words["cancelled_title"].replace("{title}", title)
    _add_text(event, "summary", title, entry.title, frame)
    if text := _description(entry, frame):
        _add_text(event, "description", text, entry.description or entry.title, frame)
    if place := frame.text(entry.place):
        _add_text(event, "location", place, entry.place, frame)
    elif entry.online and not entry.registration:
        event.add("location", entry.online)
    if url := entry.url or (frame.page(entry) if frame.page else ""):
        event.add("url", url, parameters={"VALUE": "URI"})
    if entry.online:
        _add_conference(event, entry, frame)
    event.add("categories", [words[entry.kind.value]], parameters={"LANGUAGE": frame.language})
    return title


def _add_text(event: Any, name: str, text: str, texts: Any, frame: Frame) -> None:
    """Add a text that says which language it is in (RFC 5545 section 3.2.10)."""
    code = language_for(texts, frame.language, frame.order)
    language = code if code.isascii() and code.replace("-", "").isalnum() else frame.language
    event.add(name, text, parameters={"LANGUAGE": language})


def _description(entry: Entry, frame: Frame) -> str:
    """Write what a reader's program shows of the entry; many show no other property but this."""
    words = calendar_words(frame.language)
    found = []
    if entry.status is Status.CANCELLED:
        found.append(words["cancelled"])
        if reason := frame.text(entry.reason):
            found[-1] += " " + words["reason"].replace("{reason}", reason)
    elif entry.status is Status.TENTATIVE:
        found.append(words["tentative"])
    found.append(frame.text(entry.description))
    links = [("register", frame.text(entry.registration)), (_join(entry), entry.online)]
    if entry.status is Status.CANCELLED:
        links = []
    links.append(("more", entry.url))
    lines = [words[word].replace("{link}", link) for word, link in links if link]
    return "\n\n".join(part for part in (*found, "\n".join(lines)) if part)


def _join(entry: Entry) -> str:
    """Word the link to join online; it says so where one has to register."""
    return "join_registered" if entry.registration else "join"


def _add_conference(event: Any, entry: Entry, frame: Frame) -> None:
    label = (
        calendar_words(frame.language)[_join(entry)]
        .replace("{link}", "")
        .rstrip("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} :")
    )
    parameters = {"VALUE": "URI", "LABEL": label, "LANGUAGE": frame.language}
    event.add("conference", icalendar.vUri(entry.online, params=parameters))


def _add_times(event: Any, entry: Entry) -> None:
    event.add("dtstart", _time(entry.start, entry))
    if entry.all_day:
        event.add("dtend", entry.last_day + _DAY)  # RFC 5545 section 3.6.1: not included
    elif entry.end is not None and entry.ends_at() > entry.starts_at():
        event.add("dtend", _time(entry.end, entry))
    if entry.occurrence is not None:
        event.add("recurrence-id", _time(entry.occurrence, entry, exact=True))
    repeats = entry.recurrence or Recurrence()
    for rule in repeats.rules:
        event.add("rrule", icalendar.vRecur.from_ical(_rule(rule, entry)))
    for name, times in (("rdate", repeats.added), ("exdate", repeats.left_out)):
        if times:
            event.add(name, [_time(one, entry, exact=True) for one in times])


def _time(local: datetime | date, entry: Entry, *, exact: bool = False) -> datetime | date:
    """Put a time into its zone; one that the clocks skip or repeat is written beyond doubt.

    Programs differ in how they read such a time. `exact` keeps it: what names an occurrence must
    agree with the rule.
    """
    if not isinstance(local, datetime):
        return local
    zone = UTC if entry.zone == "UTC" else ZoneInfo(entry.zone)
    there = local.replace(tzinfo=zone)
    if exact or entry.recurrence is not None:
        return there
    at = instant(local, entry.zone)
    return at if there.utcoffset() != there.replace(fold=1).utcoffset() else at.astimezone(zone)


def _rule(rule: str, entry: Entry) -> str:
    """Write the end of a rule in UTC, as a start with a zone needs (RFC 5545 section 3.3.10)."""

    def end(found: re.Match[str]) -> str:
        day, time = found[1], found[2] or ""
        if entry.all_day or time.endswith("Z"):
            return f"UNTIL={day}" if entry.all_day else found[0]
        local = datetime.strptime(f"{day}{time or 'T235959'}", "%Y%m%dT%H%M%S")  # noqa: DTZ007
        return f"UNTIL={instant(local, entry.zone):%Y%m%dT%H%M%SZ}"

    return _UNTIL.sub(end, rule)


def _alarm(offset: Offset, entry: Entry, title: str) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    trigger = -offset.length
    if entry.all_day:  # programs count from midnight, reminders from the morning
        trigger += timedelta(hours=MORNING.hour, minutes=MORNING.minute)
    alarm.add("trigger", trigger)
    return alarm


def _quoted(text: str) -> str:
    """Quote a parameter's value, which holds neither quotes nor controls (RFC 5545 section 3.2)."""
    plain = "".join(sign for sign in text.replace('"', "'") if sign.isprintable())
    return f'"{plain}"'
