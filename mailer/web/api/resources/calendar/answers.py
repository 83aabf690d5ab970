"""The calendar: who comes, and what will go out about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from mailer.domain.campaigns.campaign import Content
from mailer.services.calendar import attendees
from mailer.services.calendar.coming import Standing, coming
from mailer.web import exports
from mailer.web.api import paging
from mailer.web.api.models import Instant, Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.resources.calendar.entries import Id
from mailer.web.site import site_of

router = APIRouter(tags=["calendar"])
USUAL: Final = timedelta(days=92)
"""How far ahead is looked, unless more is asked for: a season."""


class Coming(Model):
    """Something that will go out about the calendar."""

    at: datetime
    state: Standing
    content: Content
    entry: str
    occurrence: str
    offset: str = Field(description="Of a reminder: how long before.")
    change: str = Field(description="Of a notice: what readers hear of.")
    campaign: int | None = Field(description="Its number, if it is made already.")
    readers: int = Field(description="As of now.")
    by_language: Mapping[str, int]


class Answers(Model):
    """How many answered what, of an entry or an occurrence."""

    occurrence: str = Field(description="Empty: of all of it.")
    answers: Mapping[str, Mapping[str, int]] = Field(description="Answer -> language -> readers.")


class Attendance(Model):
    """How many answered what."""

    entry: str
    occurrences: tuple[Answers, ...]


@router.get("/calendar/reminders", **operation("calendar.reminders"))
def reminders(
    request: Request,
    response: Response,
    *,
    until: Annotated[Instant | None, Query(description="Default: a season ahead.")] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Coming]:
    """List what will go out: reminders, pending notices of changes, and what is held."""
    site, begin = site_of(request), paging.number(cursor)
    end = until or site.clock.now() + USUAL
    found = coming(site.store, site.settings, site.clock, end)
    rest = found[begin : begin + limit]
    more = len(found) > begin + limit
    following = paging.written(begin + limit) if more else None
    paging.link(request, response, following)
    return Page(items=[Coming.model_validate(one.as_json()) for one in rest], next=following)


@router.get("/calendar/entries/{name}/attendance", **operation("calendar.attendance"))
def attendance(request: Request, name: Id) -> Attendance:
    """Count the answers to an invitation."""
    found = attendees.counted(site_of(request).store, name)
    return Attendance(
        entry=name,
        occurrences=tuple(
            Answers(
                occurrence=occurrence,
                answers={one.value: dict(count.by_language) for one, count in given.items()},
            )
            for occurrence, given in found.items()
        ),
    )


@router.get(
    "/calendar/entries/{name}/attendees",
    response_class=StreamingResponse,
    responses=exports.described(exports.CSV, "Who answered"),
    **operation("calendar.attendees"),
)
def export(request: Request, name: Id) -> Response:
    """Give out who answered an invitation, with names and addresses, as CSV."""
    store = site_of(request).store
    return exports.written(
        lambda file: attendees.export_csv(store, name, file), exports.CSV, "attendees.csv"
    )
