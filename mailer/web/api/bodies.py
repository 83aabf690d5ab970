"""Bodies of requests: JSON in memory, files on disk for as long as the request lasts."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fastapi import Request
from starlette.types import Message, Receive, Scope

from mailer.web.api.refusals import RefusedError

MOST_BYTES: Final = 1024 * 1024
"""The octets of a body that is JSON."""
FILE: Final = "upload"
_STATE: Final = "mailer.api.upload"


@dataclass(slots=True)
class Body:
    """A body that was read whole."""

    content: bytes
    digest: bytes
    """SHA-256 of it."""

    def receiver(self, receive: Receive) -> Receive:
        """Return what gives it to a route, and then what comes after it: the connection's end."""
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": self.content, "more_body": False}

        return again


async def in_memory(receive: Receive) -> Body:
    """Read a body.

    Raises:
        RefusedError: it is too large, or broke off.
        PageError: it is too slow.
    """
    parts = bytearray()
    more = True
    while more:
        message = await _next(receive)
        parts += message.get("body", b"")
        more = message.get("more_body", False)
        if len(parts) > MOST_BYTES:
            raise RefusedError("body_too_large", headers={"Connection": "close"})
    content = bytes(parts)
    return Body(content, hashlib.sha256(content).digest())


@contextmanager
def folder(scope: Scope) -> Iterator[Path]:
    """Make a folder of the request's own, which goes with it, and name the file in it."""
    with tempfile.TemporaryDirectory(prefix="mailer-api-") as made:
        scope[_STATE] = file = Path(made) / FILE
        yield file


async def on_disk(receive: Receive, file: IO[bytes]) -> Body:
    """Write a body to a file.

    Raises:
        RefusedError: it broke off.
        PageError: it is too large, or too slow.
    """
    digest = hashlib.sha256()
    more = True
    while more:
        message = await _next(receive)
        part = message.get("body", b"")
        digest.update(part)
        file.write(part)
        more = message.get("more_body", False)
    return Body(b"", digest.digest())


async def _next(receive: Receive) -> Message:
    """Receive the next part of a body.

    Raises:
        RefusedError: the connection ended: half of a file must not be taken for the whole.
    """
    message = await receive()
    if message["type"] != "http.request":
        raise RefusedError("bad_request")
    return message


def uploaded(request: Request) -> Path:
    """Return the file that a request holds; it is gone when the request is answered."""
    found: Path = request.scope[_STATE]
    return found
