"""Bodies of requests are taken whole, or not at all."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message, Receive

from mailer.web.api import bodies
from mailer.web.api.bodies import Body
from mailer.web.api.refusals import RefusedError

WHOLE: list[Message] = [
    {"type": "http.request", "body": b"ana@example.org\n", "more_body": True},
    {"type": "http.request", "body": b"bo@example.org\n", "more_body": False},
]
BROKEN: list[Message] = [WHOLE[0], {"type": "http.disconnect"}]


def receiver(messages: list[Message]) -> Receive:
    """Return what gives these messages, one after the other."""
    left = iter(messages)

    async def receive() -> Message:
        return next(left)

    return receive


async def on_disk(receive: Receive) -> Body:
    """Write a body to a file that nobody reads."""
    return await bodies.on_disk(receive, io.BytesIO())


@pytest.mark.parametrize("read", [bodies.in_memory, on_disk])
def test_body_that_broke_off_is_refused(read: Callable[[Receive], Awaitable[Body]]) -> None:
    """The first half of an import would put a reader on the list whose address was cut short."""

    async def both() -> None:
        assert (await read(receiver(WHOLE))).digest
        with pytest.raises(RefusedError) as refused:
            await read(receiver(BROKEN))
        assert refused.value.code == "bad_request"

    asyncio.run(both())
