"""Lines of text, and addresses with a name before them, as mailing list managers print them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from mailer.domain.moving_in.mover import Unread
from mailer.services.moving_in.sources import Part

LONGEST: Final = 10_000
"""Octets; a longer line is no line of readers."""
_NAMED: Final = re.compile(r"(.*?)\s*<([^<>\s]+@[^<>\s]+)>", re.DOTALL)
_BARE: Final = re.compile(r"[^<>\s]+@[^<>\s]+")


class Line(NamedTuple):
    """One line that holds something."""

    number: int
    text: str


class Named(NamedTuple):
    """An address, and the name before it."""

    address: str
    name: str


def lines(part: Part, *, blank: bool = False) -> Iterator[Line | Unread]:
    """Yield the lines of a file without the spaces around them, the empty ones only if asked for.

    A line that is not in UTF-8 is not read; the others are.
    """
    data = part.data.removeprefix(b"\xef\xbb\xbf")
    for number, piece in enumerate(data.split(b"\n"), 1):
        if len(piece) > LONGEST:
            yield Unread(part.name, number, "", f"the line is longer than {LONGEST} octets")
            continue
        try:
            line = piece.decode().strip()
        except UnicodeDecodeError:
            shown = piece.decode("utf-8", "replace").strip()[:80]
            yield Unread(part.name, number, shown, "the line is not in UTF-8")
            continue
        if line or blank:
            yield Line(number, line)


def named(line: str) -> Named | None:
    """Read `Ann Reader <ann@example.org>`, or the address alone; None: there is none.

    The name may be quoted or not: Mailman 3 prints one with a comma as it is.
    """
    if found := _NAMED.fullmatch(line):
        return Named(found[2], unquoted(found[1].strip()))
    return Named(line, "") if _BARE.fullmatch(line) else None


def unquoted(name: str) -> str:
    """Return a name without the quotes around it, if it has them (RFC 5322, section 3.2.4)."""
    if len(name) > 1 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name
