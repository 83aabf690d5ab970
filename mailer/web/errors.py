"""Error pages: what happened, and what the reader can do."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from mailer import log
from mailer.errors import NotFoundError, StoreError
from mailer.web.language import of_request
from mailer.web.problems import PageError
from mailer.web.site import site_of

KNOWN: Final = frozenset({400, 403, 404, 405, 413, 429, 500, 503})
"""Statuses that have words of their own."""
RETRY_SECONDS: Final = 30

_log = log.get_logger(__name__)


def register(app: FastAPI) -> None:
    """Register the handlers that answer errors with pages of ours."""
    handlers: dict[Any, Any] = {
        PageError: _page,
        HTTPException: _http,
        RequestValidationError: _invalid,
        NotFoundError: _missing,
        StoreError: _away,
        Exception: _defect,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def page(request: Request, error: PageError) -> Response:
    """Make the page of an error."""
    return site_of(request).page(
        request,
        "error.html.j2",
        error.language or of_request(request),
        problem=error.words,
        status=error.status,
        headers={"Cache-Control": "no-store", **error.headers},
        alternates={},
        indexed=False,
    )


async def _page(request: Request, error: PageError) -> Response:
    return page(request, error)


async def _http(request: Request, error: HTTPException) -> Response:
    status = error.status_code if error.status_code in KNOWN else 400
    kept = {name: value for name, value in (error.headers or {}).items() if name == "Allow"}
    return page(request, PageError(status, headers=kept))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    _log.debug(
        "web.invalid", message="A request is not as its page needs it.", count=len(error.errors())
    )
    return page(request, PageError(400))


async def _missing(request: Request, _error: NotFoundError) -> Response:
    return page(request, PageError(404))


async def _away(request: Request, error: Exception) -> Response:
    _log.error("web.store_away", message=f"A page could not reach the store: {error}")
    return page(request, PageError(503, headers={"Retry-After": str(RETRY_SECONDS)}))


async def _defect(request: Request, _error: Exception) -> Response:
    return page(request, PageError(500))
