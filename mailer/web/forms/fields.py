"""Reads what a form holds, whatever was really sent.

Readers' forms are small and hold no files: those are passed over. The console's may hold files,
which are kept in memory up to a size and on the disk beyond it, until the request is over.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header

from mailer.web.problems import PageError

MOST_FIELDS: Final = 100
"""Fields of one form, files included."""
MOST_CONSOLE_FIELDS: Final = 2000
"""Fields of a form of the console: a page of a list that was chosen whole, say."""
MOST_FILES: Final = 50
MOST_TEXT: Final = 4 * 1024 * 1024
"""Octets of all fields of a form of the console that are no files."""
IN_MEMORY: Final = 1024 * 1024
"""Octets of a file that are kept in memory."""
LONGEST_NAME: Final = 100
"""Octets of a field's name."""
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent with a form; it is gone when the request is over."""

    name: str
    """As the browser called it: a stranger's text; empty: none was chosen."""
    content: IO[bytes]
    """At its beginning."""
    size: int
    """In octets."""


class Fields:
    """The fields of a form, by name; a field may be there several times, or not at all."""

    def __init__(
        self, pairs: Iterable[tuple[str, str]], files: Iterable[tuple[str, File]] = ()
    ) -> None:
        """Hold names and values in the order in which they came."""
        self._files = list(files)
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def one(self, name: str) -> str:
        """Return a field's first value, without spaces around it; empty if it is not there."""
        return self._values.get(name, [""])[0].strip()

    def raw(self, name: str) -> str:
        """Return a field's first value as it was given, spaces included: a password."""
        return self._values.get(name, [""])[0]

    def items(self) -> list[tuple[str, str]]:
        """Return all names and values, in the order in which they came, by name."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def file(self, name: str) -> File | None:
        """Return the first file of a name; None: none was chosen."""
        return next(iter(self.files(name)), None)

    def files(self, name: str) -> list[File]:
        """Return all files of a name."""
        return [file for one, file in self._files if one == name and (file.name or file.size)]

    def close(self) -> None:
        """Forget the files; done when the request is over."""
        for _, file in self._files:
            file.content.close()

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return tuple(self._values.get(name, ()))


async def read_fields(request: Request) -> Fields:
    """Read the form of a request.

    Raises:
        PageError: 400, it is no form.
    """
    body = await request.body()
    return parse(request.headers.get("content-type", ""), body)


async def read_form(request: Request) -> Fields:
    """Read a form of the console, with its files, while it arrives.

    Raises:
        PageError: 400, it is no form; 413, it holds too much text.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind != MULTIPART:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_TEXT:
                raise PageError(413)
        return parse(content_type, bytes(body), MOST_CONSOLE_FIELDS)
    reader = _FileReader(MOST_CONSOLE_FIELDS)
    try:
        await _written(reader, content_type, request.stream())
        return Fields(_named(reader.parts), reader.files)
    except ValueError:
        reader.close()
        raise PageError(400) from None
    except BaseException:
        reader.close()
        raise


async def _written(reader: _Reader, content_type: str, chunks: AsyncIterable[bytes]) -> None:
    parser = _parser(reader, content_type)
    async for chunk in chunks:
        parser.write(chunk)
    parser.finalize()


def parse(content_type: str, body: bytes, most: int = MOST_FIELDS) -> Fields:
    """Read a form from its body (WHATWG URL section 5.1, RFC 7578).

    Octets that are no UTF-8 become U+FFFD; files are passed over.

    Raises:
        PageError: 400, it is no form, or holds too many fields, or one with a long name.
    """
    kind, _, _ = content_type.partition(";")
    kind = kind.strip().lower()
    try:
        if kind == URLENCODED:
            text = body.decode("utf-8", "replace")
            found = parse_qsl(text, keep_blank_values=True, max_num_fields=most)
            return Fields(_named(found))
        if kind == MULTIPART:
            return Fields(_named(_parts(content_type, body, most)))
    except ValueError:
        raise PageError(400) from None
    raise PageError(400)


def _named(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Refuse names that none of our forms has.

    Raises:
        ValueError: one is too long.
    """
    if any(len(name.encode("utf-8", "replace")) > LONGEST_NAME for name, _ in pairs):
        raise ValueError("a long name")
    return pairs


def _parts(content_type: str, body: bytes, most: int) -> list[tuple[str, str]]:
    """Read the parts of a multipart form.

    Raises:
        ValueError: it is broken.
    """
    reader = _Reader(most)
    parser = _parser(reader, content_type)
    parser.write(body)
    parser.finalize()
    return reader.parts


def _parser(reader: _Reader, content_type: str) -> MultipartParser:
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:  # RFC 2046 section 5.1.1
        raise ValueError("no boundary")
    callbacks: Any = reader.callbacks()
    return MultipartParser(boundary, callbacks)


class _Reader:
    """Gathers the parts of a multipart form that are no files."""

    def __init__(self, most: int) -> None:
        self.parts: list[tuple[str, str]] = []
        self._most, self._begun, self._text = most, 0, 0
        self._name, self._value = b"", b""
        self._header: Mapping[str, bytes] = {}
        self._options: Mapping[bytes, bytes] = {}

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._of_field,
            "on_header_end": self._field_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._begun += 1
        if self._begun > self._most:
            raise ValueError("too many fields")
        self._header, self._content = {}, bytearray()
        self._name, self._value = b"", b""

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _of_field(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _field_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._header = {**self._header, name: self._value}
        self._name, self._value = b"", b""

    def _headers_end(self) -> None:
        _, self._options = parse_options_header(self._header.get("content-disposition", b""))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if b"filename" in self._options:
            self._of_file(data[start:end])
            return
        self._text += end - start
        if self._text > MOST_TEXT:
            raise PageError(413)
        self._content += data[start:end]

    def _of_file(self, data: bytes) -> None:
        """Pass over what a file holds."""

    def _end(self) -> None:
        name = self._options.get(b"name", b"").decode("utf-8", "replace")
        if name and b"filename" in self._options:
            self._file_end(name)
        elif name:
            self.parts.append((name, self._content.decode("utf-8", "replace")))

    def _file_end(self, name: str) -> None:
        """Pass over a file."""


class _FileReader(_Reader):
    """Keeps the files, too."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.files: list[tuple[str, File]] = []
        self._spool: IO[bytes] | None = None

    def _of_file(self, data: bytes) -> None:
        self._open().write(data)

    def close(self) -> None:
        """Forget what was read."""
        for _, file in self.files:
            file.content.close()
        if self._spool is not None:
            self._spool.close()

    def _open(self) -> IO[bytes]:
        if self._spool is None:
            if len(self.files) >= MOST_FILES:
                raise ValueError("too many files")
            self._spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        return self._spool

    def _file_end(self, name: str) -> None:
        content = self._open()
        size = content.tell()
        content.seek(0)
        called = self._options[b"filename"].decode("utf-8", "replace")
        self.files.append((name, File(called[:255], content, size)))
        self._spool = None
