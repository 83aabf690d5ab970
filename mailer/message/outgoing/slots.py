"""Slots for what differs per reader: their places in a body, and values that do no harm there."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.content.rendering.rendered import SLOT_CLOSE, SLOT_OPEN
from mailer.errors import InputError, Problem

_SLOT: Final = re.compile(f"{SLOT_OPEN}([a-z_]+){SLOT_CLOSE}")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000\ue001]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AS_IT_IS: Final = re.compile(r"[!-\-/-<>-~][!-<>-~]{0,74}")
"""A value that quoted-printable leaves alone: one line's worth, no `=`, no dot in front."""
_TO_ESCAPE: Final = re.compile(rb"[^\t -<>-~]")
_ESCAPES: Final = {bytes([octet]): b"=%02X" % octet for octet in range(256)}
_LINE_LENGTH: Final = 75
"""RFC 2045 section 6.7 (5) allows 76 with the `=` of a soft line break."""
SOFT_BREAK: Final = b"=\r\n"


class UnsendableError(InputError):
    """No message can be made of this: a defect of the value, not of the relay."""

    code = "unsendable"

    def __init__(self, place: str, text: str, remedy: str = "") -> None:
        """Describe the place of the value, the error, and its correction."""
        super().__init__([Problem(place, text, remedy, code="unsendable")])


class Slot(NamedTuple):
    """One place in a body that is filled per reader."""

    name: str
    escaped: bool
    """True inside HTML."""


def split(body: str, *, html: bool) -> list[str | Slot]:
    """Part a rendered body into literal text and slots, in order.

    Args:
        body: text with slots as U+E000 NAME U+E001.
        html: whether the values must be HTML-escaped there.

    Raises:
        UnsendableError: an opening or closing mark stands alone, or the text cannot be encoded.
    """
    place = "html" if html else "text"
    broken = _SURROGATE.search(body)
    if broken is not None:
        raise UnsendableError(
            place, f"holds half a character, U+{ord(broken[0]):04X}", "type that character again"
        )
    pieces: list[str | Slot] = []
    for index, piece in enumerate(_SLOT.split(body)):
        if index % 2:
            pieces.append(Slot(piece, html))
        elif SLOT_OPEN in piece or SLOT_CLOSE in piece:
            raise UnsendableError(
                place,
                "holds half a mark of a slot (U+E000 or U+E001)",
                "remove this invisible character from the text",
            )
        else:
            pieces.append(piece)
    return pieces


def check(name: str, value: str) -> str:
    """Return a value that goes into a message, if it holds nothing but printable text.

    Raises:
        UnsendableError: it holds a control character or a line or paragraph separator, with
            which it could end its line and begin a header or a part of its own; or half a
            surrogate pair, which has no encoding.
    """
    found = _CONTROL.search(value)
    if found is not None:
        raise UnsendableError(
            name, f"holds the control character U+{ord(found[0]):04X}", "remove it"
        )
    return value


def quote_value(name: str, value: str) -> bytes:
    """Encode a slot's value as quoted-printable; it begins on a line of its own.

    Raises:
        UnsendableError: as by `check`.
    """
    if _AS_IT_IS.fullmatch(value):
        return value.encode("ascii")
    return quote(check(name, value))


def quote(text: str) -> bytes:
    r"""Encode text as quoted-printable in UTF-8 (RFC 2045 section 6.7), beginning on a fresh line.

    Beyond the standard's demands, no line begins with a dot or with `From ` (RFC 2049 section 3
    recommends it), so that the result needs no dot-stuffing (RFC 5321 section 4.5.2) and
    survives mailbox files.

    Args:
        text: any text whose newline is `\n`; other control characters are kept, escaped.

    Returns:
        Lines of at most 75 octets, so that a soft break may follow, joined by CRLF; no CRLF at
        the end unless the text has one.
    """
    return b"\r\n".join([_quote_line(line) for line in text.encode().split(b"\n")])


def _quote_line(line: bytes) -> bytes:
    line = _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], line)
    if line.endswith((b" ", b"\t")):  # RFC 2045 section 6.7 (3): relays may strip white space
        line = line[:-1] + _ESCAPES[line[-1:]]
    pieces = []
    at = 0
    while True:
        first = _first_octet(line, at)
        begin = at + (1 if first else 0)
        end = begin + _LINE_LENGTH - len(first)
        if end >= len(line):
            pieces.append(first + line[begin:])
            return SOFT_BREAK.join(pieces)
        if line[end - 1 : end] == b"=":
            end -= 1
        elif line[end - 2 : end - 1] == b"=":
            end -= 2
        pieces.append(first + line[begin:end])
        at = end


def _first_octet(line: bytes, at: int) -> bytes:
    """Return the escape that the first octet of an output line needs, or nothing."""
    if line.startswith((b".", b"From "), at):
        return _ESCAPES[line[at : at + 1]]
    return b""
