"""The parts of a message from outside: read from any bytes, within bounds, without failing."""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from functools import cached_property
from typing import Final

from mailer.message.html_text import text_of_html

DEEPEST: Final = 20
"""Levels of parts within parts; what lies deeper stays unread."""
MOST_PARTS: Final = 1_000
"""Parts that are looked at; what follows stays unread."""
LONGEST_HEADER: Final = 256 * 1024
"""Octets of a header that are read."""
LONGEST_TEXT: Final = 128 * 1024
"""Octets of a part that are decoded: whatever we look for stands near its beginning."""
MOST_FIELDS: Final = 1_000

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)")
_PARAMETER: Final = re.compile(r"""([\w*-]{1,40})\s*=\s*(?:"([^"\n]{0,200})"?|([^\s;"]{1,200}))""")
_ENVELOPES: Final = frozenset({"message/rfc822", "message/global", "message/partial"})
_ESCAPES: Final = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
_ALIASES: Final = {
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "iso-8859-8-i": "iso8859-8",
    "x-gbk": "gbk",
    "iso-8859-1": "cp1252",
    "unicode-1-1-utf-7": "utf-7",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "x-unknown": "ascii",
    "unknown-8bit": "ascii",
    "us-ascii": "ascii",
}
"""What mail systems write, and the codec that reads a superset of it."""


@dataclass(frozen=True)
class Part:
    """A message or a part of one; its fields unfolded, its body as it came."""

    fields: tuple[tuple[str, str], ...]
    """(name in lower case, value), in order; bytes beyond ASCII are kept as UTF-8 or Latin-1."""
    body: bytes
    parts: tuple[Part, ...] = ()
    """Of a multipart, its parts; of an attached message, that message alone."""

    def field(self, name: str) -> str:
        """Return the first value of a header field, or nothing."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return every value of a header field."""
        return [value for key, value in self.fields if key == name]

    def words(self, name: str) -> str:
        """Return the first value of a field with its encoded words decoded (RFC 2047)."""
        return decode_words(self.field(name))

    @cached_property
    def type(self) -> str:
        """The media type in lower case; `text/plain` where none is given (RFC 2045 5.2)."""
        named = self.field("content-type").partition(";")[0].strip().lower()
        return named if "/" in named else "text/plain"

    def parameter(self, name: str) -> str:
        """Return a parameter of the Content-Type, or nothing."""
        for found in _PARAMETER.finditer(self.field("content-type")[:2000]):
            if found[1].lower() == name:
                return (found[2] or found[3] or "").strip()
        return ""

    @cached_property
    def text(self) -> str:
        """The body decoded, at most `LONGEST_TEXT` octets of it; HTML as text."""
        text = decode_text(self.decoded, self.parameter("charset"))
        return text_of_html(text) if self.type == "text/html" else text

    @cached_property
    def decoded(self) -> bytes:
        """The beginning of the body without its transfer encoding."""
        return _untransfer(self.body[:LONGEST_TEXT], self.field("content-transfer-encoding"))

    def walk(self) -> Iterator[Part]:
        """Yield this part and those within, in order, not those of attached messages."""
        yield self
        if self.type not in _ENVELOPES:
            for part in self.parts:
                yield from part.walk()

    def deep(self) -> Iterator[Part]:
        """Yield this part and all within, attached messages included."""
        yield self
        for part in self.parts:
            yield from part.deep()


def read(data: bytes) -> Part:
    """Take a message apart; never raises, and leaves unread what goes beyond the bounds."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n") if b"\n" in data else data.replace(b"\r", b"\n")
    start = len(data) - len(data.lstrip(b"\n"))
    return _Reader(data).part(start, len(data), 0)


def read_fields(text: str) -> tuple[tuple[str, str], ...]:
    """Read header fields out of a text, up to its first empty line."""
    data = text.encode("utf-8", "replace")
    return _fields(data[: (data + b"\n\n").index(b"\n\n")])


class _Reader:
    """Reads parts by their offsets, so that a large message is not copied at each level."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MOST_PARTS

    def part(self, start: int, end: int, depth: int) -> Part:
        self._left -= 1
        fields: tuple[tuple[str, str], ...] = ()
        if self._data.startswith(b"\n", start, end):
            body = start + 1
        else:
            edge = self._data.find(b"\n\n", start, end)
            body = end if edge < 0 else edge + 2
            fields = _fields(self._data[start : min(body, start + LONGEST_HEADER)])
        head = Part(fields, b"")
        inner = self._inner(head, body, end, depth) if depth < DEEPEST else ()
        kept = min(end, body + LONGEST_TEXT) if inner else end
        return Part(fields, self._data[body:kept], inner)

    def _inner(self, head: Part, start: int, end: int, depth: int) -> tuple[Part, ...]:
        if head.type in _ENVELOPES:
            if head.field("content-transfer-encoding").strip().lower() in {
                "base64",
                "quoted-printable",
            }:
                whole = _untransfer(self._data[start:end], head.field("content-transfer-encoding"))
                return (_Reader(whole.replace(b"\r\n", b"\n")).part(0, len(whole), depth + 1),)
            while self._data.startswith(b"\n", start, end):
                start += 1
            return (self.part(start, end, depth + 1),)
        boundary = head.parameter("boundary")
        if not head.type.startswith("multipart/") or not boundary:
            return ()
        return tuple(
            self.part(first, last, depth + 1) for first, last in self._spans(boundary, start, end)
        )

    def _spans(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield where the parts between the boundary's lines begin and end (RFC 2046 5.1.1)."""
        line = b"--" + boundary.encode("utf-8", "replace")
        data, first = self._data, -1
        here = start if data.startswith(line, start, end) else data.find(b"\n" + line, start, end)
        while here >= 0:
            begun = here + (data[here] == 10)
            if first >= 0:
                yield first, max(first, here)
            if self._left <= 0 or data.startswith(b"--", begun + len(line), end):
                return
            after = data.find(b"\n", begun + len(line), end)
            if after < 0:
                return
            first = after + 1
            here = data.find(b"\n" + line, after, end)
        if first >= 0:
            yield first, end


def _fields(block: bytes) -> tuple[tuple[str, str], ...]:
    fields: list[tuple[str, list[bytes]]] = []
    for line in block.split(b"\n"):
        line = line.rstrip(b"\r")  # noqa: PLW2901  # a stray CR belongs to no value
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1][1].append(line.strip())
        elif found := _FIELD.match(line):
            if len(fields) >= MOST_FIELDS:
                break
            fields.append((found[1].decode("ascii").lower(), [found[2].strip()]))
    return tuple((name, decode_text(b" ".join(lines), "")) for name, lines in fields)


def _untransfer(data: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    try:
        if encoding == "base64":
            kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
            return binascii.a2b_base64(kept[: len(kept) // 4 * 4] + _padded(kept))
        if encoding == "quoted-printable":
            return quopri.decodestring(data)
    except (binascii.Error, ValueError):
        return data
    return data


def _padded(kept: bytes) -> bytes:
    rest = kept[len(kept) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def decode_text(data: bytes, charset: str) -> str:
    """Turn bytes into text by the charset that is named, else by what they look like."""
    named = charset.strip("\"' ").lower()
    if named[:6] in {"utf-16", "utf-32"} and b"\0" in data:
        with suppress(LookupError, UnicodeError):
            return data.decode(named, "replace").replace("\0", "").replace("\r\n", "\n")
    data = data.replace(b"\0", b"")
    named = _ALIASES.get(named, named)
    if any(escape in data for escape in _ESCAPES):
        named = "iso2022_jp_ext"
    if named and named not in {"ascii", "utf-8", "utf8"}:
        try:
            return data.decode(named, "replace")
        except (LookupError, ValueError, UnicodeError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8" if named.startswith("utf") else "cp1252", "replace")


def decode_words(value: str) -> str:
    """Decode encoded words (RFC 2047) as far as they can be read."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value[:4000])
    except (HeaderParseError, ValueError, binascii.Error):
        return value
    return "".join(
        piece if isinstance(piece, str) else decode_text(piece, charset or "")
        for piece, charset in pieces
    )
