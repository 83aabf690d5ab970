"""The sessions, by the digests of their secrets: nobody who reads the store can use one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import redis

from mailer.domain.access.signing_in.challenge import Way
from mailer.domain.access.signing_in.session import LONGEST, Session
from mailer.store.keys import signing_in as keys
from mailer.store.server.connection import Store

_TIMES = ("begun", "seen", "proved_at")


def begin(store: Store, session: Session, now: datetime) -> None:
    """Keep a new session; on disk when this returns."""
    with store.transaction() as pipe:
        _put(pipe, session, now)
    store.durable()


def get(store: Store, digest: str) -> Session | None:
    """Return the session whose secret has that digest."""
    text = store.redis.get(keys.session(digest))
    return _read(digest, text) if text else None


def note(store: Store, session: Session, now: datetime) -> None:
    """Note that a session was used; one that was ended meanwhile stays ended."""
    seconds = int(session.lasts(now).total_seconds())
    store.redis.set(keys.session(session.digest), _write(session), ex=seconds, xx=True)


def replace(store: Store, old: str, session: Session, now: datetime) -> bool:
    """Put a session in another's place, in one step; false if that one was ended meanwhile."""
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.session(old))
            if not pipe.exists(keys.session(old)):
                return False
            pipe.multi()
            _drop(pipe, session.user, old)
            _put(pipe, session, now)
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def all_of(store: Store, user: int) -> list[Session]:
    """Return a user's sessions, the newest first, also those of a former epoch."""
    found: list[bytes] = store.redis.zrevrange(keys.user_sessions(user), 0, -1)
    texts = store.redis.mget([keys.session(one.decode()) for one in found]) if found else []
    return [_read(digest.decode(), text) for digest, text in zip(found, texts, strict=True) if text]


def end(store: Store, session: Session) -> None:
    """End a session; on disk when this returns."""
    with store.transaction() as pipe:
        _drop(pipe, session.user, session.digest)
    store.durable()


def _put(pipe: Any, session: Session, now: datetime) -> None:
    seconds = int(session.lasts(now).total_seconds())
    index, begun = keys.user_sessions(session.user), session.begun.timestamp()
    pipe.set(keys.session(session.digest), _write(session), ex=seconds)
    pipe.zremrangebyscore(index, "-inf", f"({(now - LONGEST).timestamp()}")
    pipe.zadd(index, {session.digest: begun})
    pipe.expire(index, int(LONGEST.total_seconds()))


def _drop(pipe: Any, user: int, digest: str) -> None:
    pipe.delete(keys.session(digest))
    pipe.zrem(keys.user_sessions(user), digest)


def _write(session: Session) -> str:
    found = asdict(session)
    del found["digest"]
    return json.dumps(found | {name: found[name].isoformat() for name in _TIMES})


def _read(digest: str, text: bytes) -> Session:
    found: dict[str, Any] = json.loads(text)
    times = {name: datetime.fromisoformat(found[name]) for name in _TIMES}
    return Session(**(found | times | {"digest": digest, "way": Way(found["way"])}))
