"""Passkeys: signing in with one, adding one, removing one. The only pages that need a script."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.domain.access.signing_in.challenge import Way
from mailer.errors import InputError
from mailer.web.console.account import account_page
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, lead
from mailer.web.console.signing_in import enter, ways_page
from mailer.web.problems import PageError

JSON = "application/json"

router = APIRouter(route_class=ConsoleRoute)


@router.post("/console/sign-in/passkey/options")
def ask(visit: Here) -> Response:
    """Tell the browser what to ask a passkey for."""
    options = visit.site.passkeys.ask(visit.visitor, visit.next)
    if options is None:
        raise PageError(429, "console_429", headers={"Retry-After": "3600"})
    return Response(options, media_type=JSON)


@router.post("/console/sign-in/passkey")
def answer(request: Request, visit: Here) -> Response:
    """Sign in with what the passkey answered."""
    opened = visit.site.passkeys.answer(visit.visitor, visit.fields.one("credential"))
    if opened is None:
        return ways_page(request, visit, visit.next, problem="passkey_failed", status=403)
    return enter(visit, opened.user.number, Way.PASSKEY, opened.next)


@router.post("/console/account/passkeys/options")
def enrol(visit: Here, signed: SignedIn) -> Response:
    """Tell the browser what to make a passkey for."""
    return Response(visit.site.passkeys.enrol(signed, visit.visitor), media_type=JSON)


@router.post("/console/account/passkeys")
def add(request: Request, visit: Here, signed: SignedIn) -> Response:
    """Add the passkey that was made; all other sessions of the user end."""
    credential, name = visit.fields.one("credential"), visit.fields.one("name")
    try:
        visit.site.passkeys.add(signed, visit.visitor, credential, name)
    except InputError:
        return account_page(request, visit, signed, problem="passkey_failed", status=422)
    visit.begun = visit.site.sessions.end_others(signed)
    return lead(visit, "/console/account")


@router.post("/console/account/passkeys/{name}/remove")
def remove(visit: Here, signed: SignedIn, name: str) -> Response:
    """Remove a passkey; all other sessions of the user end."""
    visit.site.passkeys.remove(signed, name)
    visit.begun = visit.site.sessions.end_others(signed)
    return lead(visit, "/console/account")
