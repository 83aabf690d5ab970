"""Users: listed, added, given another role, disabled and enabled."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from fastapi import APIRouter, Request, Response
from pydantic import Field

from mailer.domain.access import user as domain
from mailer.domain.access.rights import GIVEN
from mailer.domain.access.rights import Role as AnyRole
from mailer.domain.access.user import LONGEST_NAME, Standing
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import users
from mailer.services.access.acting import looking
from mailer.web.api import conditions, paging
from mailer.web.api.models import Line, Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.middleware import API
from mailer.web.site import Site, site_of

router = APIRouter(tags=["users"])
Role = StrEnum("Role", {role.name: role.value for role in GIVEN})  # type: ignore[misc]
"""The roles that are given."""


class User(Model):
    """Somebody who may sign in, and with which role."""

    number: int
    address: str
    name: str
    role: AnyRole
    standing: Standing
    language: str
    added_at: datetime
    signed_in_at: datetime | None


class NewUser(Model):
    """Somebody who may sign in from now on."""

    address: Line
    role: Role
    name: str = Field(default="", max_length=LONGEST_NAME, description="Default: from the address.")
    language: str = Field(default="", max_length=35, description="Of the console.")


class NewRole(Model):
    """Another role."""

    role: Role


@router.get("/users", **operation("users.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[User]:
    """List the users, in the order in which they were added; also disabled ones."""
    after = paging.number(cursor)
    found = [one for one in users.listed(site_of(request).store) if one.number > after]
    following = paging.written(found[limit - 1].number) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_user, found[:limit])], next=following)


@router.post("/users", status_code=201, **operation("users.add"))
def add(request: Request, response: Response, wanted: NewUser) -> User:
    """Add somebody who may sign in from now on. Mails nobody."""
    site = site_of(request)
    address = parse_address(wanted.address)
    made = users.add(
        site.store,
        site.settings,
        site.clock.now(),
        address,
        name=wanted.name or address.key.partition("@")[0],
        role=AnyRole(wanted.role),
        language=wanted.language,
    )
    response.headers["Location"] = site.path(f"{API}/users/{made.number}")
    return _user(made)


@router.get(
    "/users/{number}", response_model=User, responses=conditions.SHOWN, **operation("users.list")
)
def get(request: Request, number: Number) -> Response:
    """Tell what is known of a user."""
    return conditions.shown(request, _user(users.get(site_of(request).store, number)))


@router.post("/users/{number}/role", response_model=User, **operation("users.role"))
def give_role(
    request: Request, number: Number, wanted: NewRole, *, if_match: conditions.IfMatch = None
) -> Response:
    """Give a user another role. Their sessions end; the last owner stays one."""
    site = site_of(request)
    address = _seen(site, number, if_match, "users.role")
    now = site.clock.now()
    return conditions.shown(
        request, _user(users.give_role(site.store, now, address, AnyRole(wanted.role)))
    )


@router.post("/users/{number}/disable", response_model=User, **operation("users.disable"))
def disable(request: Request, number: Number, *, if_match: conditions.IfMatch = None) -> Response:
    """Let a user sign in no more. Their sessions and API tokens end at once."""
    site = site_of(request)
    address = _seen(site, number, if_match, "users.disable")
    return conditions.shown(request, _user(users.disable(site.store, site.clock.now(), address)))


@router.post("/users/{number}/enable", response_model=User, **operation("users.enable"))
def enable(request: Request, number: Number, *, if_match: conditions.IfMatch = None) -> Response:
    """Let a user who was disabled sign in again."""
    site = site_of(request)
    address = _seen(site, number, if_match, "users.enable")
    return conditions.shown(request, _user(users.enable(site.store, site.clock.now(), address)))


@router.post("/users/{number}/invite", response_model=User, **operation("users.invite"))
def invite(request: Request, number: Number, *, if_match: conditions.IfMatch = None) -> Response:
    """Mail a user an invitation: a link to the console, good for three days."""
    site = site_of(request)
    address = _seen(site, number, if_match, "users.invite")
    return conditions.shown(request, _user(site.links.invite(address)))


def _seen(site: Site, number: int, given: str | None, act: str) -> str:
    """Return the address of a user who is as whoever asks has seen them."""
    with looking(act):
        found = users.get(site.store, number)
    conditions.agreed(given, _user(found))
    return found.address


def _user(one: domain.User) -> User:
    return User(
        number=one.number,
        address=one.address,
        name=one.name,
        role=one.role,
        standing=one.standing,
        language=one.language,
        added_at=one.added_at,
        signed_in_at=one.signed_in_at,
    )
