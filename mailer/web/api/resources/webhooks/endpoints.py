"""Endpoints of web hooks: added, looked at, changed, paused, tried, told once more, removed.

Whoever may see one may see its secret: all of it needs the same right.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from mailer.services.access.acting import looking
from mailer.services.webhooks.managing import Endpoint, Webhooks
from mailer.web.api import conditions, paging
from mailer.web.api.conditions import IfMatch
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.resources.webhooks.models import (
    Attempts,
    HookChange,
    Listed,
    NewHook,
    Pausing,
    Replay,
    Tested,
    WithSecret,
    attempts_of,
    listed_of,
    tested_of,
    with_secret,
)
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["webhooks"])
Id = Annotated[str, Path(min_length=1, max_length=40, description="Such as `wh0123456789ab`.")]
_Place = tuple[datetime, str]


@router.get("/webhooks", **operation("webhooks.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Listed]:
    """List the endpoints and how they fare, the oldest first; without their secrets."""
    after = paging.read(cursor, _place)
    found = _hooks(request).every()
    rest = [one for one in found if after is None or _place_of(one[0]) > after]
    following = paging.written(_written(rest[limit - 1][0])) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=[listed_of(*one) for one in rest[:limit]], next=following)


@router.post("/webhooks", status_code=201, response_model=WithSecret, **operation("webhooks.add"))
def add(request: Request, wanted: NewHook) -> Response:
    """Add an endpoint, which is told of what happens from now on. Shows its secret."""
    made = _hooks(request).add(wanted.url, wanted.types, note=wanted.note)
    headers = {"Location": site_of(request).path(f"{API}/webhooks/{made.id}")}
    return _shown(request, made.id, "webhooks.add", status=201, headers=headers)


@router.get(
    "/webhooks/{name}",
    response_model=WithSecret,
    responses=conditions.SHOWN,
    **operation("webhooks.list"),
)
def get(request: Request, name: Id) -> Response:
    """Show an endpoint, with its secret."""
    return _shown(request, name, "webhooks.list")


@router.get("/webhooks/{name}/attempts", **operation("webhooks.list"))
def attempts(request: Request, name: Id) -> Attempts:
    """Tell how an endpoint fares, and what came of the last tries."""
    return attempts_of(_hooks(request).show(name))


@router.patch(
    "/webhooks/{name}",
    response_model=WithSecret,
    responses={200: conditions.TAGGED},
    **operation("webhooks.change"),
)
def change(request: Request, name: Id, wanted: HookChange, if_match: IfMatch = None) -> Response:
    """Change where an endpoint is, or what it wants from now on. What waits is still sent."""
    conditions.demanded(if_match, _seen(request, name, "webhooks.change"))
    _hooks(request).change(name, url=wanted.url, types=wanted.types, note=wanted.note)
    return _shown(request, name, "webhooks.change")


@router.post("/webhooks/{name}/rotate", response_model=WithSecret, **operation("webhooks.rotate"))
def rotate(request: Request, name: Id) -> Response:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours."""
    _hooks(request).rotate(name)
    return _shown(request, name, "webhooks.rotate")


@router.post("/webhooks/{name}/pause", response_model=WithSecret, **operation("webhooks.pause"))
def pause(request: Request, name: Id, wanted: Pausing) -> Response:
    """Send an endpoint nothing for now; `resume` sends what happens meanwhile."""
    _hooks(request).pause(name, reason=wanted.reason)
    return _shown(request, name, "webhooks.pause")


@router.post("/webhooks/{name}/resume", response_model=WithSecret, **operation("webhooks.resume"))
def resume(request: Request, name: Id) -> Response:
    """Let an endpoint be told again, of all that happened meanwhile."""
    _hooks(request).resume(name)
    return _shown(request, name, "webhooks.resume")


@router.delete("/webhooks/{name}", status_code=204, **operation("webhooks.remove"))
def remove(
    request: Request,
    name: Id,
    if_match: Annotated[str | None, conditions.OPTIONAL] = None,
) -> Response:
    """Remove an endpoint with all that waits for it."""
    conditions.agreed(if_match, _seen(request, name, "webhooks.remove"))
    _hooks(request).remove(name)
    return Response(None, 204)


@router.post("/webhooks/{name}/test", **operation("webhooks.test"))
def try_(request: Request, name: Id) -> Tested:
    """Send an endpoint a `webhook.test` right now, whatever its state, and tell its answer."""
    return tested_of(asyncio.run(_hooks(request).test(name)))


@router.post("/webhooks/{name}/replay", response_model=WithSecret, **operation("webhooks.replay"))
def replay(request: Request, name: Id, wanted: Replay) -> Response:
    """Send events once more that an endpoint wants, under the same ids."""
    _hooks(request).replay(name, since=wanted.since, until=wanted.until)
    return _shown(request, name, "webhooks.replay")


def _hooks(request: Request) -> Webhooks:
    site = site_of(request)
    return Webhooks(site.store, site.settings, site.clock)


def _seen(request: Request, name: str, act: str) -> WithSecret:
    with looking(act):
        return with_secret(_hooks(request).show(name))


def _shown(
    request: Request,
    name: str,
    act: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return conditions.shown(request, _seen(request, name, act), status=status, headers=headers)


def _place_of(one: Endpoint) -> _Place:
    return one.created, one.id


def _written(one: Endpoint) -> str:
    return f"{one.created.isoformat()} {one.id}"


def _place(text: str) -> _Place:
    at, name = text.split(" ")
    found = datetime.fromisoformat(at)
    if found.tzinfo is None:
        raise ValueError(text)
    return found, name
