"""Files that are written whole before they are sent, so that an error is still answered as one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any, Final, cast

from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

CSV: Final = "text/csv"
LINES: Final = "application/x-ndjson"
_KEPT: Final = 1024 * 1024
"""Octets of a file that is kept in memory; a larger one is on disk while it is sent."""
_PIECE: Final = 64 * 1024
UNREAD_SECONDS: Final = 60.0
"""After so long in which nothing of it could be sent a file is broken off."""


class Download(StreamingResponse):
    """A file that is sent as fast as it is read; one who reads nothing keeps no connection."""

    async def stream_response(self, send: Send) -> None:
        """Send it, unless nobody reads it."""

        async def patient(message: Message) -> None:
            async with asyncio.timeout(UNREAD_SECONDS):
                await send(message)

        with suppress(TimeoutError):
            await super().stream_response(patient)


def written(write: Callable[[IO[str]], object], media_type: str, name: str) -> Download:
    """Answer with a file.

    Args:
        write: writes it; what it raises is raised.
        media_type: of the file.
        name: under which a browser would save it.
    """
    made: Any = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - it is open until it was sent
        _KEPT, "w+", encoding="utf-8", newline=""
    )
    file = cast("IO[str]", made)
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Download(_pieces(file), headers=headers, media_type=media_type)


def described(media_type: str, what: str) -> dict[int | str, dict[str, Any]]:
    """Return what the document says of such an answer."""
    content = {media_type: {"schema": {"type": "string"}}}
    return {200: {"description": what, "content": content}}


def _pieces(file: IO[str]) -> Iterator[str]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
