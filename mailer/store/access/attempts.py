"""Wrong answers, counted before they are looked at, and how often something is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import redis

from mailer.domain.access.signing_in.attempts import (
    FORGOTTEN,
    Rule,
    Tally,
    counted,
    remaining,
)
from mailer.domain.access.signing_in.browser import KNOWN
from mailer.store.keys import signing_in as keys
from mailer.store.server.connection import Store

TRIES: Final = 10
"""How often it is tried to count while others count the same; beyond that somebody must wait."""
CROWDED: Final = timedelta(seconds=1)


def begin(store: Store, rules: Mapping[str, Rule], now: datetime) -> timedelta:
    """Count an attempt by all rules, or by none if somebody must wait; returns for how long.

    It is counted before it is made: many at once are as many as one after the other.
    """
    names = [keys.wrong_answers(name) for name in rules]
    for _ in range(TRIES):
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(*names)
                tallies = [_read(text) for text in pipe.mget(names)]
                pairs = zip(rules.values(), tallies, strict=True)
                wait = max(remaining(rule, tally, now) for rule, tally in pairs)
                if wait:
                    return wait
                pipe.multi()
                for name, tally in zip(names, tallies, strict=True):
                    pipe.set(name, _write(counted(tally, now)), ex=FORGOTTEN)
                pipe.execute()
            except redis.WatchError:
                continue
            return timedelta()
    return CROWDED


def forget(store: Store, names: Iterable[str]) -> None:
    """Forget wrong answers, after a right one."""
    store.redis.delete(*map(keys.wrong_answers, names))


def count(store: Store, what: str, seconds: int) -> int:
    """Count one more of something, and return how many there were since the first in that time."""
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.incr(keys.access_limit(what))
        pipe.expire(keys.access_limit(what), seconds, nx=True)
        return int(pipe.execute()[0])


def know(store: Store, browser: str, user: int) -> None:
    """Note that a user has signed in in a browser, given by its digest."""
    with store.transaction() as pipe:
        pipe.sadd(keys.known_browser(browser), user)
        pipe.expire(keys.known_browser(browser), KNOWN)


def known(store: Store, browser: str) -> frozenset[int]:
    """Return the users who have signed in in a browser."""
    return frozenset(map(int, store.redis.smembers(keys.known_browser(browser))))


def _write(tally: Tally) -> str:
    return json.dumps({"failures": tally.failures, "last": tally.last.isoformat()})


def _read(text: bytes | None) -> Tally | None:
    if not text:
        return None
    found: dict[str, Any] = json.loads(text)
    return Tally(found["failures"], datetime.fromisoformat(found["last"]))
