"""Transactional mail: one mail of a template to one address, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.services.transactional import ledger, sending
from mailer.services.transactional.ledger import Sent
from mailer.web.api import once, paging
from mailer.web.api.models import NO_SUCH, Line, Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.resources.subscriber_models import Address
from mailer.web.api.resources.transactional.templates import SLUG, VERSION
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["mail"])


class NewMail(Model):
    """One mail to be sent to one address."""

    template: str = Field(pattern=SLUG, description="Its short name.")
    address: Address
    data: dict[str, Any] = Field(
        default_factory=dict, description="What the template declares; forgotten afterwards."
    )
    language: Line = Field(
        default="", description="Empty: the subscriber's, else the first of the settings."
    )
    version: str = Field(default="", pattern=VERSION, description="Empty: the newest.")


class Accepted(Model):
    """A mail that is queued."""

    mail: int = Field(description="Its number.")
    repeated: bool = Field(description="Whether it was queued before, under the same key.")
    template: str
    version: str
    language: str


class Mail(Model):
    """A mail and what became of it. Its recipient is not kept."""

    mail: int
    template: str
    version: str
    language: str
    topic: str | None
    subscriber: int | None
    who: str = Field(description="Keyed hash of the address.")
    state: str = Field(description="queued, claimed, deferred, sent, failed, unknown or skipped.")
    reason: str = Field(description="The relay's answer, or why it was skipped.")
    attempts: int
    asked_at: datetime | None
    at: datetime = Field(description="When it came to its state.")
    bounced: str | None = Field(description="Why it came back later; null: it did not.")


@router.post("/mail", status_code=202, responses=NO_SUCH, **operation("mail.send"))
def send(request: Request, response: Response, wanted: NewMail) -> Accepted:
    """Queue one mail of a template to one address; once for an `Idempotency-Key`."""
    site = site_of(request)
    made = sending.send(
        site.store,
        site.settings,
        site.clock,
        template=wanted.template,
        address=wanted.address,
        data=wanted.data,
        language=wanted.language,
        idempotency_key=request.headers.get(once.HEADER, ""),
        version=wanted.version,
    )
    response.headers["Location"] = site.path(f"{API}/mail/{made.number}")
    return Accepted(
        mail=made.number,
        repeated=made.repeated,
        template=made.template,
        version=made.version,
        language=made.language,
    )


@router.get("/mail", **operation("mail.list"))
def list_(
    request: Request,
    response: Response,
    *,
    template: Annotated[str, Query(max_length=64, description="Only its mails.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Mail]:
    """List the mails of templates, the newest first; each for thirty days after its end.

    A page may hold fewer than `limit`, or none, although `next` says that others follow.
    """
    after = paging.number(cursor)
    found, last = ledger.page(site_of(request).store, template, after, limit)
    following = paging.written(last) if last else None
    paging.link(request, response, following)
    return Page(items=[*map(_mail, found)], next=following)


@router.get("/mail/{number}", **operation("mail.read"))
def get(request: Request, number: Number) -> Mail:
    """Tell what became of a mail."""
    return _mail(ledger.get(site_of(request).store, number))


def _mail(one: Sent) -> Mail:
    return Mail(
        mail=one.number,
        template=one.template,
        version=one.version,
        language=one.language,
        topic=one.topic or None,
        subscriber=one.subscriber or None,
        who=one.who,
        state=one.state,
        reason=one.reason,
        attempts=one.attempts,
        asked_at=one.asked_at,
        at=one.at,
        bounced=one.bounced or None,
    )
