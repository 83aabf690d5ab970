"""The page that a confirmation's link leads to: GET shows what is agreed to, POST agrees."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from mailer.content.language.topic_words import in_words
from mailer.domain.access.token import Purpose
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.subscriber import Status
from mailer.domain.subscribers.subscribing import VALID
from mailer.domain.subscribers.subscribing import Request as Asked
from mailer.services.service_mail.writing import consent
from mailer.services.subscriptions.membership import Confirmed, Opened
from mailer.web.forms import guard
from mailer.web.forms.fields import read_fields
from mailer.web.language import preferred
from mailer.web.problems import PageError
from mailer.web.site import PRIVATE, Site, site_of

PURPOSE: Final = "confirm"

router = APIRouter()


@router.get("/confirm/{token}")
def show(request: Request, token: str) -> Response:
    """Show what is agreed to, with the button; or that it was, or is over."""
    site = site_of(request)
    found = _opened(request, site, token)
    language, state = found.asked.language, found.asked.state
    if found.member.status is Status.ACTIVE and state is not Asked.OPEN:
        return _outcome(request, site, language, "before", found)
    return site.page(
        request,
        "confirm.html.j2",
        language,
        headers=PRIVATE,
        alternates={},
        indexed=False,
        address=found.member.address,
        agree=consent(site.settings, language, found.asked.topics),
        over=state is not Asked.OPEN,
        days=VALID.days,
        target=f"/confirm/{token}",
        stamp=guard.stamp(site, PURPOSE, token),
    )


@router.post("/confirm/{token}")
async def agree(request: Request, token: str) -> Response:
    """Confirm; pressed twice it does no harm."""
    site, fields = site_of(request), await read_fields(request)
    found = await run_in_threadpool(_opened, request, site, token)
    language = found.asked.language
    guard.check(request, fields, PURPOSE, token, language)
    done = await run_in_threadpool(site.membership.confirm, found.asked.number)
    if done is Confirmed.FORGOTTEN:
        raise PageError(404, "forgotten", language=language)
    return _outcome(request, site, language, done.value, found)


def _opened(request: Request, site: Site, token: str) -> Opened:
    """Find the request that a token stands for.

    Raises:
        PageError: 404, it is not ours, or forgotten.
    """
    numbers = site.signer.verify(Purpose.CONFIRM, token)
    number = bearer.request(numbers or ())
    if not number:
        raise PageError(404, "token", language=preferred(request))
    found = site.membership.opened(number)
    if found is None:
        raise PageError(404, "forgotten", language=preferred(request))
    return found


def _outcome(request: Request, site: Site, language: str, outcome: str, found: Opened) -> Response:
    member = found.member
    now = site.membership.opened(found.asked.number)
    waits = now.member.waits_for if now and outcome != "anew" else ()
    named, fallback = in_words(site.settings.topics), site.settings.languages
    preferences = bearer.sign_preferences(site.signer, member.number, member.address)
    return site.page(
        request,
        "confirmed.html.j2",
        language,
        headers=PRIVATE,
        alternates={},
        indexed=False,
        outcome=outcome,
        address=found.member.address,
        waits=", ".join(named.short(one, language, fallback) for one in waits),
        preferences=f"/preferences/{preferences}",
    )
