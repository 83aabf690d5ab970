"""The event log: read page by page, or followed as it grows (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from mailer.services.operation import event_log
from mailer.web.api import paging
from mailer.web.api.models import Instant, Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.refusals import RefusedError
from mailer.web.api.streams import (
    LOOK_SECONDS,
    SCHEMA,
    EventStream,
    LastEventId,
    Listeners,
    Source,
    Told,
)
from mailer.web.site import site_of

router = APIRouter(tags=["events"])
Since = Annotated[Instant | None, Query(description="Only later events; default: all.")]
_BATCH: Final = 200
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Each event with its type, and its fields as JSON",
        "content": {"text/event-stream": {"schema": SCHEMA}},
    }
}


class Event(Model):
    """Something that happened."""

    id: str
    at: datetime
    type: str
    fields: Mapping[str, str] = Field(description="See docs/events.md; no addresses.")


@router.get("/events", **operation("events.read"))
def list_(
    request: Request,
    response: Response,
    *,
    since: Since = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Event]:
    """List what happened, the oldest first."""
    begin = paging.read(cursor, event_log.place) or _begin(since)
    found = event_log.some(site_of(request).store, begin, limit + 1)
    following = paging.written(found[limit - 1][0]) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[_event(*one) for one in found[:limit]], next=following)


@router.get(
    "/events/stream",
    response_class=EventStream,
    responses=_RESPONSES,
    **operation("events.read"),
)
async def stream(
    request: Request, *, since: Since = None, last_event_id: LastEventId = ""
) -> Response:
    """Follow what happens, as server-sent events.

    Without `since` or `Last-Event-ID`, from now on.
    """
    site = site_of(request)
    try:
        begin = event_log.place(last_event_id) if last_event_id else _begin(since)
    except ValueError:
        raise RefusedError("invalid_cursor") from None
    if begin == event_log.BEGINNING:
        begin = await run_in_threadpool(event_log.last, site.store)
    source = follow(lambda after: event_log.some(site.store, after, _BATCH), begin)
    return listeners.answer(request, source)


listeners: Final = Listeners()

Entries = Sequence[tuple[str, Mapping[str, str]]]


async def follow(read: Callable[[str], Entries], after: str) -> Source:
    """Yield events as they are written.

    Args:
        read: returns those after one, oldest first; none: there is none yet.
        after: id of the one after which to begin.
    """
    while True:
        found = await run_in_threadpool(read, after)
        for identity, fields in found:
            after = identity
            told = _event(identity, fields)
            yield Told(identity, told.type, told.model_dump(mode="json"))
        if len(found) < _BATCH:
            yield None
            await asyncio.sleep(LOOK_SECONDS)


def _begin(since: datetime | None) -> str:
    return event_log.since(since) if since else event_log.BEGINNING


def _event(identity: str, fields: Mapping[str, str]) -> Event:
    rest = dict(fields)
    at = rest.pop("at", None) or datetime.fromtimestamp(0).astimezone().isoformat()
    kind = rest.pop("type", "")
    return Event(id=identity, at=datetime.fromisoformat(at), type=kind, fields=rest)
