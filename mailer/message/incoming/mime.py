"""The parts of a message from outside: read from any bytes, within bounds, without failing.

All that reading one mail may cost is one `Budget`, whoever asks: parts, header fields, octets that
are decoded, encoded words. It counts work and not time, so that the same mail is always understood
in the same way. Each part is decoded once, and a mail that several ask about is taken apart once.
"""

from __future__ import annotations

import binascii
import hashlib
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header
from functools import cached_property
from typing import Final

from mailer.message.incoming.charsets import UNDECLARED, codec_of
from mailer.message.incoming.html_text import text_of_html

DEEPEST: Final = 20
"""Levels of parts within parts; what lies deeper stays unread."""
MOST_PARTS: Final = 1_000
"""Parts that are looked at; what follows stays unread."""
LONGEST_HEADER: Final = 256 * 1024
"""Octets of one header that are read."""
MOST_HEADERS: Final = 1024 * 1024
"""Octets of all headers of a mail that are read."""
MOST_FIELDS: Final = 1_000
"""Fields of one header that are read."""
MOST_ALL_FIELDS: Final = 5_000
"""Fields of all headers of a mail that are read."""
LONGEST_TEXT: Final = 128 * 1024
"""Octets of a part that are decoded: whatever we look for stands near its beginning."""
MOST_DECODED: Final = 1024 * 1024
"""Octets of a whole mail that are decoded."""
MOST_KEPT: Final = 8 * 1024 * 1024
"""Octets of all bodies of a mail that are kept for decoding."""
MOST_WORDS: Final = 1_000
"""Encoded words of a whole mail that are decoded (RFC 2047)."""
LONGEST_WORDS: Final = 4_000
"""Characters of one field's value in which encoded words are decoded."""

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)")
_PARAMETER: Final = re.compile(
    r"""(?<![\w*-])([\w*-]{1,40})\s*=\s*(?:"([^"\n]{0,200})"?|([^\s;"]{1,200}))"""
)
_ENVELOPES: Final = frozenset({"message/rfc822", "message/global", "message/partial"})
_ESCAPES: Final = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


@dataclass(eq=False)
class Budget:
    """The work that one mail may still cause; each kind is counted down to nothing."""

    parts: int = MOST_PARTS
    headers: int = MOST_HEADERS
    """Octets of header fields."""
    fields: int = MOST_ALL_FIELDS
    kept: int = MOST_KEPT
    """Octets of bodies."""
    decoded: int = MOST_DECODED
    """Octets of bodies and enclosed messages."""
    words: int = MOST_WORDS
    """Encoded words."""
    longest: int = LONGEST_TEXT
    """Octets of one body that are kept and decoded."""

    def take(self, what: str, wanted: int) -> int:
        """Use as much as is wanted and left; return how much that is."""
        left: int = getattr(self, what)
        granted = min(wanted, left)
        setattr(self, what, left - granted)
        return granted


@dataclass(frozen=True)
class Part:
    """A message or a part of one; its fields unfolded, its body as it came."""

    fields: tuple[tuple[str, str], ...]
    """(name in lower case, value), in order; bytes beyond ASCII are kept as UTF-8 or Latin-1."""
    body: bytes
    parts: tuple[Part, ...] = ()
    """The parts of a multipart; the one message of an attached message."""
    budget: Budget = field(default_factory=Budget, compare=False, repr=False)
    """Of the whole mail."""

    def field(self, name: str) -> str:
        """Return the first value of a header field, or nothing."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return every value of a header field."""
        return [value for key, value in self.fields if key == name]

    def words(self, name: str) -> str:
        """Return the first value of a field with its encoded words decoded (RFC 2047)."""
        return next(iter(self.all_words(name, 1)), "")

    def all_words(self, name: str, most: int = MOST_FIELDS) -> list[str]:
        """Return the first values of a field, as many as are asked for, decoded likewise."""
        return [decode_words(value, self.budget) for value in self.all(name)[:most]]

    @cached_property
    def type(self) -> str:
        """The media type in lower case; `text/plain` where none is given (RFC 2045 5.2)."""
        named = self.field("content-type").partition(";")[0].strip().lower()
        return named if "/" in named else "text/plain"

    def parameter(self, name: str) -> str:
        """Return a parameter of the Content-Type, or nothing."""
        return self._parameters.get(name, "")

    @cached_property
    def _parameters(self) -> Mapping[str, str]:
        """The parameters of the Content-Type, by name in lower case; of several, the first."""
        found: dict[str, str] = {}
        for one in _PARAMETER.finditer(self.field("content-type")[:2000]):
            found.setdefault(one[1].lower(), (one[2] or one[3] or "").strip())
        return found

    @cached_property
    def text(self) -> str:
        """The body decoded, at most `LONGEST_TEXT` octets of it; HTML as text."""
        text = decode_text(self.decoded, self.parameter("charset"))
        return text_of_html(text) if self.type == "text/html" else text

    @cached_property
    def decoded(self) -> bytes:
        """The beginning of the body without its transfer encoding."""
        granted = self.budget.take("decoded", min(len(self.body), self.budget.longest))
        return _untransfer(self.body[:granted], self.field("content-transfer-encoding"))

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
    """Split a message into its parts; never raises, and leaves unread what exceeds the bounds.

    The mail that was read last is not taken apart again: one is asked about by several, of whom
    each has its own copy of the bytes.
    """
    return _LAST.read(data)


def read_whole(data: bytes) -> Part:
    """Split a message into its parts with their whole bodies, for a person who wants its files.

    Costs memory in proportion to the mail, whose size has a limit where it came in.
    """
    size = len(data)
    budget = Budget(kept=2 * size, decoded=2 * size, longest=size)
    return _read(data, budget)


def read_large(data: bytes, longest: int) -> Part:
    """Split a message whose parts may be longer than letters are: files, up to so many octets."""
    return _read(data, Budget(longest=longest, kept=2 * longest, decoded=2 * longest))


def read_fields(text: str) -> tuple[tuple[str, str], ...]:
    """Read header fields out of a text, up to its first empty line."""
    data = text.encode("utf-8", "replace")
    return _fields(data[: (data + b"\n\n").index(b"\n\n")], Budget())


def _read(data: bytes, budget: Budget | None = None) -> Part:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n") if b"\n" in data else data.replace(b"\r", b"\n")
    start = len(data) - len(data.lstrip(b"\n"))
    return _Reader(data, budget or Budget()).part(start, len(data), 0)


class _Last:
    """Keeps the mail that was read last, taken apart, but not its bytes."""

    def __init__(self) -> None:
        self._kept: tuple[bytes, Part] | None = None

    def read(self, data: bytes) -> Part:
        digest = hashlib.sha256(data).digest()
        kept = self._kept  # another thread may put another one in its place
        if kept is None or kept[0] != digest:
            kept = (digest, _read(data))
            self._kept = kept
        return kept[1]


_LAST: Final = _Last()


class _Reader:
    """Reads parts by their offsets, so that a large message is not copied at each level."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._budget = data, budget

    def part(self, start: int, end: int, depth: int) -> Part:
        self._budget.take("parts", 1)
        fields: tuple[tuple[str, str], ...] = ()
        if self._data.startswith(b"\n", start, end):
            body = start + 1
        else:
            edge = self._data.find(b"\n\n", start, end)
            body = end if edge < 0 else edge + 2
            most = self._budget.take("headers", min(body - start, LONGEST_HEADER))
            fields = _fields(self._data[start : start + most], self._budget)
        head = Part(fields, b"", (), self._budget)
        inner = self._inner(head, body, end, depth) if depth < DEEPEST else ()
        kept = self._budget.take("kept", min(end - body, self._budget.longest))
        return Part(fields, self._data[body : body + kept], inner, self._budget)

    def _inner(self, head: Part, start: int, end: int, depth: int) -> tuple[Part, ...]:
        if head.type in _ENVELOPES:
            encoding = head.field("content-transfer-encoding")
            if encoding.strip().lower() in {"base64", "quoted-printable"}:
                most = self._budget.take("decoded", min(end - start, 2 * LONGEST_TEXT))
                whole = _untransfer(self._data[start : start + most], encoding)
                whole = whole.replace(b"\r\n", b"\n")
                return (_Reader(whole, self._budget).part(0, len(whole), depth + 1),)
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
            if self._budget.parts <= 0 or data.startswith(b"--", begun + len(line), end):
                return
            after = data.find(b"\n", begun + len(line), end)
            if after < 0:
                return
            first = after + 1
            here = data.find(b"\n" + line, after, end)
        if first >= 0:
            yield first, end


def _fields(block: bytes, budget: Budget) -> tuple[tuple[str, str], ...]:
    fields: list[tuple[str, list[bytes]]] = []
    for line in block.split(b"\n"):
        line = line.rstrip(b"\r")  # noqa: PLW2901  # a stray CR belongs to no value
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1][1].append(line.strip())
        elif found := _FIELD.match(line):
            if len(fields) >= MOST_FIELDS or not budget.take("fields", 1):
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
    """Turn bytes into text by the charset that is named, else by what they look like.

    A name that is none of a charset that mail is in (`charsets`) says nothing.
    """
    codec = codec_of(charset)
    if codec[:6] in {"utf-16", "utf-32"}:
        return data.decode(codec, "replace").replace("\0", "").replace("\r\n", "\n")
    data = data.replace(b"\0", b"")
    if any(escape in data for escape in _ESCAPES):
        codec = "iso2022_jp_ext"
    if codec not in {"", UNDECLARED, "utf-8"}:
        return data.decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8" if codec == "utf-8" else "cp1252", "replace")


def decode_words(value: str, budget: Budget | None = None) -> str:
    """Decode encoded words (RFC 2047) as far as they can be read, and the budget goes.

    Args:
        value: of a field; of a very long one, the beginning is returned.
        budget: of the mail that it stands in; None: it stands alone.
    """
    begun = value[:LONGEST_WORDS]
    words = begun.count("=?")
    if not words:
        return value
    if (budget or Budget()).take("words", words) < words:
        return begun
    try:
        pieces = decode_header(begun)
    except (HeaderParseError, ValueError, binascii.Error):
        return value
    return "".join(
        piece if isinstance(piece, str) else decode_text(piece, charset or "")
        for piece, charset in pieces
    )
