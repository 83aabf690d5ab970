"""Middleware around every request: limits, HEAD, security headers, and its line in the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailer import log
from mailer.config import Settings
from mailer.domain.access.actor import STRANGER
from mailer.services.access.acting import acting_as
from mailer.web.access_log import AccessLog
from mailer.web.problems import PageError

HEAD_BYTES: Final = 16 * 1024
"""The octets of a request's line and header fields, their line ends included."""
MOST_BYTES: Final = 64 * 1024
"""The octets of a request's body: our forms are small."""
READ_BYTES: Final = 256 * 1024
"""A body that is too large, but not larger than this, is read to its end before it is refused: who
still speaks when the connection is closed may never see the answer."""
BODY_SECONDS: Final = 20.0
"""The time within which a body must arrive."""
API: Final = "/api/v1"
"""The beginning of the API's paths."""
CONSOLE: Final = "/console"
"""The beginning of the console's paths."""
UPLOAD_BYTES: Final = 100 * 1024 * 1024
"""The octets of a file that is sent to the API or the console; they have smaller limits for all
else."""
UPLOAD_SECONDS: Final = 600.0
UNIX: Final = "unix"
"""Stands for the address of a client at a unix socket: a proxy of ours."""
LONGEST_PATH: Final = 2000
"""Characters of an address before its question mark."""
HSTS: Final = "max-age=31536000"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS: Final = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
)
ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Header fields of every answer; a page may set its own instead."""

Observer = Callable[[str, str, int, float], None]
"""Told of each answer: method, route, status, seconds."""

_log = log.get_logger(__name__)


class PageMiddleware:
    """The outermost layer; the application is in `app`."""

    def __init__(self, app: FastAPI, inner: ASGIApp, settings: Settings) -> None:
        """Wrap the application; `inner` is its entry behind the proxy's headers."""
        self.app, self._inner = app, inner
        self._prefix = urlsplit(settings.public_url).path.rstrip("/")
        secure = settings.public_url.startswith("https:")
        always = ALWAYS | ({"Strict-Transport-Security": HSTS} if secure else {})
        self._always = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in always.items()
        ]
        self._names = {name for name, _ in self._always}
        self.access_log = AccessLog()
        self.observers: list[Observer] = [self.access_log.note]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        started, outer = time.perf_counter(), scope["method"]
        scope = self._inside(scope)
        answer = _Answer(self, send, head=outer == "HEAD")
        body = _Body(receive, _declared(scope), *_limits(scope["path"]))
        try:
            if _head_bytes(scope) > HEAD_BYTES:
                await PlainTextResponse("Header too large", 431)(scope, receive, answer)
            elif len(scope["path"]) > LONGEST_PATH:
                await PlainTextResponse("URI too long", 414)(scope, receive, answer)
            else:
                with acting_as(STRANGER):
                    await self._inner(scope, body, answer)
        except Exception as error:
            self._report(scope, error)
            if not answer.status:
                raise
        finally:
            self._tell(scope, outer, answer.status, time.perf_counter() - started)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is no request: the server's start and end; web sockets are refused."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _inside(self, scope: Scope) -> Scope:
        """Return the request as our routes know it: without our prefix, and GET for HEAD."""
        scope = {**scope, "app": self.app}
        path = scope["path"]
        if self._prefix and (path == self._prefix or path.startswith(f"{self._prefix}/")):
            scope["path"] = path[len(self._prefix) :] or "/"
        if scope.get("client") is None:
            scope["client"] = (UNIX, 0)
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
        return scope

    def _report(self, scope: Scope, error: Exception) -> None:
        _log.error(
            "web.failed",
            message="A page failed; this is a defect.",
            route=route_of(scope),
            exc_info=error,
        )

    def _tell(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        for observer in self.observers:
            observer(method, route, status, seconds)

    def completed(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Add the header fields that every answer has, but for those that are there."""
        there = {name.lower() for name, _ in headers} & self._names
        return [*headers, *(field for field in self._always if field[0] not in there)]


class _Answer:
    """Sends an answer on, completed; of HEAD only its head."""

    def __init__(self, shell: PageMiddleware, send: Send, *, head: bool) -> None:
        self._shell, self._send, self._head = shell, send, head
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = self._shell.completed(list(message.get("headers", [])))
            message = {**message, "headers": headers}
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


class _Body:
    """Receives a request's body, up to a size and a time."""

    def __init__(self, receive: Receive, declared: int, most: int, seconds: float) -> None:
        self._receive, self._declared = receive, declared
        self._most, self._seconds = most, seconds
        self._read = max(most, READ_BYTES)
        self._size = 0
        self._until: float | None = None
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        if self._declared > self._read:
            raise _refused(413)
        message = await self._next()
        if not self._too_large():
            return message
        while message.get("more_body", False) and self._size <= self._read:
            message = await self._next()
        raise _refused(413)

    async def _next(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self._seconds
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise _refused(413 if self._too_large() else 408) from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message

    def _too_large(self) -> bool:
        return max(self._size, self._declared) > self._most


def route_of(scope: Scope) -> str:
    """Name the route that answered a request; never the address itself."""
    route: Any = scope.get("route")
    path = getattr(route, "path", "")
    return f"{scope.get('root_path', '')}{path}" if path else "(none)"


def _head_bytes(scope: Scope) -> int:
    """Count the octets of a request's head: the server bounds only one that comes in pieces."""
    query = scope.get("query_string", b"")
    target = len(scope.get("raw_path") or b"") + (1 + len(query) if query else 0)
    line = len(scope["method"]) + target + len("  HTTP/1.1\r\n\r\n")
    return line + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


def _limits(path: str) -> tuple[int, float]:
    """Return the octets that a body may have, and the time within which it must arrive."""
    if path.startswith((f"{API}/", f"{CONSOLE}/")):
        return UPLOAD_BYTES, UPLOAD_SECONDS
    return MOST_BYTES, BODY_SECONDS


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _refused(status: int) -> PageError:
    """End a request whose body is too large or too slow, and its connection, as it is half read."""
    return PageError(status, "413" if status == 413 else "400", headers={"Connection": "close"})
