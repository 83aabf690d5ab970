"""Campaigns: who did not get it, or not yet, and why."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.services.campaigns import undelivered
from mailer.services.campaigns.undelivered import Fate
from mailer.web.api import paging
from mailer.web.api.models import Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.site import site_of

router = APIRouter(tags=["campaigns"])


class Delivery(Model):
    """One delivery that did not arrive, or not yet."""

    subscriber: int
    address: str = Field(description="Empty if the subscriber was erased since.")
    language: str
    outcome: Fate
    why: str
    code: int = Field(description="SMTP reply code; 0: there was none.")
    enhanced: str
    relay: str
    at: str = Field(description="Empty where nothing was tried.")
    mail: int | None = Field(description="The inbound mail that tells of it.")


@router.get("/campaigns/{number}/deliveries", **operation("campaigns.deliveries"))
def list_(
    request: Request,
    response: Response,
    number: Number,
    *,
    outcome: Annotated[
        list[Fate] | None, Query(description="Only these; without it: all.", max_length=len(Fate))
    ] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Delivery]:
    """List who did not get a campaign, or not yet, and why; also whose message came back later."""
    after, chosen = paging.number(cursor), tuple(outcome or Fate)
    found = [*islice(undelivered.of(site_of(request).store, number, chosen, after), limit + 1)]
    following = paging.written(found[limit - 1].number) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_delivery, found[:limit])], next=following)


def _delivery(one: undelivered.Undelivered) -> Delivery:
    return Delivery(
        subscriber=one.number,
        address=one.address,
        language=one.language,
        outcome=one.outcome,
        why=one.why,
        code=one.code,
        enhanced=one.enhanced,
        relay=one.relay,
        at=one.at,
        mail=one.mail or None,
    )
