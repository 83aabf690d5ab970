"""Errors as problem details (RFC 9457), whatever went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mailer import log
from mailer.errors import MailerError
from mailer.web.api.refusals import REFUSALS, RefusedError
from mailer.web.problem_details import MEDIA_TYPE, TYPE, answer_of
from mailer.web.problems import PageError

RETRY_SECONDS: Final = 30
MOST_ERRORS: Final = 50
"""Wrong fields that are told of one request."""
_OF_STATUS: Final = {
    400: "bad_request",
    404: "no_such_path",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "body_too_slow",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
}

_log = log.get_logger(__name__)


def register(api: FastAPI) -> None:
    """Register the handlers that answer errors with problem details."""
    handlers: dict[Any, Any] = {
        RefusedError: _refused,
        PageError: _page,
        HTTPException: _http,
        RequestValidationError: _invalid,
        MailerError: _known,
        Exception: _defect,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def answer(error: Exception) -> Response:
    """Return the answer to an error that the gate met."""
    if isinstance(error, RefusedError):
        return refused(error)
    if isinstance(error, PageError):
        return refused(
            RefusedError(_OF_STATUS.get(error.status, "bad_request"), headers=error.headers)
        )
    if isinstance(error, MailerError):
        return known(error)
    raise error


def refused(error: RefusedError, errors: Sequence[Mapping[str, Any]] = ()) -> Response:
    """Answer with a refusal."""
    found = REFUSALS[error.code]
    details: dict[str, Any] = {
        "type": f"{TYPE}{error.code}",
        "title": found.title,
        "status": int(found.status),
        "code": error.code,
        "detail": error.detail,
    }
    if errors:
        details["errors"] = list(errors)
    return _json(int(found.status), details, error.headers)


def known(error: MailerError) -> Response:
    """Answer with an error that we foresee."""
    status, details = answer_of(error)
    headers = {}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(error.facts.get("retry_after", RETRY_SECONDS))
    if status >= 500:
        headers["Retry-After"] = str(RETRY_SECONDS)
        _log.error("api.failed", message=f"A request to the API failed: {error}", code=error.code)
    return _json(int(status), details, headers)


def _json(status: int, details: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    fields = {"Cache-Control": "no-store", **headers}
    return JSONResponse(details, status, fields, media_type=MEDIA_TYPE)


async def _refused(_request: Request, error: RefusedError) -> Response:
    return refused(error)


async def _page(_request: Request, error: PageError) -> Response:
    return answer(error)


async def _http(_request: Request, error: HTTPException) -> Response:
    code = _OF_STATUS.get(error.status_code, "bad_request")
    kept = {name: value for name, value in (error.headers or {}).items() if name == "Allow"}
    return refused(RefusedError(code, headers=kept))


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    errors = [
        {
            "field": ".".join(map(str, one["loc"])),
            "code": _word(one["type"]),
            "detail": str(one["msg"]),
        }
        for one in error.errors()[:MOST_ERRORS]
    ]
    return refused(RefusedError("invalid_request"), errors)


def _word(kind: str) -> str:
    """Return the kind of a wrong field in our words, where we have one."""
    return {"extra_forbidden": "unknown_field", "json_invalid": "invalid_json"}.get(kind, kind)


async def _known(_request: Request, error: MailerError) -> Response:
    return known(error)


async def _defect(_request: Request, _error: Exception) -> Response:
    return refused(RefusedError("defect"))
