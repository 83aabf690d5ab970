"""Reads server-sent events as they arrive (HTML Living Standard section 9.2)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mailer.client.errors import UnexpectedError

LONGEST: Final = 4 * 1024 * 1024
"""Characters of an event at most."""


class ServerEvent(NamedTuple):
    """One event of a stream."""

    id: str
    type: str
    data: str


@dataclass(slots=True)
class Reader:
    """Reads one stream.

    Attributes:
        last: id of the last event that was read.
        retry_seconds: the wait for which the service asks before the next connection.
    """

    last: str = ""
    retry_seconds: float = 3.0
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )
    _text: str = ""
    _id: str = ""
    _type: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, part: bytes) -> Iterator[ServerEvent]:
        """Yield the events that a further part of the stream completes.

        Raises:
            UnexpectedError: an event is too large.
        """
        self._text += self._decoder.decode(part)
        # A carriage return at the end may be the first half of a line's end.
        held = "\r" if self._text.endswith("\r") else ""
        text = self._text.removesuffix("\r") if held else self._text
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._text = rest + held
        if len(self._text) + sum(map(len, self._data)) > LONGEST:
            raise UnexpectedError("An event of the stream is too large.")
        for line in lines:
            if line:
                self._take(line)
            elif (event := self._completed()) is not None:
                yield event

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdecimal():
            self.retry_seconds = int(value[:9]) / 1000

    def _completed(self) -> ServerEvent | None:
        self.last = self._id or self.last
        data, kind = self._data, self._type or "message"
        self._data, self._type = [], ""
        return ServerEvent(self.last, kind, "\n".join(data)) if data else None
