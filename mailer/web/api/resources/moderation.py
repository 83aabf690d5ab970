"""Moderated topics: who waits for the secretariat's yes, and its decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.domain.subscribers.subscriber import Status
from mailer.services.subscriptions import moderation
from mailer.services.subscriptions.moderation import Moderation, Place
from mailer.web.api import paging
from mailer.web.api.models import Line, Model, Name, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.resources.suppressions import Done
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])


class Waiting(Model):
    """A reader who waits for a topic."""

    subscriber: int
    address: str
    name: str
    language: str
    status: Status
    topic: str
    since: datetime


class Approval(Model):
    """A topic that a reader is given."""

    topic: Name


class Refusal(Model):
    """A topic that a reader is not given."""

    topic: Name
    reason: Line = Field(
        default="", description="For the record, no names; the reader is not told it."
    )
    silently: bool = Field(default=False, description="True: no mail tells the reader.")


@router.get("/subscribers/waiting", **operation("subscribers.waiting"))
def waiting(
    request: Request,
    response: Response,
    *,
    topic: Annotated[str, Query(max_length=40, description="Only who waits for that one.")] = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Waiting]:
    """List who waits for your yes, by topic; of each, first who has waited longest."""
    after = paging.read(cursor, _place)
    found = list(islice(_moderation(request).waiting(topic, after), limit + 1))
    following = paging.written(_written(found[limit - 1].place)) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=_items(found[:limit]), next=following)


@router.post("/subscribers/{number:int}/approve", **operation("subscribers.approve"))
def approve(request: Request, number: Number, wanted: Approval) -> Done:
    """Give a reader the topic that they wait for; one mail tells them.

    Also what was declined in the last 30 days. `changed` is false if they get it already.
    """
    return Done(changed=_moderation(request).approve(number, wanted.topic))


@router.post("/subscribers/{number:int}/decline", **operation("subscribers.decline"))
def decline(request: Request, number: Number, wanted: Refusal) -> Done:
    """Say no to a reader who waits for a topic; one mail tells them, unless `silently` is said.

    They can ask again after 30 days. `changed` is false if it was declined already.
    """
    decided = _moderation(request).decline(
        number, wanted.topic, wanted.reason, silently=wanted.silently
    )
    return Done(changed=decided)


def _moderation(request: Request) -> Moderation:
    site = site_of(request)
    return Moderation(site.store, site.settings, site.clock)


def _items(found: Sequence[moderation.Waiting]) -> list[Waiting]:
    return [
        Waiting(
            subscriber=one.subscriber.number,
            address=one.subscriber.address,
            name=one.subscriber.name,
            language=one.subscriber.language,
            status=one.subscriber.status,
            topic=one.topic,
            since=one.since,
        )
        for one in found
    ]


def _written(place: Place) -> str:
    return f"{place.topic} {place.since.timestamp():.0f} {place.number}"


def _place(text: str) -> Place:
    topic, since, number = text.split(" ")
    if not since.isdecimal() or len(since) > 10 or not number.isdecimal():
        raise ValueError(text)
    return Place(topic, datetime.fromtimestamp(int(since), UTC), number)
