"""API tokens: listed, made and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from mailer.domain.access.api_token import ApiToken
from mailer.domain.access.rights import Right
from mailer.domain.access.user import LONGEST_NAME
from mailer.services.access import api_tokens, users
from mailer.services.access.acting import looking
from mailer.services.access.api_tokens import LONGEST_DAYS
from mailer.web.api import paging
from mailer.web.api.models import NO_SUCH, Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["tokens"])
Id = Annotated[str, Path(pattern=r"^[a-z0-9]{1,20}$", description="As the list shows it.")]


class Token(Model):
    """What a program may do; without its secret."""

    id: str
    name: str
    user: int = Field(description="The user for whom it acts.")
    scopes: tuple[Right, ...]
    made_at: datetime
    expires_at: datetime | None = Field(description="Null: it is good until it is revoked.")
    used_at: datetime | None


class NewToken(Model):
    """A token to be made."""

    user: int = Field(ge=1, le=2**31, description="Number of the user for whom it acts.")
    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="What it is for.")
    scopes: tuple[Right, ...] = Field(min_length=1, max_length=len(Right))
    days: int | None = Field(
        default=None, ge=1, le=LONGEST_DAYS, description="Null: no end but that of your own token."
    )


class MadeToken(Model):
    """A token, with its text."""

    token: Token
    text: str = Field(description="Shown once; nobody can read it again.")


@router.get("/tokens", **operation("tokens.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Token]:
    """List the tokens, the oldest first."""
    after = paging.read(cursor, str)
    found = api_tokens.listed(site_of(request).store)
    rest = [one for one in found if after is None or _place(one) > after]
    following = paging.written(_place(rest[limit - 1])) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_token, rest[:limit])], next=following)


@router.post("/tokens", status_code=201, responses=NO_SUCH, **operation("tokens.add"))
def add(request: Request, response: Response, wanted: NewToken) -> MadeToken:
    """Make a token. It can do no more than its user, and no more than whoever makes it."""
    site = site_of(request)
    with looking("tokens.add"):
        address = users.get(site.store, wanted.user).address
    made = api_tokens.add(
        site.store,
        site.clock.now(),
        address,
        name=wanted.name,
        scopes=wanted.scopes,
        days=wanted.days,
    )
    response.headers["Location"] = site.path(f"{API}/tokens/{made.token.id}")
    return MadeToken(token=_token(made.token), text=made.text)


@router.delete("/tokens/{name}", status_code=204, **operation("tokens.revoke"))
def revoke(request: Request, name: Id) -> Response:
    """End a token at once."""
    site = site_of(request)
    api_tokens.revoke(site.store, site.clock.now(), name)
    return Response(status_code=204)


def _place(one: ApiToken) -> str:
    return f"{one.made_at.isoformat()} {one.id}"


def _token(one: ApiToken) -> Token:
    return Token(
        id=one.id,
        name=one.name,
        user=one.user,
        scopes=tuple(sorted(one.scopes)),
        made_at=one.made_at,
        expires_at=one.expires_at,
        used_at=one.used_at,
    )
