"""Speaks TLS before a server that does not: what a proxy is to our pages."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Self


class TlsFront:
    """Passes what comes by TLS on to a port of this machine; use as `async with`."""

    def __init__(self, context: ssl.SSLContext, target: int) -> None:
        """Take the certificate and the port; nothing listens yet."""
        self._context, self._target, self.port = context, target, 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        there, away = await asyncio.open_connection("127.0.0.1", self._target)
        with contextlib.suppress(OSError, ssl.SSLError):
            await asyncio.gather(_pass_on(reader, away), _pass_on(there, writer))
        for one in (writer, away):
            one.close()
        self._tasks.discard(task)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(65_536):
        target.write(piece)
        await target.drain()
    if target.can_write_eof():
        target.write_eof()
    else:
        target.close()
