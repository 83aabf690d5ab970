"""Reads Sympa: a `member.dump` (`sympa dump`), or a plain list of addresses.

A dump holds a block of `field value` lines for each subscriber, with an empty line after it. Sympa
exports list by list: the file's name, or that of its folder in a copy, tells which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.services.moving_in.formats.lines import Line, lines, named
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.sources import Part

FIELDS: Final = frozenset(
    {
        *("bounce", "bounce_address", "bounce_score", "custom_attribute", "date", "email"),
        *("enddate", "gecos", "included", "inclusion", "inclusion_ext", "inclusion_label"),
        *("number_messages", "reception", "startdate", "subscribed", "suspend", "topics"),
        *("update_date", "visibility", "id"),
    }
)
_FIELD: Final = re.compile(r"[a-z][a-z_]{1,40}")
_MOVED: Final = frozenset({"email", "gecos", "date", "reception", "suspend", "update_date"})


def read(part: Part) -> Iterator[Mover | Unread]:
    """Yield the subscribers of a list."""
    block: dict[str, str] = {}
    first = 0
    for line in lines(part, blank=True):
        if isinstance(line, Unread):
            yield line
        elif not line.text:
            if block:
                yield _of_block(part, first, block)
            block = {}
        elif _is_field(field := line.text.partition(" ")[0].lower(), block):
            if field in block:
                yield Unread(part.name, line.number, line.text[:80], f"says {field} twice")
                continue
            first = first if block else line.number
            block[field] = line.text.partition(" ")[2].strip()
        else:
            yield _of_line(part, line)
    if block:
        yield _of_block(part, first, block)


def _is_field(word: str, block: dict[str, str]) -> bool:
    """Tell whether a line begins with a field; within a block also one of another version."""
    return word in FIELDS or (bool(block) and _FIELD.fullmatch(word) is not None)


def _of_block(part: Part, row: int, block: dict[str, str]) -> Mover | Unread:
    address = block.get("email", "")
    if not address:
        return Unread(part.name, row, "", "names no address")
    status, said = Theirs.ACTIVE, f"reception: {block.get('reception') or 'mail'}"
    if block.get("reception", "").lower() == "nomail":
        status = Theirs.NOMAIL
    elif block.get("suspend", "0") not in {"", "0"}:
        status, said = Theirs.NOMAIL, "suspend: 1"
    return Mover(
        part.name,
        row,
        address,
        part.status_of(status),
        said,
        name=block.get("gecos", ""),
        at=moment(block.get("date", "")),
        lists=(part.stem,),
        attributes=tuple((name, block[name]) for name in sorted(block.keys() - _MOVED)),
    )


def _of_line(part: Part, line: Line) -> Mover | Unread:
    """Read a line of the plain list: the address, perhaps the name after it."""
    first, _, rest = line.text.partition(" ")
    first, _, more = first.partition("\t")
    found = named(line.text) or named(first)
    if found is None:
        return Unread(part.name, line.number, line.text[:80], "names no address")
    name = found.name or f"{more} {rest}".strip() if "<" not in line.text else found.name
    status, said = part.status_of(Theirs.ACTIVE), "member"
    return Mover(part.name, line.number, found.address, status, said, name, lists=(part.stem,))
