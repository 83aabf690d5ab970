"""Signing in by a mailed link, proving one's person again, and signing out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.domain.access.signing_in.challenge import VALID, Purpose, Way
from mailer.domain.access.signing_in.destination import own
from mailer.services.access.signing_in.links import AddressError, State
from mailer.web.console.route import NEXT, ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.problems import PageError
from mailer.web.site import PRIVATE

LINK_MINUTES: Final = int(VALID[Purpose.LINK].total_seconds() // 60)

router = APIRouter(route_class=ConsoleRoute)


@router.get("/console/sign-in")
def ways(request: Request, visit: Here) -> Response:
    """Show the ways to sign in."""
    next_ = own(request.query_params.get(NEXT, ""))
    return lead(visit, next_) if visit.signed else ways_page(request, visit, next_)


@router.post("/console/sign-in")
def ask(request: Request, visit: Here) -> Response:
    """Have a link mailed; says the same whoever's address it is."""
    try:
        kept = visit.site.links.ask(visit.fields.one("address"), visit.visitor, visit.next)
    except AddressError:
        return ways_page(request, visit, visit.next, problem="no_address", status=422)
    if not kept:
        raise PageError(429, "console_429", headers={"Retry-After": "3600"})
    return lead(visit, "/console/sign-in/sent")


@router.get("/console/sign-in/sent")
def sent(request: Request, visit: Here) -> Response:
    """Tell where to look for the link."""
    return show(request, visit, "sent.html.j2", minutes=LINK_MINUTES)


@router.get("/console/link/{token}")
def link(request: Request, visit: Here, token: str) -> Response:
    """Show the button that signs in; in another browser, the one that gets a new link."""
    return _link(request, visit, token)


@router.post("/console/link/{token}")
def open_link(request: Request, visit: Here, token: str) -> Response:
    """Sign in, once, in the browser that asked."""
    opened = visit.site.links.open(token, visit.visitor)
    if opened is None:
        return _link(request, visit, token, status=403)
    return enter(visit, opened.user.number, Way.LINK, opened.next)


@router.post("/console/link/{token}/again")
def send_again(request: Request, visit: Here, token: str) -> Response:
    """Exchange a link for one that works in this browser."""
    if not visit.site.links.send_again(token, visit.visitor):
        return _link(request, visit, token, status=403)
    return lead(visit, "/console/sign-in/sent")


@router.get("/console/prove")
def prove(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask a user to prove that it is still they, before an act that needs it."""
    return ways_page(request, visit, own(request.query_params.get(NEXT, "")))


@router.post("/console/sign-out")
def sign_out(visit: Here, signed: SignedIn) -> Response:
    """End the session."""
    visit.site.sessions.sign_out(signed)
    visit.ended = True
    return lead(visit, "/console/sign-in")


def enter(
    visit: Visit, user: int, way: Way, next_: str, proved_at: datetime | None = None
) -> Response:
    """Begin a session, or prove that the same user is still there, and lead on.

    Args:
        visit: the request.
        user: the number of whoever it is.
        way: how they proved it.
        next_: the page to lead to.
        proved_at: when they did; none: just now.
    """
    visit.begun = visit.site.sessions.begin(
        user, way, visit.visitor, visit.signed, proved_at=proved_at
    )
    return lead(visit, next_)


def ways_page(
    request: Request,
    visit: Visit,
    next_: str,
    *,
    problem: str = "",
    status: int = 200,
    minutes: int = 0,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Show all ways; to whoever has signed in already, as those to prove it.

    Args:
        request: what asks for it.
        visit: likewise.
        next_: the page to lead to.
        problem: what went wrong with a way: a word of `console.toml`; empty: nothing.
        status: of the answer.
        minutes: for which one must wait, if one must.
        headers: further header fields.
    """
    return show(
        request,
        visit,
        "sign_in.html.j2",
        next_=next_,
        problem=problem,
        minutes=minutes,
        link_minutes=LINK_MINUTES,
        provider=visit.site.openid.name if visit.site.openid else "",
        status=status,
        headers=headers or {},
        alternates={} if visit.signed or status != 200 else None,
    )


def _link(request: Request, visit: Visit, token: str, status: int = 200) -> Response:
    found = visit.site.links.look(token, visit.visitor)
    if found.user is None:
        return show(request, visit, "link_over.html.j2", status=status, headers=PRIVATE)
    here = found.state is State.GOOD
    kind = "here" if here else "invited" if found.invites else "elsewhere"
    return show(
        request,
        visit,
        "link.html.j2",
        kind=kind,
        name=found.user.name,
        target=f"/console/link/{token}{'' if here else '/again'}",
        status=status,
        headers=PRIVATE,
    )
