"""Long work that a program asked for: what it is, how far it came, what became of it, its file.

Files lie in the store's memory, so that there is room for few: it is reserved before one is kept.

A job is a hash: `kind`, `token` or `user`, `person`, `arguments` (JSON), `state`, `attempts`,
`done` and `total` (of octets or readers), `octets` (of its file), `result` or `error` (JSON),
`made` and `ended` (ISO 8601), `lease`: until when a worker holds it (Unix seconds), which is its
score among the jobs that are due, too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import redis

from mailer.store import keys, queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store

KEPT: Final = timedelta(days=7)
FILE_KEPT: Final = timedelta(days=1)
"""A job that did not begin by then has no file any more, and fails."""
LEASE: Final = timedelta(seconds=60)
PIECE: Final = 512 * 1024
ARRIVING: Final = timedelta(minutes=10)
"""A job that was not added by then leaves its room to others."""
MOST_WAITING: Final = 100
"""Jobs that are not done yet."""
MOST_OCTETS: Final = 256 * 1024 * 1024
"""Octets of all their files."""
MOST_REFUSED: Final = 8 * 1024 * 1024
"""Octets that are kept of what a job refused."""
JOB: Final = "work"


def reserve(store: Store, octets: int, now: datetime) -> int:
    """Reserve room for the file of a new job.

    Args:
        store: the open store.
        octets: of the file.
        now: the present.

    Returns:
        The job's number; 0: there is no room until others are done.
    """
    number = int(store.redis.incr(keys.API_JOB_NEXT))
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            pipe.watch(keys.API_JOBS_DUE)
            waiting = [int(one) for one in pipe.zrange(keys.API_JOBS_DUE, 0, -1)]
            used = sum(int(pipe.hget(keys.api_job(one), "octets") or 0) for one in waiting)
            if len(waiting) >= MOST_WAITING or used + octets > MOST_OCTETS:
                return 0
            pipe.multi()
            pipe.hset(keys.api_job(number), mapping={"octets": octets, "state": "arriving"})
            pipe.expire(keys.api_job(number), KEPT)
            pipe.zadd(keys.API_JOBS_DUE, {str(number): (now + ARRIVING).timestamp()})
            try:
                pipe.execute()
            except redis.WatchError:
                continue
            return number


def give_up(store: Store, number: int) -> None:
    """Leave the room of a job that was not added to others."""
    with store.transaction() as pipe:
        pipe.delete(keys.api_job(number), keys.api_job_file(number))
        pipe.zrem(keys.API_JOBS_DUE, number)


def write_file(store: Store, number: int, file: Path) -> None:
    """Keep the file of a job for which room was reserved, compressed."""
    key = keys.api_job_file(number)
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            with store.transaction() as pipe:
                pipe.rpush(key, zlib.compress(piece, 1))
                pipe.expire(key, FILE_KEPT)


def write_octets(store: Store, number: int, content: bytes) -> None:
    """Keep octets as the file of a job for which room was reserved, compressed."""
    key = keys.api_job_file(number)
    with store.transaction() as pipe:
        pipe.rpush(key, zlib.compress(content, 1))
        pipe.expire(key, FILE_KEPT)


def write_refused(store: Store, number: int, file: Path) -> bool:
    """Keep what a job refused, compressed; returns false if only the beginning could be kept."""
    key, left = keys.api_job_refused(number), MOST_REFUSED
    store.redis.delete(key)
    with file.open("rb") as content:
        while left > 0 and (piece := content.read(min(PIECE, left))):
            left -= len(piece)
            if not left:  # the last line may not be whole
                piece = piece[: piece.rfind(b"\n") + 1]
            with store.transaction() as pipe:
                pipe.rpush(key, zlib.compress(piece, 1))
                pipe.expire(key, FILE_KEPT)
        return not content.read(1)


def read_file(store: Store, number: int) -> Iterator[bytes]:
    """Yield the pieces of a job's file."""
    yield from _read(store, keys.api_job_file(number))


def read_refused(store: Store, number: int) -> Iterator[bytes]:
    """Yield the pieces of what a job refused; none: nothing was, or it is forgotten."""
    yield from _read(store, keys.api_job_refused(number))


def _read(store: Store, key: str) -> Iterator[bytes]:
    place = 0
    while piece := store.redis.lindex(key, place):
        yield zlib.decompress(piece)
        place += 1


def add(
    store: Store,
    number: int,
    fields: Mapping[str, str],
    now: datetime,
    also: Callable[[Any], None] | None = None,
) -> None:
    """Add a job and have a worker do it; on disk when this returns.

    Args:
        store: the open store.
        number: drawn before.
        fields: of its hash.
        now: the present.
        also: adds to the transaction.
    """
    with store.transaction() as pipe:
        pipe.hset(keys.api_job(number), mapping={**fields, "state": "waiting", "attempts": "0"})
        pipe.expire(keys.api_job(number), KEPT)
        pipe.zadd(keys.API_JOBS_DUE, {str(number): (now + LEASE).timestamp()})
        queue.enqueue(store, QueueName.CAMPAIGNS, JOB, number, pipe=pipe)
        if also is not None:
            also(pipe)
    store.durable()


def find(store: Store, number: int) -> dict[str, str]:
    """Return the fields of a job; empty: there is none, or not any more."""
    found = store.redis.hgetall(keys.api_job(number))
    return {name.decode(): value.decode() for name, value in found.items()}


def take(store: Store, number: int, now: datetime) -> dict[str, str]:
    """Begin a job, and return its fields; empty: it is ended, or another worker is at it."""
    key = keys.api_job(number)
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.watch(key)
        fields = find(store, number)
        leased = float(fields.get("lease", 0)) > now.timestamp()
        if fields.get("state") not in {"waiting", "running"}:
            pipe.multi()
            pipe.zrem(keys.API_JOBS_DUE, number)
            with suppress(redis.WatchError):
                pipe.execute()
            return {}
        if leased:
            return {}
        pipe.multi()
        pipe.hincrby(key, "attempts", 1)
        pipe.hset(key, "state", "running")
        _hold(pipe, number, now)
        try:
            pipe.execute()
        except redis.WatchError:
            return {}
    return fields | {"attempts": str(int(fields["attempts"]) + 1)}


def progress(store: Store, number: int, done: int, total: int, now: datetime) -> None:
    """Note how far a job came, and hold it for longer."""
    with store.transaction() as pipe:
        pipe.hset(keys.api_job(number), mapping={"done": done, "total": total})
        _hold(pipe, number, now)


def end(store: Store, number: int, fields: Mapping[str, str]) -> None:
    """End a job, and forget its file."""
    with store.transaction() as pipe:
        pipe.hset(keys.api_job(number), mapping=dict(fields))
        pipe.expire(keys.api_job(number), KEPT)
        pipe.zrem(keys.API_JOBS_DUE, number)
        pipe.delete(keys.api_job_file(number))
    store.durable()


def enqueue_overdue(store: Store, now: datetime, most: int = 100) -> int:
    """Have the jobs done whose worker died; returns how many there were."""
    found = store.redis.zrange(
        keys.API_JOBS_DUE, "-inf", now.timestamp(), byscore=True, offset=0, num=most
    )
    for number in map(int, found):
        with store.transaction() as pipe:
            pipe.zadd(keys.API_JOBS_DUE, {str(number): (now + LEASE).timestamp()})
            queue.enqueue(store, QueueName.CAMPAIGNS, JOB, number, pipe=pipe)
    return len(found)


def _hold(pipe: Any, number: int, now: datetime) -> None:
    ends = (now + LEASE).timestamp()
    pipe.hset(keys.api_job(number), "lease", ends)
    pipe.zadd(keys.API_JOBS_DUE, {str(number): ends})
