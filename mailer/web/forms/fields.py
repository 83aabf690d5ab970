"""Reads what a form holds, whatever was really sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header

from mailer.web.problems import PageError

MOST_FIELDS: Final = 100
"""Fields of one form, files included."""
LONGEST_NAME: Final = 100
"""Octets of a field's name."""
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"


class Fields:
    """The fields of a form, by name; a field may be there several times, or not at all."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Hold names and values in the order in which they came."""
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


def parse(content_type: str, body: bytes) -> Fields:
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
            found = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
            return Fields(_named(found))
        if kind == MULTIPART:
            return Fields(_named(_parts(content_type, body)))
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


def _parts(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Read the parts of a multipart form.

    Raises:
        ValueError: it is broken.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:  # RFC 2046 section 5.1.1
        raise ValueError("no boundary")
    reader = _Reader()
    callbacks: Any = reader.callbacks()
    parser = MultipartParser(boundary, callbacks)
    parser.write(body)
    parser.finalize()
    return reader.parts


class _Reader:
    """Gathers the parts of a multipart form that are no files."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, str]] = []
        self._begun = 0
        self._name, self._value = b"", b""
        self._header: Mapping[str, bytes] = {}

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._of_field,
            "on_header_end": self._field_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._begun += 1
        if self._begun > MOST_FIELDS:
            raise ValueError("too many fields")
        self._header, self._content = {}, b""
        self._name, self._value = b"", b""

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _of_field(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _field_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._header = {**self._header, name: self._value}
        self._name, self._value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        _, options = parse_options_header(self._header.get("content-disposition", b""))
        name = options.get(b"name", b"")
        if name and b"filename" not in options:
            decoded = self._content.decode("utf-8", "replace")
            self.parts.append((name.decode("utf-8", "replace"), decoded))
