"""Reads Mailman: lines of `mailman members` (3) or `list_members -f` (2), JSON of its REST roster.

Mailman exports list by list: the file's name tells which. Its own files (`config.pck`) are never
read, for a pickle runs what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats import tables
from mailer.services.moving_in.formats.entries import entries, text
from mailer.services.moving_in.formats.lines import Line, lines, named
from mailer.services.moving_in.formats.tables import Record
from mailer.services.moving_in.sources import Part

COLUMNS: Final = frozenset(
    {"email", "address", "display_name", "delivery_mode", "delivery_status", "list_id", "role"}
)
_NOBODY: Final = re.compile(r"\S+ has no members")
_SWITCHED_OFF: Final = {
    "by_user": Theirs.NOMAIL,
    "by_moderator": Theirs.NOMAIL,
    "by_bounces": Theirs.BOUNCED,
    "unknown": Theirs.NOMAIL,
}
_READERS: Final = frozenset({"", "member"})


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the members of a list.

    Raises:
        InputError: it is none of Mailman's.
    """
    start = part.data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in {b"\x80", b"("}:
        raise part.refuse(
            "looks like a pickle, which is never read: it could run anything",
            "write the members with: mailman members LIST, or list_members -f LIST",
        )
    if start[:1] in {b"{", b"["}:
        for place, entry in entries(part, ("entries",)):
            yield _of_entry(part, place, entry)
    elif b"@" not in start.partition(b"\n")[0] and _is_table(part):
        for record in tables.records(part, COLUMNS):
            yield record if isinstance(record, Unread) else _of_record(part, record)
    else:
        for line in lines(part):
            if isinstance(line, Unread):
                yield line
            elif not _NOBODY.fullmatch(line.text):
                yield _of_line(part, line)


def _is_table(part: Part) -> bool:
    return bool(tables.header_of(part, COLUMNS) & {"email", "address"})


def _of_line(part: Part, line: Line) -> Mover | Unread:
    found = named(line.text)
    if found is None:
        return Unread(part.name, line.number, line.text[:80], "names no address")
    return Mover(
        part.name,
        line.number,
        found.address,
        part.status_of(Theirs.ACTIVE),
        "said to be so" if part.status else "member",
        name=found.name,
        lists=(part.stem,),
    )


def _of_record(part: Part, record: Record) -> Mover | Unread:
    entry = {name: record.cell(name) for name in COLUMNS if record.cell(name)}
    entry["email"] = record.cell("email", "address")
    made = _of_entry(part, record.row, entry)
    if isinstance(made, Unread):
        return made
    return replace(made, attributes=record.others(COLUMNS))


def _of_entry(part: Part, place: int, entry: Mapping[str, Any]) -> Mover | Unread:
    address, role = text(entry.get("email")), text(entry.get("role")).lower()
    if not address:
        return Unread(part.name, place, "", "names no address")
    if role not in _READERS:
        return Unread(part.name, place, address, f"is no member, but {role[:40]}")
    state = text(entry.get("delivery_status")).lower().replace(" ", "_")
    status = part.status_of(_SWITCHED_OFF.get(state, Theirs.ACTIVE))
    list_id = text(entry.get("list_id"))
    return Mover(
        part.name,
        place,
        address,
        status,
        f"delivery_status: {state}" if state else "member",
        name=text(entry.get("display_name")),
        lists=(list_id or part.stem,),
    )
