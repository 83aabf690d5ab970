"""Server-sent events (HTML Living Standard section 9.2): told as they happen, to a bounded number.

A stream ends by itself after some minutes, whether it was read or not. Its listener comes again
with `Last-Event-ID`, misses nothing, and is let in anew. Whoever loses their token, or the right,
hears no more within seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Annotated, Any, Final, NamedTuple, cast

from fastapi import Header, Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from mailer.services.access.acting import current
from mailer.web.api.refusals import RefusedError

LISTENERS: Final = 100
"""How many listen to one process at once; each costs a connection and some store."""
OF_ONE: Final = 20
"""How many of them may be of one token."""
LOOK_SECONDS: Final = 1.0
"""The interval between two looks at the store."""
HEARTBEAT_SECONDS: Final = 15.0
"""After so long without an event a comment is sent, so that nobody takes the line for dead."""
LONGEST_SECONDS: Final = 600.0
"""After so long a listener has to come again."""
UNREAD_SECONDS: Final = 30.0
"""So much later the stream of one who reads nothing is broken off."""
STILL_SECONDS: Final = 5.0
"""The interval between two looks at whether a listener still may listen."""
RETRY_SECONDS: Final = 5
STILL: Final = "mailer.api.still"
"""Where a request's scope has what tells whether whoever asks still may: a `Still`."""

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


Still = Callable[[], Awaitable[bool]]


class EventStream(StreamingResponse):
    """An answer that goes on."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        """Send it; one who reads nothing keeps nothing of ours for longer than others."""
        source = cast("AsyncGenerator[bytes, None]", self.body_iterator)
        with suppress(TimeoutError, RefusedError):  # refused: others came in meanwhile
            async with aclosing(source), asyncio.timeout(LONGEST_SECONDS + UNREAD_SECONDS):
                await super().stream_response(send)


class Listeners:
    """Counts who listens to one process."""

    def __init__(self, most: int = LISTENERS, of_one: int = OF_ONE) -> None:
        """Let in so many at once, and so many of one token."""
        self._most, self._of_one = most, of_one
        self.present: Counter[str] = Counter()

    @asynccontextmanager
    async def admitted(self) -> AsyncGenerator[None, None]:
        """Count a listener of whoever acts, for the length of a `with` block.

        Raises:
            RefusedError: there are as many as there may be.
        """
        self.check()
        whose = _whose()
        self.present[whose] += 1
        try:
            yield
        finally:
            self.present[whose] -= 1
            self.present += Counter()  # leaves out who has none

    def check(self) -> None:
        """Refuse one more than there may be.

        Raises:
            RefusedError: there are as many as there may be.
        """
        if self.present.total() >= self._most or self.present[_whose()] >= self._of_one:
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise RefusedError("too_many_listeners", headers=headers)

    def answer(self, request: Request, source: Source) -> EventStream:
        """Answer with a stream.

        Args:
            request: whose asker listens, for as long as they may.
            source: what is told.

        Raises:
            RefusedError: there are as many as there may be.
        """
        self.check()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return EventStream(self._written(source, request.scope[STILL]), headers=headers)

    async def _written(self, source: Source, still: Still) -> AsyncGenerator[bytes, None]:
        async with (
            self.admitted(),
            aclosing(written(source, asyncio.get_running_loop().time, still)) as parts,
        ):
            async for part in parts:
                yield part


def _whose() -> str:
    actor = current()
    return actor.identity if actor else ""


async def written(
    source: Source, now: Callable[[], float], still: Still
) -> AsyncGenerator[bytes, None]:
    """Write a stream, with comments where nothing is told, until its time is over.

    Args:
        source: what is told.
        now: seconds that only grow.
        still: tells whether the listener may listen yet.
    """
    begun = last = looked = now()
    yield f"retry: {RETRY_SECONDS * 1000}\n\n".encode()
    async with aclosing(source):
        async for told in source:
            if now() - looked >= STILL_SECONDS:
                looked = now()
                if not await still():
                    return
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
