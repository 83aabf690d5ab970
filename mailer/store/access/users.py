"""The users: few, so that each change decides over all of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import redis

from mailer.domain.access.mails import Topic
from mailer.domain.access.rights import Role
from mailer.domain.access.user import Standing, User
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store

Users = Mapping[int, User]


class Change(NamedTuple):
    """The changes to be written in one commit (law 9)."""

    users: Sequence[User]
    events: Sequence[Event]


def all_users(store: Store) -> dict[int, User]:
    """Return all users by number, also disabled ones."""
    found = store.redis.hgetall(keys.USERS)
    return dict(sorted((int(number), _read(int(number), text)) for number, text in found.items()))


def get(store: Store, number: int) -> User | None:
    """Return the user of a number."""
    text = store.redis.hget(keys.USERS, number)
    return _read(number, text) if text else None


def of_address(store: Store, key: str) -> User | None:
    """Return the user of a normalised address."""
    number = store.redis.hget(keys.USERS_BY_ADDRESS, key)
    return get(store, int(number)) if number else None


def next_number(store: Store) -> int:
    """Give out a number; none is given twice."""
    return int(store.redis.incr(keys.USER_NEXT))


def change(
    store: Store,
    decide: Callable[[Users], Change],
    follow_up: Callable[[Any], None] | None = None,
) -> Users:
    """Change users; on disk when this returns.

    Args:
        store: the open store.
        decide: says what is to be written, from all users; called anew if others changed meanwhile.
        follow_up: adds to the transaction.

    Returns:
        All users as they are now.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.USERS)
                known = all_users(store)
                wanted = decide(known)
                pipe.multi()
                for user in wanted.users:
                    pipe.hset(keys.USERS, str(user.number), _write(user))
                    pipe.hset(keys.USERS_BY_ADDRESS, user.address, user.number)
                events.append(pipe, *wanted.events)
                if follow_up is not None:
                    follow_up(pipe)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return known | {user.number: user for user in wanted.users}


def _write(user: User) -> str:
    signed_in = user.signed_in_at.isoformat() if user.signed_in_at else ""
    return json.dumps(
        {
            "address": user.address,
            "name": user.name,
            "role": user.role.value,
            "standing": user.standing.value,
            "language": user.language,
            "added_at": user.added_at.isoformat(),
            "epoch": user.epoch,
            "signed_in_at": signed_in,
            **({} if user.mails is None else {"mails": sorted(user.mails)}),
        }
    )


def _read(number: int, text: bytes) -> User:
    found: dict[str, Any] = json.loads(text)
    return User(
        number,
        found["address"],
        found["name"],
        Role(found["role"]),
        Standing(found["standing"]),
        found["language"],
        datetime.fromisoformat(found["added_at"]),
        found["epoch"],
        datetime.fromisoformat(found["signed_in_at"]) if found["signed_in_at"] else None,
        frozenset(map(Topic, found["mails"])) if "mails" in found else None,
    )
