"""A receiver of web hooks for tests, which does everything wrong on demand.

It listens on a free port of 127.0.0.1 and keeps what it is sent. What it does is the first word of
the path: a status such as `/204`, `/410` or `/500`; `/hang` (reads, and never answers); `/deaf`
(does not even read); `/endless` (a body that never ends); `/drip` (a head that never ends);
`/garbage`; `/cut` (closes without an answer); `/redirect` (to `redirect_to`); `/later` (503 with
Retry-After).
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

_ENDLESS: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """What was posted."""

    path: str
    fields: Mapping[str, str]
    """Header fields, their names in lower case."""
    body: bytes

    @property
    def id(self) -> str:
        """The event's id."""
        return self.fields["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        """The body, read."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(eq=False)
class HookReceiver:
    """The server; use as `async with HookReceiver() as receiver`."""

    context: ssl.SSLContext | None = None
    """Makes it speak TLS."""
    redirect_to: str = ""
    answers: dict[str, list[int]] = field(default_factory=dict)
    """Path -> statuses of the next answers, before what its first word says."""
    refused: set[str] = field(default_factory=set)
    """Ids of events that are answered with 500."""
    messages: list[Message] = field(default_factory=list)
    on_message: Callable[[Message], None] | None = None
    on_cut: Callable[[str], None] | None = None
    """Called with the path when whoever was kept waiting went away."""
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        """Start it."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.context, backlog=2000
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()

    def url(self, path: str = "/200", host: str = "127.0.0.1") -> str:
        """Return where it is."""
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    def to(self, path: str) -> list[Message]:
        """Return what was posted to a path."""
        return [one for one in self.messages if one.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.rstrip().split("\r\n")
        path = request.split(" ")[1]
        pairs = (line.split(": ", 1) for line in lines)
        fields = {name.lower(): value for name, value in pairs}
        if path.startswith("/deaf"):
            await self._wait(reader, path, deaf=True)
            return
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        message = Message(path, fields, body)
        self.messages.append(message)
        if self.on_message:
            self.on_message(message)
        await self._behave(message, reader, writer)

    async def _behave(
        self, message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if message.fields.get("webhook-id") in self.refused:
            _status(writer, 500)
            return
        if planned := self.answers.get(message.path):
            _status(writer, planned.pop(0))
            return
        word = message.path.strip("/").partition("/")[0]
        if word.isdigit():
            _status(writer, int(word))
        elif word == "hang":
            await self._wait(reader, message.path)
        elif word == "endless":
            await _flood(writer, _ENDLESS, b"x" * 1000)
        elif word == "drip":
            await _flood(writer, b"HTTP/1.1 200 OK\r\n", b"X-Filler: x\r\n")
        elif word == "garbage":
            writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        elif word == "redirect":
            _status(writer, 302, f"Location: {self.redirect_to}\r\n")
        elif word == "later":
            _status(writer, 503, "Retry-After: 120\r\n")

    async def _wait(self, reader: asyncio.StreamReader, path: str, *, deaf: bool = False) -> None:
        """Wait until the other side goes away."""
        if deaf:
            await asyncio.sleep(60)
            return
        await reader.read()
        if self.on_cut:
            self.on_cut(path)


async def _flood(writer: asyncio.StreamWriter, head: bytes, piece: bytes) -> None:
    writer.write(head)
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)


def _status(writer: asyncio.StreamWriter, status: int, fields: str = "") -> None:
    body = b"" if status == 204 else f"said {status}".encode()
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
    writer.write(head.encode() + body)
