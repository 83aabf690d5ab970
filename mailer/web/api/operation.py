"""What a route says of itself beside its path: its act, and what its body is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi.routing import APIRoute, APIRouter
from starlette.routing import get_route_path  # type: ignore[attr-defined]
from starlette.types import Scope

ACT: Final = "x-act"
"""The name, in the OpenAPI document, of the act that a route is: of `mailer.domain.access.acts`."""


def operation(act: str, *, upload: str = "", **extra: Any) -> dict[str, Any]:
    """Return what a route's decorator is given, so that the gate knows its act.

    Args:
        act: its name in the table of acts.
        upload: the media type of a body that is a file; the gate puts it where
            `mailer.web.api.bodies.uploaded` finds it. Empty: the body is JSON, or there is none.
        extra: further parts of the operation in the OpenAPI document.
    """
    told: dict[str, Any] = {ACT: act, **extra}
    if upload:
        content = {upload: {"schema": {"type": "string"}}}
        told["requestBody"] = {"required": True, "content": content}
    return {"openapi_extra": told}


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, as the gate knows it."""

    act: str
    upload: bool


class Operations:
    """All routes, by method and path."""

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        """Read what the routes say of themselves.

        Raises:
            ValueError: one does not say which act it is.
        """
        self._routes = [(route, _read(route)) for route in routes_of(routers)]

    def find(self, scope: Scope) -> Operation | None:
        """Return what a request asks for; None: there is no such route."""
        path = get_route_path(scope)
        for route, found in self._routes:
            if scope["method"] in (route.methods or ()) and route.path_regex.match(path):
                return found
        return None


def routes_of(routers: Sequence[APIRouter]) -> list[APIRoute]:
    """List the routes of routers."""
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def _read(route: APIRoute) -> Operation:
    told: Mapping[str, Any] = route.openapi_extra or {}
    if ACT not in told:
        raise ValueError(f"The route {route.path} does not say which act it is.")
    return Operation(told[ACT], "requestBody" in told)
