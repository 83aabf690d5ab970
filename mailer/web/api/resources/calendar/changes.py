"""The calendar's changes: what one would mail, taking the last back, and all that there were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field

from mailer.domain.calendar.comparing import Difference
from mailer.domain.calendar.entry import Status
from mailer.domain.calendar.notice import Change as News
from mailer.domain.campaigns.campaign import Content, State
from mailer.services.access.acting import looking
from mailer.services.calendar import history as past
from mailer.services.calendar import planning, revising, undoing
from mailer.web.api import conditions
from mailer.web.api.models import LARGEST, Model
from mailer.web.api.operation import operation
from mailer.web.api.resources.calendar.entries import Id, Occurrence, key_of
from mailer.web.api.resources.calendar.models import Entry, Fields, entry_of
from mailer.web.site import Site, site_of

router = APIRouter(tags=["calendar"])


class Wanted(Fields):
    """What is to change. Nothing is changed by this."""

    status: Status | None = Field(
        default=None, description="`cancelled`: what cancelling it would mail."
    )


class Differing(Model):
    """What differs."""

    occurrence: str = Field(description="Empty: the entry itself.")
    fields: tuple[str, ...]


class Mail(Model):
    """A mail in one language, as a sample reader would get it."""

    subject: str
    text: str


class Notice(Model):
    """A mailing that a change causes."""

    occurrence: str
    change: News
    readers: int
    by_language: Mapping[str, int]
    mails: Mapping[str, Mail] = Field(description="By language.")


class Preview(Model):
    """What a change would do."""

    differences: tuple[Differing, ...]
    readers: int = Field(description="How many would be mailed.")
    by_language: Mapping[str, int]
    at: datetime = Field(description="When the mails would leave, if it were changed now.")
    notices: tuple[Notice, ...]


class Undoing(Model):
    """Which change is taken back."""

    sequence: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST,
        description="Of the version that it made; default: whichever is the last.",
    )


class Mailing(Model):
    """A reminder or a notice that told readers a version."""

    campaign: int
    content: Content
    at: datetime
    state: State
    occurrence: str
    offset: str = Field(description="Of a reminder: how long before.")
    change: News | None = Field(description="Of a notice: what readers heard of.")
    readers: int
    by_language: Mapping[str, int]


class Version(Model):
    """One version of an entry."""

    sequence: int
    at: datetime | None
    differences: tuple[Differing, ...] = Field(description="From the version before.")
    mailings: tuple[Mailing, ...] = Field(description="What told it; empty: nobody heard of it.")


class History(Model):
    """All versions of an entry, the newest first."""

    entry: str
    undo_until: datetime | None = Field(
        description="Until when the last change can be taken back; null: it cannot."
    )
    versions: tuple[Version, ...]


@router.post("/calendar/entries/{name}/preview", **operation("calendar.preview"))
def preview(request: Request, name: Id, wanted: Wanted, occurrence: Occurrence = "") -> Preview:
    """Tell what a change would mail, and to whom. Changes nothing."""
    site = site_of(request)
    given = wanted.given()
    if wanted.status is not None:
        given["status"] = wanted.status
    makes = planning.Planning(site.store, site.settings, site.clock)
    plan = makes.plan(
        name, lambda one: revising.applied(one, given, site.settings), key_of(occurrence)
    )
    mails = makes.mails(plan)
    return Preview(
        differences=_differing(plan.differences),
        readers=plan.readers,
        by_language=dict(plan.by_language),
        at=plan.at,
        notices=tuple(
            Notice(
                occurrence=one.occurrence,
                change=one.change,
                readers=one.readers,
                by_language=dict(one.by_language),
                mails={
                    mail.language: Mail(subject=mail.subject, text=mail.text)
                    for mail in mails[place]
                },
            )
            for place, one in enumerate(plan.notices)
        ),
    )


@router.post(
    "/calendar/entries/{name}/undo",
    response_model=Entry,
    **operation("calendar.undo"),
)
def undo(request: Request, name: Id, wanted: Undoing) -> Response:
    """Take the last change of an entry back, before its notice goes out. Nobody is told."""
    after = _undoing(site_of(request)).undo(name, wanted.sequence)
    return conditions.shown(request, entry_of(after))


@router.get("/calendar/entries/{name}/history", **operation("calendar.show"))
def history(request: Request, name: Id) -> History:
    """List the versions of an entry, and which mailings told readers of each."""
    site = site_of(request)
    versions = past.history(site.store, name)
    with looking("calendar.show"):
        last = _undoing(site).undoable(name)
    return History(
        entry=name,
        undo_until=last.until if last else None,
        versions=tuple(map(_version, versions)),
    )


def _undoing(site: Site) -> undoing.Undoing:
    return undoing.Undoing(site.store, site.settings, site.clock)


def _version(one: past.Version) -> Version:
    return Version(
        sequence=one.entry.sequence,
        at=one.at,
        differences=_differing(one.differences),
        mailings=tuple(
            Mailing(
                campaign=mailing.campaign,
                content=mailing.content,
                at=mailing.at,
                state=mailing.state,
                occurrence=mailing.occurrence,
                offset=mailing.offset,
                change=mailing.change,
                readers=mailing.readers,
                by_language=dict(mailing.by_language),
            )
            for mailing in one.mailings
        ),
    )


def _differing(found: Sequence[Difference]) -> tuple[Differing, ...]:
    return tuple(Differing(occurrence=one.occurrence, fields=one.fields) for one in found)
