"""Mail that came in: listed, read, told apart, read again, and removed.

Its content was written by strangers. It is given out as a file of octets, and never shown.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.domain.inbound.kinds import Action, Kind, Reason, Severity
from mailer.domain.inbound.received import MailState, Received, Way
from mailer.services.access.acting import looking
from mailer.services.inbound import classifying, received
from mailer.services.inbound.intake import Intake
from mailer.services.inbound.received import Chosen
from mailer.web.api import bodies, paging
from mailer.web.api.models import LARGEST, Instant, Line, Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.refusals import RefusedError
from mailer.web.site import Site, site_of

router = APIRouter(tags=["inbound"])
RAW: Final = "message/rfc822"
MOST_BYTES: Final = 25 * 1024 * 1024
"""Octets of a message that is told apart."""
MOST_DROPPED: Final = 1000
_RAW: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The mail as it came",
        "content": {RAW: {"schema": {"type": "string"}}},
    }
}


class Mail(Model):
    """A mail that came in, and what became of it."""

    mail: int = Field(description="Its number.")
    came_in: datetime
    by: Way
    peer: str
    sender: str = Field(description="Of the envelope; empty: the null sender.")
    recipients: tuple[str, ...]
    size: int
    digest: str
    state: MailState
    kind: str = Field(description="Empty until it was read.")
    command: str
    reason: str


class Bounce(Model):
    """What a report says of one recipient."""

    recipient: str
    action: Action
    status: str | None
    severity: Severity
    reason: Reason
    diagnostic: str
    remote_mta: str | None


class Complaint(Model):
    """What a feedback report says."""

    type: str
    recipient: str | None
    message_id: str | None


class Understood(Model):
    """What a message is."""

    kind: Kind
    command: str | None
    language: str | None
    bounces: tuple[Bounce, ...]
    complaint: Complaint | None


class Drop(Model):
    """Mails to be removed for good."""

    mails: tuple[Annotated[int, Field(ge=1, le=LARGEST)], ...] = Field(
        min_length=1, max_length=MOST_DROPPED, description="Their numbers."
    )


class Dropped(Model):
    """How many mails went."""

    removed: int = Field(
        description="Unread mail stays, and so does mail that proves a subscriber's consent."
    )


@router.get("/inbound", **operation("inbound.list"))
def list_(
    request: Request,
    response: Response,
    *,
    state: Annotated[list[MailState] | None, Query(max_length=len(MailState))] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=len(Kind))] = None,
    sender: Annotated[Line, Query(description="An address, or all of `@domain`.")] = "",
    before: Annotated[
        Instant | None, Query(description="Came in at this instant or earlier.")
    ] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Mail]:
    """List mail that came in, the newest first, and what became of it.

    `waiting` mail needs a person to look at it; `quarantined` mail could not be read.
    """
    chosen = Chosen(kind or (), state or (), sender, before)
    found = received.page(site_of(request).store, chosen, limit + 1, paging.number(cursor))
    following = paging.written(found[limit - 1].number) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_mail, found[:limit])], next=following)


@router.get("/inbound/{number}", **operation("inbound.list"))
def get(request: Request, number: Number) -> Mail:
    """Tell what is known of a mail."""
    return _mail(received.find(site_of(request).store, number))


@router.get(
    "/inbound/{number}/raw",
    response_class=Response,
    responses=_RAW,
    **operation("inbound.read"),
)
def raw(request: Request, number: Number) -> Response:
    """Give out a mail as it came."""
    content = received.content(site_of(request).store, number)
    headers = {
        "Content-Disposition": f'attachment; filename="mail-{number}.eml"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, headers=headers, media_type=RAW)


@router.post(
    "/inbound/classify", **operation("inbound.classify", upload="application/octet-stream")
)
def classify(request: Request) -> Understood:
    """Tell what a message is: a bounce of whom and why, a complaint, a command, a letter.

    Nothing is kept or changed.
    """
    file = bodies.uploaded(request)
    if file.stat().st_size > MOST_BYTES:
        raise RefusedError("body_too_large")
    return Understood.model_validate(classifying.facts_of(classifying.classify(file.read_bytes())))


@router.post("/inbound/{number}/requeue", status_code=202, **operation("inbound.requeue"))
def requeue(request: Request, number: Number) -> Mail:
    """Have a mail read again, for example after a fault was corrected."""
    site = site_of(request)
    _intake(site).requeue(number)
    with looking("inbound.requeue"):
        return _mail(received.find(site.store, number))


@router.post("/inbound/drop", **operation("inbound.drop"))
def drop(request: Request, wanted: Drop) -> Dropped:
    """Remove mails for good."""
    numbers = list(dict.fromkeys(wanted.mails))
    return Dropped(removed=_intake(site_of(request)).drop(numbers))


def _intake(site: Site) -> Intake:
    return Intake(site.store, site.settings, site.clock)


def _mail(one: Received) -> Mail:
    return Mail(
        mail=one.number,
        came_in=one.at,
        by=one.way,
        peer=one.peer,
        sender=one.sender,
        recipients=one.recipients,
        size=one.size,
        digest=one.digest,
        state=one.state,
        kind=one.kind,
        command=one.command,
        reason=one.reason,
    )
