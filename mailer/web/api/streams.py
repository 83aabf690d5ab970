"""Server-sent events (HTML Living Standard section 9.2): told as they happen, to a bounded number.

A stream ends by itself after some minutes. Its listener comes again with `Last-Event-ID`, misses
nothing, and is let in anew: whoever lost a right meanwhile is not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Header
from fastapi.responses import StreamingResponse

from mailer.web.api.refusals import RefusedError

LISTENERS: Final = 100
"""How many listen to one process at once; each costs a connection and some store."""
LOOK_SECONDS: Final = 1.0
"""The interval between two looks at the store."""
HEARTBEAT_SECONDS: Final = 15.0
"""After so long without an event a comment is sent, so that nobody takes the line for dead."""
LONGEST_SECONDS: Final = 600.0
"""After so long a listener has to come again."""
RETRY_SECONDS: Final = 5

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}
"""What the document says of each event; `data` is one line of JSON."""

LastEventId = Annotated[
    str, Header(max_length=100, description="`id` of the last event that you have.")
]


class Told(NamedTuple):
    """One event of a stream."""

    id: str
    event: str
    data: Mapping[str, Any]


Source = AsyncGenerator[Told | None, None]
"""Yields what is to be told; None: nothing now."""


class EventStream(StreamingResponse):
    """An answer that goes on."""

    media_type = "text/event-stream"


class Listeners:
    """Counts who listens to one process."""

    def __init__(self, most: int = LISTENERS) -> None:
        """Let in so many at once."""
        self._most, self.present = most, 0

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Count a listener for the length of a `with` block."""
        self.present += 1
        try:
            yield
        finally:
            self.present -= 1

    def check(self) -> None:
        """Refuse one more than there may be.

        Raises:
            RefusedError: there are as many as there may be.
        """
        if self.present >= self._most:
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise RefusedError("too_many_listeners", headers=headers)

    def answer(self, source: Source) -> EventStream:
        """Answer with a stream.

        Raises:
            RefusedError: there are as many as there may be.
        """
        self.check()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return EventStream(self._written(source), headers=headers)

    async def _written(self, source: Source) -> AsyncIterator[bytes]:
        async with self.admitted():
            async for part in written(source, asyncio.get_running_loop().time):
                yield part


async def written(source: Source, now: Callable[[], float]) -> AsyncIterator[bytes]:
    """Write a stream, with comments where nothing is told, until its time is over.

    Args:
        source: what is told.
        now: seconds that only grow.
    """
    begun = last = now()
    yield f"retry: {RETRY_SECONDS * 1000}\n\n".encode()
    async with aclosing(source):
        async for told in source:
            if told is not None:
                last = now()
                yield encoded(told)
            elif now() - last >= HEARTBEAT_SECONDS:
                last = now()
                yield b": still here\n\n"
            if now() - begun >= LONGEST_SECONDS:
                return


def encoded(told: Told) -> bytes:
    """Write one event; its data is one line of JSON."""
    data = json.dumps(told.data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {told.id}\nevent: {told.event}\ndata: {data}\n\n".encode()
