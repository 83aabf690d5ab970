"""Keeps the calendar file that somebody has sent, until they say that it is to be taken in.

One a person, for an hour: a new one takes the place of the former.
"""

from __future__ import annotations

import zlib
from typing import Final

from mailer.store import keys
from mailer.store.server.connection import Store

SECONDS: Final = 3600


def keep(store: Store, person: str, token: str, name: str, data: bytes) -> None:
    """Keep a file.

    Args:
        store: the open store.
        person: whose it is.
        token: which file of theirs it is, so that an older page does not take in a newer one.
        name: what it is called.
        data: what it holds.
    """
    key = keys.calendar_upload(person)
    with store.transaction() as pipe:
        pipe.delete(key)
        pipe.hset(key, mapping={"token": token, "name": name, "file": zlib.compress(data, 1)})
        pipe.expire(key, SECONDS)


def get(store: Store, person: str, token: str) -> tuple[str, bytes] | None:
    """Return the name of a file and what it holds; None: it is not there any more."""
    found = store.redis.hmget(keys.calendar_upload(person), ["token", "name", "file"])
    known, name, file = found
    if known is None or known.decode() != token:
        return None
    return name.decode(), zlib.decompress(file)


def drop(store: Store, person: str) -> None:
    """Remove a person's file, once it was taken in."""
    store.redis.delete(keys.calendar_upload(person))
