"""Completes the OpenAPI document by what the gate does in front of every route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from mailer.domain.access.acts import ACTS
from mailer.web.api.operation import ACT, routes_of
from mailer.web.middleware import API
from mailer.web.problem_details import MEDIA_TYPE
from mailer.web.site import Site

ABOUT: Final = """\
Every request bears an API token: `Authorization: Bearer mailer_...`. Errors are problem details
(RFC 9457) whose `code` stays the same. A POST with an `Idempotency-Key` is done once, however often
it is sent. Lists are read page by page: `next` of one is the `cursor` of the following request.
"""
_ALWAYS: Final = (400, 401, 403, 422, 429, 500, 503)
_TOO_LONG: Final = (414, 431)
"""Answered before anything of the request is looked at."""
_WORDS: Final[Mapping[str, Any]] = {"content": {"text/plain": {"schema": {"type": "string"}}}}
_PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "The code, as a URI."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The same from version to version."},
        "detail": {"type": "string", "description": "For people; may change."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "facts": {"type": "object"},
                },
            },
        },
        "facts": {"type": "object", "description": "Details, for programs."},
    },
}
_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Drawn by the caller, a UUID say: the request is done once in 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_ANSWER: Final[Mapping[str, Any]] = {
    "description": "A problem",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def register(api: FastAPI, site: Site) -> None:
    """Have an application make its document."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_made(api, site))
        return made

    api.openapi = openapi  # type: ignore[method-assign]


def _made(api: FastAPI, site: Site) -> dict[str, Any]:
    document = get_openapi(
        title=api.title, version=api.version, routes=api.routes, description=ABOUT
    )
    document["servers"] = [{"url": site.path(API)}]
    document["security"] = [{"token": []}]
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token."}
    }
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = dict(_PROBLEM)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for method, operation in _operations(document):
        _complete(method, operation)
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add to an operation what it does not say by itself."""
    right = ACTS[operation[ACT]].right
    if right is None:
        raise ValueError(f"{operation[ACT]} is for users alone: no token can do it.")
    operation["description"] = f"{operation.get('description', '')}\n\nNeeds the right `{right}`."
    names = {one["name"].lower() for one in operation.get("parameters", [])}
    statuses = set(_ALWAYS)
    if any(one["in"] == "path" for one in operation.get("parameters", [])):
        statuses.add(404)
    if "if-match" in names:
        statuses |= {412, 428}
    if method != "get":
        statuses |= {408, 409, 413}
    if method == "post":
        operation.setdefault("parameters", []).append(dict(_KEY))
    answers = operation["responses"]
    statuses |= {int(status) for status in answers if status.isdigit() and int(status) >= 400}
    for status in sorted(statuses):
        words = HTTPStatus(status).phrase
        given = answers.get(str(status), {})
        if "schema" in str(given.get("content", "")) and status != 422:
            continue
        answers[str(status)] = {**_ANSWER, "description": given.get("description", words)}
    for status in _TOO_LONG:
        answers[str(status)] = {**_WORDS, "description": HTTPStatus(status).phrase}


def table(routers: Sequence[APIRouter]) -> list[str]:
    """List all routes as rows of a table for people: what each does, its act and its right."""
    rows = []
    for route in routes_of(routers):
        act = (route.openapi_extra or {})[ACT]
        does = route.description.partition("\n")[0].removesuffix(".")
        for method in sorted(route.methods or ()):
            needed = ACTS[act].right
            right = needed.value if needed else "own"
            rows.append(f"| `{method} {route.path}` | {does} | `{act}` | `{right}` |")
    return rows
