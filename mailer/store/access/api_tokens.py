"""The API tokens, without their secrets, and about when each was used last."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailer.domain.access.api_token import ApiToken
from mailer.domain.access.rights import Right
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store


def add(
    store: Store,
    token: ApiToken,
    event: Event,
    follow_up: Callable[[Any], None] | None = None,
    instead: str = "",
) -> None:
    """Keep a new token; on disk when this returns.

    Args:
        store: the open store.
        token: the new one.
        event: tells of it.
        follow_up: adds to the transaction.
        instead: id of one that is forgotten: nobody was shown its text.
    """
    with store.transaction() as pipe:
        if instead:
            pipe.hdel(keys.API_TOKENS, instead)
        if follow_up is not None:
            follow_up(pipe)
        pipe.hset(keys.API_TOKENS, token.id, _write(token))
        events.append(pipe, event)
    store.durable()


def find(store: Store, name: str) -> ApiToken | None:
    """Return the token of an id."""
    text, used = (
        store.redis.hget(keys.API_TOKENS, name),
        store.redis.hget(keys.API_TOKEN_USES, name),
    )
    return _read(name, text, used) if text else None


def all_tokens(store: Store) -> list[ApiToken]:
    """Return all tokens, the oldest first."""
    used = store.redis.hgetall(keys.API_TOKEN_USES)
    found = [
        _read(name.decode(), text, used.get(name))
        for name, text in store.redis.hgetall(keys.API_TOKENS).items()
    ]
    return sorted(found, key=lambda one: (one.made_at, one.id))


def revoke(store: Store, token: ApiToken, event: Event) -> None:
    """Forget a token; on disk when this returns."""
    with store.transaction() as pipe:
        pipe.hdel(keys.API_TOKENS, token.id)
        pipe.hdel(keys.API_TOKEN_USES, token.id)
        events.append(pipe, event)
    store.durable()


def note_use(store: Store, name: str, at: datetime) -> None:
    """Note that a token was used."""
    store.redis.hset(keys.API_TOKEN_USES, name, at.isoformat(timespec="seconds"))


def _write(token: ApiToken) -> str:
    return json.dumps(
        {
            "name": token.name,
            "user": token.user,
            "scopes": sorted(token.scopes),
            "digest": token.digest,
            "made_at": token.made_at.isoformat(),
            "expires_at": token.expires_at.isoformat() if token.expires_at else "",
            "makers": sorted(token.makers),
        }
    )


def _read(name: str, text: bytes, used: bytes | None) -> ApiToken:
    found: dict[str, Any] = json.loads(text)
    return ApiToken(
        name,
        found["name"],
        found["user"],
        frozenset(map(Right, found["scopes"])),
        found["digest"],
        datetime.fromisoformat(found["made_at"]),
        datetime.fromisoformat(found["expires_at"]) if found["expires_at"] else None,
        datetime.fromisoformat(used.decode()) if used else None,
        frozenset(found["makers"]),
    )
