"""Users: who may sign in, and with which role."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.access.rights import GIVEN, RIGHTS, Right, Role
from mailer.domain.access.user import User
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, StateError
from mailer.services.access import users
from mailer.services.access.acting import allowed, looking
from mailer.services.access.signing_in.links import AddressError
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, made, wrong

PATH = "/console/operation/users"

router = APIRouter(route_class=ConsoleRoute)


@router.get(PATH)
def list_(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the users."""
    return show(request, visit, "service/users.html.j2", users=users.listed(visit.site.store))


@router.get(f"{PATH}/new")
def new(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask who may sign in from now on."""
    return _form(request, visit)


@router.post(f"{PATH}/new")
def add(request: Request, visit: Here, _: SignedIn) -> Response:
    """Add somebody, and mail them the way here."""
    site, fields = visit.site, visit.fields
    try:
        address = parse_address(fields.one("address"))
    except AddressError:
        found = made([("address", site.say(visit.language)("console_service.no_address"))])
        return _form(request, visit, found)
    try:
        user = users.add(
            site.store,
            site.settings,
            site.clock.now(),
            address,
            name=fields.one("name") or address.key.partition("@")[0],
            role=_role(fields.one("role")),
            language=fields.one("language"),
        )
    except InputError as error:
        say = site.say(visit.language)
        if any(one.code == "taken" for one in error.problems):
            return _form(request, visit, made([("address", say("console_service.user_known"))]))
        return _form(request, visit, wrong(say, error))
    site.links.invite(user.address)
    return lead(visit, PATH, Notice("console_service.user_added", {"name": user.name}))


@router.get(PATH + "/{number}")
def one(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show one user, and what can be done."""
    user = users.get(visit.site.store, number)
    return show(
        request,
        visit,
        "service/user.html.j2",
        one=user,
        roles=_roles(visit),
        rights=rights_of(visit, user.role),
    )


@router.post(PATH + "/{number}/role")
def give_role(visit: Here, _: SignedIn, number: int) -> Response:
    """Give another role; the user's sessions end."""
    site, user = visit.site, _of(visit, number, "users.role")
    try:
        now = users.give_role(
            site.store, site.clock.now(), user.address, _role(visit.fields.one("role"))
        )
    except StateError:
        return _only_owner(visit, number)
    role = site.say(visit.language)(f"console.roles.{now.role}")
    told = Notice("console_service.role_given", {"name": now.name, "role": str(role)})
    return lead(visit, f"{PATH}/{number}", told)


@router.post(PATH + "/{number}/disable")
def disable(visit: Here, _: SignedIn, number: int) -> Response:
    """Let a user sign in no more; it can be taken back."""
    site, user = visit.site, _of(visit, number, "users.disable")
    try:
        users.disable(site.store, site.clock.now(), user.address)
    except StateError:
        return _only_owner(visit, number)
    return lead(visit, f"{PATH}/{number}", Notice("console_service.disabled", {"name": user.name}))


@router.post(PATH + "/{number}/enable")
def enable(visit: Here, _: SignedIn, number: int) -> Response:
    """Let a user sign in again."""
    site, user = visit.site, _of(visit, number, "users.enable")
    users.enable(site.store, site.clock.now(), user.address)
    return lead(visit, f"{PATH}/{number}", Notice("console_service.enabled", {"name": user.name}))


@router.post(PATH + "/{number}/invite")
def invite(visit: Here, _: SignedIn, number: int) -> Response:
    """Mail a user the way here once more."""
    user = _of(visit, number, "users.invite")
    visit.site.links.invite(user.address)
    return lead(visit, f"{PATH}/{number}", Notice("console_service.invited", {"name": user.name}))


def rights_of(visit: Visit, role: Role) -> list[str]:
    """Word what a role may do."""
    say = visit.site.say(visit.language)
    return [
        say(f"console_service.rights.{_key(right)}") for right in Right if right in RIGHTS[role]
    ]


def _key(right: Right) -> str:
    return right.value.replace(":", "_")


def _of(visit: Visit, number: int, act: str) -> User:
    with looking(act):
        return users.get(visit.site.store, number)


def _only_owner(visit: Visit, number: int) -> Response:
    return lead(visit, f"{PATH}/{number}", Notice("console_service.last_owner", kind="alert"))


def _role(word: str) -> Role:
    """Read a role that can be given; anything else gives the least."""
    return next((role for role in GIVEN if role.value == word), Role.READER)


def _roles(visit: Visit) -> list[tuple[str, str, str]]:
    say = visit.site.say(visit.language)
    return [
        (role.value, say(f"console.roles.{role}"), say(f"console_service.role_{role}"))
        for role in GIVEN
    ]


def _form(request: Request, visit: Visit, problems: Wrong = NOTHING) -> Response:
    allowed("users.add")
    fields = visit.fields
    return show(
        request,
        visit,
        "service/user_new.html.j2",
        roles=_roles(visit),
        readable=[
            (code, first_upper(name_of(code, code))) for code in visit.site.settings.languages
        ],
        draft={
            "address": fields.one("address"),
            "name": fields.one("name"),
            "role": fields.one("role") or Role.EDITOR.value,
            "language": fields.one("language") or visit.language,
        },
        wrong=problems,
        status=422 if problems else 200,
    )
