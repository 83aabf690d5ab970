"""How far the event log was read to tell users by mail, and how many mails each got in a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import redis

from mailer.store import keys
from mailer.store.server.connection import Store

_DAY: Final = timedelta(days=1)
_LATE: Final = 3600
"""Seconds: where the log was never read, what is older than this is nobody's news."""


def position(store: Store) -> str:
    """Return the id of the last event that was read."""
    found = store.redis.get(keys.TOLD_USERS)
    if found is not None:
        return str(found.decode())
    seconds, _ = store.redis.time()  # the server's clock, by which the log's ids are made
    return f"{(int(seconds) - _LATE) * 1000}-0"


def advance(store: Store, before: str, after: str, follow_up: Callable[[Any], None]) -> bool:
    """Note that the log was read up to an event, together with what follows from it.

    Args:
        store: the store.
        before: the position from which it was read.
        after: the last event that was read.
        follow_up: adds to the transaction.

    Returns:
        False, with nothing done, if somebody else has read on meanwhile.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.TOLD_USERS)
            found = pipe.get(keys.TOLD_USERS)
            if found is not None and found.decode() != before:
                return False
            pipe.multi()
            pipe.set(keys.TOLD_USERS, after)
            follow_up(pipe)
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def mails(store: Store, what: str) -> int:
    """Count the mails about something in the last day."""
    return int(store.redis.get(keys.user_mails(what)) or 0)


def count(pipe: Any, what: str) -> None:
    """Count one more; the day begins with the first."""
    key = keys.user_mails(what)
    pipe.set(key, 0, ex=_DAY, nx=True)
    pipe.incr(key)
