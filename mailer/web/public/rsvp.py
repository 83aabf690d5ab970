"""The page that an invitation leads to: GET shows it, POST answers."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from mailer.domain.calendar.attendance import Attendance
from mailer.services.calendar.rsvp import Invitation
from mailer.web.forms import guard
from mailer.web.forms.fields import Fields, read_fields
from mailer.web.language import preferred
from mailer.web.problems import PageError
from mailer.web.public.calendar import texts_for
from mailer.web.site import PRIVATE, Site, site_of

PURPOSE: Final = "rsvp"

router = APIRouter()


@router.get("/rsvp/{token}")
def show(request: Request, token: str, on: str = "") -> Response:
    """Show what one is invited to, and what one answered; of several dates, `on` names one."""
    site = site_of(request)
    return _page(request, site, _found(request, site.rsvp.look(token, on)), token, on)


@router.post("/rsvp/{token}")
async def answer(request: Request, token: str, on: str = "") -> Response:
    """Record the answer; another one later replaces it."""
    fields = await read_fields(request)
    return await run_in_threadpool(_answer, request, token, on, fields)


def _answer(request: Request, token: str, on: str, fields: Fields) -> Response:
    site = site_of(request)
    known = _found(request, site.rsvp.look(token, on))
    language = _language(request, known)
    guard.check(request, fields, PURPOSE, f"{token} {on}", language)
    said = fields.one("answer")
    if said not in set(Attendance):
        raise PageError(400, language=language)
    found = _found(request, site.rsvp.answer(token, Attendance(said), on))
    return _page(request, site, found, token, on, done=found.open)


def _found(request: Request, invitation: Invitation | None) -> Invitation:
    if invitation is None:
        raise PageError(404, "token", language=preferred(request))
    return invitation


def _language(request: Request, invitation: Invitation) -> str:
    return preferred(request, owner=invitation.subscriber.language)


def _page(
    request: Request, site: Site, found: Invitation, token: str, on: str, *, done: bool = False
) -> Response:
    language = _language(request, found)
    query = f"?on={on}" if on else ""
    shown = found.entry if on else site.calendar.next_of(found.entry) or found.entry
    return site.page(
        request,
        "rsvp.html.j2",
        language,
        headers=PRIVATE,
        alternates={},
        indexed=False,
        invitation=found,
        entry=shown,
        series=found.entry.repeats,
        answers=tuple(Attendance),
        done=done,
        target=f"/rsvp/{token}{query}",
        stamp=guard.stamp(site, PURPOSE, f"{token} {on}"),
        text_of=texts_for(site, language),
    )
