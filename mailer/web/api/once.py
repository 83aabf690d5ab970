"""Requests with an idempotency key: the first answer is kept, and given again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Scope, Send

from mailer import log
from mailer.errors import MailerError
from mailer.services.access.once import (
    RENEW_SECONDS,
    Answer,
    Begun,
    Busy,
    Key,
    Once,
    Other,
    under_way,
)
from mailer.web.api.bodies import Body
from mailer.web.api.refusals import RefusedError

HEADER: Final = "idempotency-key"
REPLAYED: Final = "Idempotency-Replayed"
_FORM: Final = re.compile(r"[!-~]{1,255}")
_KEPT: Final = frozenset({"content-type", "location", "etag", "link", "preference-applied"})
"""The header fields of an answer that are kept with it."""

_PASSING: Final = frozenset({408, 423, 425, 429})
"""Answers that are true for a while only; the same request may be carried out later on."""

_log = log.get_logger(__name__)

Run = Callable[[Send], Awaitable[None]]
"""Answers the request, to whatever it is told to send to."""


async def answer_once(once: Once, key: Key, digest: str, run: Run, send: Send) -> None:
    """Answer a request, or give it the answer that it had before.

    Raises:
        RefusedError: its key came with another request, or it is being answered.
        StoreError: the store is away; nothing was done.
    """
    begun = await run_in_threadpool(once.begin, key, digest)
    if isinstance(begun, Other):
        raise RefusedError("idempotency_mismatch")
    if isinstance(begun, Busy):
        headers = {"Retry-After": str(round(begun.seconds) or 1)}
        raise RefusedError("in_progress", headers=headers)
    if isinstance(begun, Answer):
        await _replay(begun, send)
        return
    kept = _Kept()
    try:
        async with _held(once, key, begun):
            with under_way(key, begun):
                await run(kept)
    except Exception:
        await run_in_threadpool(_end, once, key, begun, kept)
        raise
    # Who is cancelled gives nothing up: a thread may be at it still, and the lease ends by itself.
    await run_in_threadpool(_end, once, key, begun, kept)
    for message in kept.messages:
        await send(message)


def key_of(identity: str, token: str, given: str) -> Key:
    """Read an idempotency key.

    Raises:
        RefusedError: it is none.
    """
    if not _FORM.fullmatch(given):
        raise RefusedError("invalid_idempotency_key")
    return Key.of(identity, token, given)


def digest_of(key: Key, scope: Scope, body: Body) -> str:
    """Return what tells a request from another one."""
    query = scope.get("query_string", b"")
    return key.digest(scope["method"].encode(), scope["path"].encode(), query, body.digest)


class _Kept:
    """Keeps an answer until it is whole."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    def answer(self) -> Answer | None:
        """Return it; None: it broke off, failed for reasons of ours, or is to be asked again."""
        if not self.messages or self.messages[-1].get("more_body", False):
            return None
        status, body = self.messages[0]["status"], b""
        if status >= 500 or status in _PASSING:
            return None
        for message in self.messages[1:]:
            body += message.get("body", b"")
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in self.messages[0].get("headers", [])
            if name.decode("latin-1").lower() in _KEPT
        }
        return Answer(status, headers, body)


def _end(once: Once, key: Key, begun: Begun, kept: _Kept) -> None:
    """Keep the answer, if there is one. It was done: that this fails does not undo it."""
    answer = kept.answer()
    try:
        if answer is None:
            once.give_up(key, begun)
        else:
            once.end(key, begun, answer)
    except MailerError as error:  # its lease ends by itself
        _log.error("api.answer_lost", message=f"An answer could not be kept: {error}")


@asynccontextmanager
async def _held(once: Once, key: Key, begun: Begun) -> AsyncIterator[None]:
    """Hold the request for as long as it takes."""

    async def hold() -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(MailerError):
                await run_in_threadpool(once.renew, key, begun)

    task = asyncio.create_task(hold())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _replay(answer: Answer, send: Send) -> None:
    headers = {**answer.headers, REPLAYED: "true", "Content-Length": str(len(answer.body))}
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
