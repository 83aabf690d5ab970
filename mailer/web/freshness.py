"""Sees to it that a request is answered with the look that is in force."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from mailer.web.site import Site


class Fresh:
    """Asks for the look before a request, once a second at most, and never in the event loop."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._holder = app, site.holder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and self._holder.is_due:
            await run_in_threadpool(self._holder.refresh)
        await self._app(scope, receive, send)
