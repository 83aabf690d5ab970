"""API tokens: what programs may do for a user."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.domain.access.rights import RIGHTS, Right
from mailer.domain.access.user import LONGEST_NAME
from mailer.errors import InputError
from mailer.services.access import api_tokens, users
from mailer.services.access.acting import allowed, looking
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, made, wrong

PATH = "/console/operation/tokens"
DAYS = (30, 90, 365)
"""The lives of a token that one can choose, beside one without an end."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(PATH)
def list_(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the tokens."""
    store = visit.site.store
    names = {one.number: one.name for one in users.listed(store)}
    return show(
        request,
        visit,
        "service/tokens.html.j2",
        tokens=api_tokens.listed(store),
        names=names,
        now=visit.site.clock.now(),
    )


@router.get(f"{PATH}/new")
def new(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask what a program may do."""
    return _form(request, visit)


@router.post(f"{PATH}/new")
def add(request: Request, visit: Here, signed: SignedIn) -> Response:
    """Make a token for the user who asks, and show it once."""
    site, fields = visit.site, visit.fields
    say = site.say(visit.language)
    name, scopes, days = fields.one("name"), fields.all("scopes"), fields.one("days")
    lacking = []
    if not 1 <= len(name) <= LONGEST_NAME:
        lacking.append(("name", say("console_service.token_no_name", most=LONGEST_NAME)))
    if not scopes:
        lacking.append(("scopes", say("console_service.token_no_scope")))
    if lacking:
        return _form(request, visit, made(lacking))
    try:
        token = api_tokens.add(
            site.store,
            site.clock.now(),
            signed.user.address,
            name=name,
            scopes=scopes,
            days=int(days) if days in map(str, DAYS) else None,
        )
    except InputError as error:
        return _form(request, visit, wrong(say, error))
    return show(request, visit, "service/token_made.html.j2", token=token.token, text=token.text)


@router.post(PATH + "/{name}/revoke")
def revoke(visit: Here, _: SignedIn, name: str) -> Response:
    """End a token at once."""
    site = visit.site
    with looking("tokens.revoke"):
        found = next((one for one in api_tokens.listed(site.store) if one.id == name), None)
    api_tokens.revoke(site.store, site.clock.now(), name)
    told = {"name": found.name if found else name}
    return lead(visit, PATH, Notice("console_service.token_revoked", told))


def _form(request: Request, visit: Visit, problems: Wrong = NOTHING) -> Response:
    allowed("tokens.add")
    say, fields = visit.site.say(visit.language), visit.fields
    own = RIGHTS[visit.signed.user.role] if visit.signed else frozenset[Right]()
    return show(
        request,
        visit,
        "service/token_new.html.j2",
        scopes=[
            (
                right.value,
                say(f"console_service.rights.{right.value.replace(':', '_')}"),
                right.value,
            )
            for right in Right
            if right in own
        ],
        lives=[
            *((str(days), say.count("console_service.days", days)) for days in DAYS),
            ("", say("console_service.no_end")),
        ],
        draft={
            "name": fields.one("name"),
            "scopes": fields.all("scopes"),
            "days": fields.one("days") if "days" in fields else str(DAYS[1]),
        },
        wrong=problems,
        status=422 if problems else 200,
    )
