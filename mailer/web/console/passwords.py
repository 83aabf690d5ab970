"""Password and code: signing in with them, setting them, removing them."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request, Response

from mailer.domain.access.signing_in.challenge import Way
from mailer.errors import InputError
from mailer.services.access.signing_in.sessions import Signed
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.signing_in import enter, ways_page

router = APIRouter(route_class=ConsoleRoute)


@router.post("/console/sign-in/password")
def answer(request: Request, visit: Here) -> Response:
    """Sign in with address, password and code."""
    fields = visit.fields
    address, password, code = fields.one("address"), fields.raw("password"), fields.one("code")
    found = visit.site.passwords.answer(address, password, code, visit.visitor)
    if found.wait:
        minutes = math.ceil(found.wait.total_seconds() / 60)
        headers = {"Retry-After": str(math.ceil(found.wait.total_seconds()))}
        return ways_page(
            request,
            visit,
            visit.next,
            problem="password_wait",
            status=429,
            minutes=minutes,
            headers=headers,
        )
    if found.user is None:
        return ways_page(request, visit, visit.next, problem="password_wrong", status=403)
    return enter(visit, found.user.number, Way.PASSWORD, visit.next)


@router.get("/console/account/password")
def form(request: Request, visit: Here, signed: SignedIn) -> Response:
    """Show a new seed, and ask for a password and a code."""
    return _form(request, visit, signed)


@router.post("/console/account/password")
def set_(request: Request, visit: Here, signed: SignedIn) -> Response:
    """Set them, and show the recovery codes once; all other sessions of the user end."""
    fields = visit.fields
    try:
        codes = visit.site.passwords.set(
            signed,
            fields.one("sealed"),
            password=fields.raw("password"),
            repeated=fields.raw("repeat"),
            code=fields.one("code"),
        )
    except InputError as error:
        problem = error.problems[0]
        return _form(request, visit, signed, flaws={problem.place: problem.code}, status=422)
    visit.begun = visit.site.sessions.end_others(signed)
    return show(request, visit, "recovery.html.j2", codes=codes)


@router.post("/console/account/password/remove")
def remove(visit: Here, signed: SignedIn) -> Response:
    """Remove them; all other sessions of the user end."""
    visit.site.passwords.remove(signed)
    visit.begun = visit.site.sessions.end_others(signed)
    return lead(visit, "/console/account")


def _form(
    request: Request,
    visit: Visit,
    signed: Signed,
    flaws: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    enrolment = visit.site.passwords.enrol(signed)
    return show(
        request,
        visit,
        "password.html.j2",
        enrolment=enrolment,
        seed=" ".join(enrolment.seed[at : at + 4] for at in range(0, len(enrolment.seed), 4)),
        flaws=flaws or {},
        status=status,
    )
