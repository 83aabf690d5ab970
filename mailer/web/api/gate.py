"""The gate in front of every route: who asks, how often, may they, and what do they send.

Nothing of a body is read before all of that is known, and what is read is bounded. Routes find the
actor set, so that use cases know whom they refuse and whom they write down.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailer.domain.access.actor import Actor
from mailer.errors import MailerError
from mailer.services.access.acting import acting_as, admitted
from mailer.services.access.bearing import Admitted, Bearing, Window
from mailer.services.access.once import Once
from mailer.web.api import bodies, errors
from mailer.web.api import once as keyed
from mailer.web.api.operation import Operation, Operations
from mailer.web.api.refusals import RefusedError
from mailer.web.api.streams import STILL
from mailer.web.middleware import READ_BYTES
from mailer.web.problems import PageError
from mailer.web.site import Site

PUBLIC: Final = frozenset({"/", "/openapi.json"})
"""Paths that need no token: what the API is."""
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SCHEME: Final = "bearer "


class _Asked(NamedTuple):
    """A request that was let in."""

    scope: Scope
    receive: Receive
    token: str
    identity: str


class Gate:
    """The outermost layer of the API."""

    def __init__(self, app: ASGIApp, site: Site, operations: Operations) -> None:
        """Stand in front of an application."""
        self._app, self._operations = app, operations
        self._once = Once(site.store, site.clock)
        self._find_bearing: Callable[[], Bearing] = lambda: site.bearing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path in PUBLIC:
            await self._app(scope, receive, send)
            return
        answer, sent = _Answer(send), _Sent(receive)
        try:
            await self._let_in(scope, sent, answer)
        except (RefusedError, PageError, MailerError) as error:
            if answer.begun:
                raise
            await _drain(scope, sent)
            refused = errors.answer(error)
            if scope["method"] not in _BODILESS and not sent.ended:
                refused.headers["Connection"] = "close"  # nobody reads the rest
            await refused(scope, sent, answer)

    async def _let_in(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        token = _token(Headers(scope=scope))
        client = scope.get("client") or ("", 0)
        found = await run_in_threadpool(self._find_bearing().admit, token, client[0])
        actor = _admitted(found, answer)
        with acting_as(actor, self._find_bearing().recorder):
            operation = self._operations.find(scope)
            if operation is None:  # the router says what is there
                await self._app(scope, bodies.Body(b"", b"").receiver(receive), answer)
                return
            await run_in_threadpool(admitted, operation.act)
            scope[STILL] = partial(self._still, token, client[0], operation.act)
            asked = _Asked(scope, receive, token, actor.identity)
            await self._answer(asked, operation, answer)

    async def _still(self, token: str, origin: str, act: str) -> bool:
        return await run_in_threadpool(self._find_bearing().may_still, token, origin, act)

    async def _answer(self, asked: _Asked, operation: Operation, send: Send) -> None:
        """Read the body, and have the route answer."""
        scope = asked.scope
        if scope["method"] in _BODILESS:
            await self._app(scope, asked.receive, send)
            return
        with ExitStack() as stack:
            if operation.upload:
                path = stack.enter_context(bodies.folder(scope))
                with path.open("wb") as file:
                    body = await bodies.on_disk(asked.receive, file)
            else:
                body = await bodies.in_memory(asked.receive)
            await self._once_or_not(asked, body, send)

    async def _once_or_not(self, asked: _Asked, body: bodies.Body, send: Send) -> None:
        scope = asked.scope

        async def run(send: Send) -> None:
            await self._app(scope, body.receiver(asked.receive), send)

        given = Headers(scope=scope).get(keyed.HEADER)
        if scope["method"] != "POST" or given is None:
            await run(send)
            return
        key = keyed.key_of(asked.identity, asked.token, given)
        digest = keyed.digest_of(key, scope, body)
        await keyed.answer_once(self._once, key, digest, run, send)


class _Sent:
    """Receives a request, and knows when it has come to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self.ended = receive, False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message


class _Answer:
    """Sends an answer on, with how the asker stands within their limit."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False
        self.window: Window | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            headers.setdefault("Cache-Control", "no-store")
            for name, value in _limits(self.window):
                headers[name] = value
        await self._send(message)


def _limits(window: Window | None) -> list[tuple[str, str]]:
    """Tell how somebody stands, in the fields that the IETF's draft on rate limits names."""
    if window is None:
        return []
    return [
        ("RateLimit-Policy", f'"minute";q={window.most};w=60'),
        ("RateLimit", f'"minute";r={window.left};t={window.seconds}'),
    ]


def _token(headers: Headers) -> str:
    """Return the token that a request bears (RFC 6750 section 2.1); empty: none."""
    given = headers.get("authorization", "")
    if given[: len(_SCHEME)].lower() != _SCHEME:
        return ""
    return given[len(_SCHEME) :].strip()


def _admitted(found: Admitted, answer: _Answer) -> Actor:
    """Return who asks.

    Raises:
        RefusedError: nobody whom we know, or somebody who has asked too often.
    """
    window = found.window
    later = {"Retry-After": str(window.seconds)}
    if found.actor is None:
        if not window.allowed:
            raise RefusedError("too_many_requests", headers=later)
        raise RefusedError("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="mailer"'})
    answer.window = window
    if not window.allowed:
        raise RefusedError("too_many_requests", headers=later)
    return found.actor


async def _drain(scope: Scope, sent: _Sent) -> None:
    """Read what a refused request still sends, if it is not much.

    Who still speaks when the connection is closed may never see the answer.
    """
    declared = Headers(scope=scope).get("content-length", "")
    if not declared.isdigit() or int(declared) > READ_BYTES:
        return
    with suppress(PageError):
        while not sent.ended:
            await sent()
