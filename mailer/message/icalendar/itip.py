"""Reads answers to invitations as calendar programs mail them (iMIP, RFC 6047).

Programs put the answer into a part of type `text/calendar; method=REPLY`, most of them once more
as an attachment; Apple's also names it `application/ics`. Only lines that matter are read, by a
reader of our own: whoever answers must be understood, whatever else their program writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import unquote

from mailer.domain.subscribers.address import AddressError, key_of
from mailer.message.incoming import mime
from mailer.message.incoming.mime import Part

MOST_LINES: Final = 5_000
MOST_ANSWERS: Final = 100
"""Occurrences that one mail can answer about."""
LONGEST: Final = 1_000
"""Characters of a value that are kept."""
_TYPES: Final = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})
_LINE: Final = re.compile(
    r'(?P<name>[A-Za-z0-9-]{1,60})(?P<parameters>(?:;[^:;"\n]{0,500}(?:"[^"\n]{0,500}"[^:;"\n]{0,500}){0,20}){0,30}):'
    r"(?P<value>.*)"
)
_PARAMETER: Final = re.compile(r';([A-Za-z0-9-]{1,60})=(?:"([^"\n]*)"|([^;"\n]*))')
_ESCAPE: Final = re.compile(r"\\([\\;,nN])")
_TIME: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")


class Method(StrEnum):
    """The method of an answer (RFC 5546 section 1.4)."""

    REPLY = "REPLY"
    COUNTER = "COUNTER"
    """Another time, or something else, is proposed."""


class Time(NamedTuple):
    """A time as a program wrote it."""

    local: datetime
    """Without zone; in UTC if `utc`."""
    utc: bool
    zone: str
    """TZID, as it stands there."""
    day: bool
    """True if it is a date alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as far as it can be read."""

    method: Method
    uid: str
    partstat: str
    """In capitals: ACCEPTED, TENTATIVE, DECLINED, or another one."""
    attendee: str
    """The address that answers; empty if none is named, or only others are."""
    sequence: int = 0
    stamp: datetime | None = None
    """DTSTAMP, UTC."""
    occurrence: Time | None = None
    """RECURRENCE-ID: the answer is about that one only."""
    start: Time | None = None
    end: Time | None = None
    comment: str = ""


class _Line(NamedTuple):
    name: str
    parameters: dict[str, str]
    value: str


def answers(data: bytes, invited: str = "") -> list[Answer]:
    """Read the answers in a mail; none if it holds no calendar file that answers.

    Never raises, whatever the bytes, and looks at a bounded part of them.

    Args:
        data: the mail.
        invited: the address that was invited: of several attendees in an answer, only it counts.
    """
    message = mime.read(data)
    for part in message.walk():
        if _is_calendar(part):
            found = list(_answers(part.text, part.parameter("method"), invited))[:MOST_ANSWERS]
            if found:
                return found
    return []


def _is_calendar(part: Part) -> bool:
    """Tell whether a part is a calendar file, by its type or its name."""
    names = f"{part.parameter('name')} {part.field('content-disposition')[:500]}".lower()
    return part.type in _TYPES or ".ics" in names


def _answers(text: str, named: str, invited: str) -> Iterator[Answer]:
    method = named.upper()
    stack: list[str] = []
    found: list[_Line] = []
    for line in _lines(text):
        value = line.value.strip().upper()
        if line.name == "BEGIN":
            stack.append(value)
            if value == "VEVENT":
                found = []
        elif line.name == "END":
            if value == "VEVENT" and method in set(Method):
                yield _answer(Method(method), found, invited)
            if value in stack:
                del stack[stack.index(value) :]
        elif stack == ["VCALENDAR"] and line.name == "METHOD":
            method = value
        elif stack[-1:] == ["VEVENT"]:
            found.append(line)


def _lines(text: str) -> Iterator[_Line]:
    """Yield content lines, unfolded (RFC 5545 section 3.1), of those that can be read."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for line in unfolded.split("\n", MOST_LINES)[:MOST_LINES]:
        found = _LINE.match(line[:10_000])
        if found:
            parameters = {
                name.upper(): (quoted or plain).strip()
                for name, quoted, plain in _PARAMETER.findall(found["parameters"])
            }
            yield _Line(found["name"].upper(), parameters, found["value"])


def _answer(method: Method, lines: list[_Line], invited: str) -> Answer:
    first = {line.name: line for line in reversed(lines)}
    partstat, attendee = _answering(lines, invited)
    return Answer(
        method=method,
        uid=_text(first.get("UID")),
        partstat=partstat,
        attendee=attendee,
        sequence=_number(first.get("SEQUENCE")),
        stamp=_instant(first.get("DTSTAMP")),
        occurrence=_time(first.get("RECURRENCE-ID")),
        start=_time(first.get("DTSTART")),
        end=_time(first.get("DTEND")),
        comment="\n".join(
            text for line in lines if line.name == "COMMENT" if (text := _text(line))
        ),
    )


def _text(line: _Line | None) -> str:
    if line is None:
        return ""
    plain = _ESCAPE.sub(lambda one: "\n" if one[1] in "nN" else one[1], line.value[:LONGEST])
    return plain.strip()


def _answering(lines: list[_Line], invited: str) -> tuple[str, str]:
    """Tell what is answered, and by whom: PARTSTAT and address, empty where that does not show.

    An answer should name one attendee (RFC 5546 section 3.2.3); some programs repeat the others,
    with what those answered. So the invited one counts. Who answers from another address of theirs
    is the only one; and one of several others, or the organizer, is never taken for the reader.
    """
    people = [line for line in lines if line.name == "ATTENDEE"]
    own = [line for line in people if _key(invited) in _keys(line)] if invited else []
    if not own:
        organizers = {key for line in lines if line.name == "ORGANIZER" for key in _keys(line)}
        own = people if len(people) == 1 and not organizers & _keys(people[0]) else []
    said = {one for line in own if (one := line.parameters.get("PARTSTAT", "").upper()[:40])}
    if len(said) > 1:  # it contradicts itself
        return "", ""
    return next(iter(said), ""), _addresses(own[0])[0] if own else ""


def _addresses(line: _Line) -> list[str]:
    """Return a person's addresses: of `mailto:`, else of the EMAIL parameter (RFC 7986 6.2)."""
    scheme, _, rest = line.value.strip().partition(":")
    found = (
        [unquote(rest.partition("?")[0])[:320].strip("<> ")] if scheme.lower() == "mailto" else []
    )
    return [*found, line.parameters.get("EMAIL", "")[:320]]


def _keys(line: _Line) -> frozenset[str]:
    return frozenset(key for one in _addresses(line) if (key := _key(one)))


def _key(address: str) -> str:
    """Return what all spellings of an address have in common; empty if it is none."""
    try:
        return key_of(address)
    except AddressError:
        return ""


def _number(line: _Line | None) -> int:
    text = line.value.strip() if line else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _time(line: _Line | None) -> Time | None:
    found = _TIME.match(line.value.strip()) if line else None
    if line is None or found is None:
        return None
    try:
        local = datetime.strptime(found[1] + (found[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    zone = line.parameters.get("TZID", "")[:100]
    return Time(local, found[3] == "Z", zone, found[2] is None)


def _instant(line: _Line | None) -> datetime | None:
    """Read DTSTAMP, which is in UTC, also where a program forgot to say so."""
    time = _time(line)
    return time.local.replace(tzinfo=UTC) if time else None
