"""API tokens: made for a user, with a part of their rights, looked up at each request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from mailer.domain.access.actor import Actor, Kind
from mailer.domain.access.api_token import ApiToken, digest_of, draw, id_of, scopes_of
from mailer.domain.access.rights import RIGHTS
from mailer.domain.access.user import LONGEST_NAME, Standing
from mailer.domain.events import Event
from mailer.errors import InputError, NotFoundError, Problem
from mailer.services.access import once, users
from mailer.services.access.acting import act, current, tell
from mailer.store.access import api_tokens
from mailer.store.access import users as stored_users
from mailer.store.server.connection import Store

NOTED_EVERY: Final = timedelta(minutes=1)
"""The precision of a token's last use: a write for each request would cost more."""
LONGEST_DAYS: Final = 3650


class Made(NamedTuple):
    """A new token."""

    token: ApiToken
    text: str
    """Shown once; nobody can read it again."""


@act("tokens.list")
def listed(store: Store) -> list[ApiToken]:
    """Return all tokens, the oldest first."""
    return api_tokens.all_tokens(store)


@act("tokens.add", "name", "scopes", "days")
def add(
    store: Store,
    at: datetime,
    address: str,
    *,
    name: str,
    scopes: Iterable[str],
    days: int | None = None,
) -> Made:
    """Make a token that acts for a user.

    Args:
        store: the open store.
        at: now.
        address: the user's.
        name: what it is for; for people.
        scopes: rights; those that the user has not give nothing.
        days: how long it is good; None: until it is revoked. One that a token makes is good no
            longer than that token: or whoever stole it would be rid of its end.

    Raises:
        NotFoundError: nobody of that address is a user.
        InputError: a scope is unknown, not the user's, or not of whoever asks; or the name or the
            days cannot be.
    """
    user = users.find(store, address)
    rights, unknown = scopes_of(scopes)
    problems = [
        Problem("scopes", f"there is no right {word!r}", "see docs/access.md", code="unknown_scope")
        for word in unknown
    ]
    if not rights and not unknown:
        problems.append(Problem("scopes", "it has none", "name what it may do", code="missing"))
    for right in sorted(rights - RIGHTS[user.role]):
        said = f"{user.name} has no right {right.value!r} (as {user.role})"
        problems.append(Problem("scopes", said, "leave it out", code="scope_beyond_role"))
    giver = current()
    for right in sorted((rights & RIGHTS[user.role]) - (giver.rights if giver else rights)):
        said = f"you have no right {right.value!r} yourself"
        problems.append(Problem("scopes", said, "leave it out", code="scope_beyond_own"))
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        said = "it is empty, or too long"
        problems.append(Problem("name", said, "say what it is for", code="bad_name"))
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        said = f"{days} is no number from 1 to {LONGEST_DAYS:,}"
        problems.append(Problem("days", said, "leave it out for no end", code="bad_days"))
    if problems:
        raise InputError(problems)
    drawn = draw()
    expires = _no_later(at + timedelta(days=days) if days else None, _end_of(store, giver))
    digest = digest_of(drawn.text)
    makers = frozenset({giver.person, *giver.makers}) if giver else frozenset()
    token = ApiToken(
        drawn.id, name.strip(), user.number, rights, digest, at, expires, makers=makers
    )
    event = Event("token.made", at, {"token": token.id, "user": user.number})
    # Whoever asks again, because the first answer was lost, has not seen the first one's text.
    api_tokens.add(store, token, event, lambda pipe: once.bind(pipe, token.id), once.made())
    tell(token=token.id, user=user.number)
    return Made(token, drawn.text)


def _end_of(store: Store, giver: Actor | None) -> datetime | None:
    """Return when the token ends by which somebody acts; None: never, or it is none."""
    own = api_tokens.find(store, giver.identity) if giver and giver.kind is Kind.TOKEN else None
    return own.expires_at if own else None


def _no_later(end: datetime | None, bound: datetime | None) -> datetime | None:
    return min(filter(None, (end, bound)), default=None)


@act("tokens.revoke", "name")
def revoke(store: Store, at: datetime, name: str) -> ApiToken:
    """End a token at once.

    Raises:
        NotFoundError: there is no token of that id.
    """
    token = api_tokens.find(store, name)
    if token is None:
        raise NotFoundError("API token", name)
    event = Event("token.revoked", at, {"token": name, "user": token.user})
    api_tokens.revoke(store, token, event)
    return token


def bearer(store: Store, text: str, origin: str, now: datetime) -> Actor | None:
    """Return who acts with a token (RFC 6750 section 2.1).

    Returns:
        None if it is no token of ours, was revoked, or is over; or if its user may not act.
    """
    name = id_of(text)
    token = api_tokens.find(store, name) if name else None
    if token is None or not token.fits(text) or token.is_over(now):
        return None
    user = stored_users.get(store, token.user)
    if user is None or user.standing is Standing.DISABLED:
        return None
    if token.used_at is None or now - token.used_at >= NOTED_EVERY:
        api_tokens.note_use(store, token.id, now)
    return token.actor(user, origin)


def actor_of(store: Store, name: str, origin: str, now: datetime) -> Actor | None:
    """Return who acts with a token that somebody bore before, with the rights that it has now.

    Returns:
        None if it was revoked, or is over; or if its user may not act.
    """
    token = api_tokens.find(store, name) if name else None
    if token is None or token.is_over(now):
        return None
    user = stored_users.get(store, token.user)
    if user is None or user.standing is Standing.DISABLED:
        return None
    return token.actor(user, origin)
