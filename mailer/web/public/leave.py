"""The page to leave on, the one click of mail programs (RFC 8058), and the way back.

All POST to the address that the mail holds. With `?topic=…`, as mails of a template have it, one
topic is left and the others stay: whoever may leave altogether may do so. A mail program sends
`List-Unsubscribe=One-Click`: it has no cookie and no stamp, and is believed, for whoever has the
address has the mail.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from mailer.content.language.topic_words import in_words
from mailer.domain.access.token import Purpose
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.bearer import Leave
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.services.subscriptions.membership import RETURN
from mailer.web.forms import guard
from mailer.web.forms.fields import Fields, read_fields
from mailer.web.language import preferred
from mailer.web.problems import PageError
from mailer.web.site import PRIVATE, Site, site_of

PURPOSE: Final = "leave"
BACK: Final = "back"
ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
GONE: Final = frozenset({Status.UNSUBSCRIBED, Status.COMPLAINED})

router = APIRouter()


class Who(NamedTuple):
    """The person that a link is about."""

    member: Subscriber | None
    language: str


@router.get("/leave/{token}")
def show(request: Request, token: str, topic: str = "") -> Response:
    """Show the button; or, to a reader who has left, the way back."""
    site = site_of(request)
    who = _who(request, site, token)
    if who.member is None or who.member.status in GONE:
        return _left(request, site, token, who)
    topic = topic if topic in who.member.topics and topic in site.settings.topics else ""
    return _page(
        request,
        site,
        who.language,
        "leave.html.j2",
        address=who.member.address,
        target=f"/leave/{token}" + (f"?topic={topic}" if topic else ""),
        topic=_named(site, topic, who.language),
        stamp=guard.stamp(site, PURPOSE, token),
        preferences=_preferences(site, who.member),
    )


@router.post("/leave/{token}")
async def leave(request: Request, token: str, topic: str = "") -> Response:
    """Unsubscribe the reader; on disk before it is said (law 10), and as often as it is asked."""
    site, fields = site_of(request), await read_fields(request)
    said = _said(request, site, token)
    clicked = is_one_click(fields)
    if not clicked:
        who = await run_in_threadpool(_who, request, site, token)
        guard.check(request, fields, PURPOSE, token, who.language)
    if topic:
        await run_in_threadpool(site.membership.leave_topic, said, topic)
    else:
        await site.leavings.keep(said)
    if clicked:
        return Response(status_code=200, headers=PRIVATE)
    return await run_in_threadpool(_after, request, site, token, topic)


@router.post("/leave/{token}/back")
async def come_back(request: Request, token: str) -> Response:
    """Undo the leaving, as if the reader had never left."""
    site, fields = site_of(request), await read_fields(request)
    who = await run_in_threadpool(_who, request, site, token)
    guard.check(request, fields, BACK, token, who.language)
    member = who.member
    if member is not None and member.status is not Status.ACTIVE:
        if not await run_in_threadpool(site.membership.come_back, member):
            raise PageError(404, "no_return", language=who.language)
    elif member is None:
        raise PageError(404, "no_return", language=who.language)
    return _page(
        request,
        site,
        who.language,
        "returned.html.j2",
        address=member.address,
        preferences=_preferences(site, member),
    )


def is_one_click(fields: Fields) -> bool:
    """Tell whether a mail program asks, rather than a person on our page (RFC 8058 section 3.2)."""
    name, value = ONE_CLICK
    return fields.one(name) == value


def _said(request: Request, site: Site, token: str) -> Leave:
    """Read what a token says.

    Raises:
        PageError: 404, it is not ours.
    """
    said = bearer.leave(site.signer.verify(Purpose.LEAVE, token) or ())
    if said is None:
        raise PageError(404, "token", language=preferred(request))
    return said


def _who(request: Request, site: Site, token: str) -> Who:
    said = _said(request, site, token)
    member = site.membership.bearers.subscriber(said.bearer)
    return Who(member, preferred(request, member.language if member else ""))


def _after(request: Request, site: Site, token: str, topic: str) -> Response:
    who = _who(request, site, token)
    if not topic or who.member is None or who.member.status in GONE:
        return _left(request, site, token, who)
    known = topic if topic in site.settings.topics else ""
    return _page(
        request,
        site,
        who.language,
        "left_topic.html.j2",
        address=who.member.address,
        topic=_named(site, known, who.language),
        preferences=_preferences(site, who.member),
    )


def _named(site: Site, topic: str, language: str) -> str:
    """Name a topic of the settings in a reader's language; empty for none."""
    settings = site.settings
    return in_words(settings.topics).short(topic, language, settings.languages) if topic else ""


def _left(request: Request, site: Site, token: str, who: Who) -> Response:
    may_return = who.member is not None and site.membership.may_return(who.member)
    return _page(
        request,
        site,
        who.language,
        "left.html.j2",
        address=who.member.address if who.member else "",
        target=f"/leave/{token}/back" if may_return else "",
        stamp=guard.stamp(site, BACK, token),
        days=RETURN.days,
    )


def _preferences(site: Site, member: Subscriber) -> str:
    return f"/preferences/{bearer.sign_preferences(site.signer, member.number, member.address)}"


def _page(request: Request, site: Site, language: str, template: str, **values: Any) -> Response:
    return site.page(
        request, template, language, headers=PRIVATE, alternates={}, indexed=False, **values
    )
