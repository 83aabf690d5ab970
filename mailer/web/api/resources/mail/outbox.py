"""Mails that the service wrote by itself, and what became of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.services.service_mail import listing
from mailer.services.service_mail.listing import LISTED, Place, Queued, State
from mailer.web.api import paging
from mailer.web.api.models import Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.site import site_of

router = APIRouter(tags=["outbox"])
Listed = StrEnum("Listed", {state.name: state.value for state in LISTED})  # type: ignore[misc]
"""The states that can be asked for."""


class ServiceMail(Model):
    """A confirmation, a welcome, an answer. Its recipient is not kept."""

    outbox: int = Field(description="Its number.")
    name: str
    language: str
    subscriber: int | None
    state: State
    at: datetime
    attempts: int
    reason: str


@router.get("/outbox", **operation("outbox.list"))
def list_(
    request: Request,
    response: Response,
    *,
    state: Annotated[
        list[Listed] | None,
        Query(max_length=len(LISTED), description="Only these; default: all but sent."),
    ] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[ServiceMail]:
    """List service mails, state by state, the newest of each first."""
    wanted = [State(one) for one in dict.fromkeys(state or ())]
    chosen = wanted or [one for one in LISTED if one is not State.SENT]
    after = paging.read(cursor, _place)
    found = listing.page(site_of(request).store, chosen, limit + 1, after)
    following = paging.written(_written(found[limit - 1])) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_mail, found[:limit])], next=following)


def _written(mail: Queued) -> str:
    state = mail.before if mail.state is State.CLAIMED else mail.state
    return f"{state} {mail.number} {mail.at.timestamp()}"


def _place(text: str) -> Place:
    state, number, at = text.split(" ")
    return Place(State(state), int(number), float(at))


def _mail(one: Queued) -> ServiceMail:
    return ServiceMail(
        outbox=one.number,
        name=one.name,
        language=one.language,
        subscriber=one.subscriber or None,
        state=one.state,
        at=one.at,
        attempts=one.attempts,
        reason=one.reason,
    )
