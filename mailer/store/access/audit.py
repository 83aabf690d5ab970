"""The audit log: a stream that grows at its end, and loses only old entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

import redis

from mailer.domain.access.audit import BEGINNING, Entry
from mailer.store import keys
from mailer.store.server.connection import Store

BATCH: Final = 500
_FIELD: Final = b"entry"


class Ends(NamedTuple):
    """The beginning and the end of the log."""

    first: int
    """Number of the oldest entry that is kept."""
    before: str
    """`mac` of the one before it, or `BEGINNING`."""
    last: int
    """Number of the newest entry; 0 if there never was one."""
    mac: str
    """Its `mac`, or `BEGINNING`."""


def ends(store: Store) -> Ends:
    """Tell where the log begins and ends."""
    found = {
        name.decode(): value.decode()
        for name, value in store.redis.hgetall(keys.AUDIT_HEAD).items()
    }
    return Ends(
        int(found.get("first", "1")),
        found.get("before", BEGINNING),
        int(found.get("number", "0")),
        found.get("mac", BEGINNING),
    )


def append(store: Store, entry: Entry, key: bytes) -> Entry:
    """Write an entry at the end, on disk when this returns.

    Args:
        store: the open store.
        entry: its number and `mac` are given here; `begun` stays.
        key: of the log.

    Returns:
        The entry as it is written.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.AUDIT_HEAD)
                last = ends(store)
                sealed = replace(entry, number=last.last + 1).sealed(key, last.mac)
                pipe.multi()
                pipe.xadd(keys.AUDIT, {_FIELD: sealed.stored()}, id=f"{sealed.number}-0")
                pipe.hset(keys.AUDIT_HEAD, mapping={"number": sealed.number, "mac": sealed.mac})
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return sealed


def stored(store: Store, after: int = 0) -> Iterator[bytes]:
    """Yield the entries as they are stored, oldest first, from the one after a number."""
    while True:
        found = store.redis.xrange(keys.AUDIT, min=f"({after}-0", count=BATCH)
        if not found:
            return
        for name, fields in found:
            yield fields.get(_FIELD, b"")
            after = int(name.partition(b"-")[0])


def newest(store: Store, most: int, before: int = 0) -> list[Entry]:
    """Return the newest entries, newest first; `before`: only those with a lower number."""
    limit = f"({before}-0" if before else "+"
    found = store.redis.xrevrange(keys.AUDIT, max=limit, count=most)
    return [Entry.read(fields.get(_FIELD, b"")) for _, fields in found]


def trim(store: Store, until: datetime) -> int:
    """Drop the entries before an instant from the beginning, and note where the log begins now.

    Args:
        store: the open store.
        until: entries of before are dropped.

    Returns:
        How many were dropped.
    """
    # Asked at each tick, and nearly always in vain: the oldest alone tells that.
    oldest = store.redis.xrange(keys.AUDIT, count=1)
    if not oldest or Entry.read(oldest[0][1].get(_FIELD, b"")).at >= until:
        return 0
    dropped, last = 0, None
    for text in stored(store):
        entry = Entry.read(text)
        if entry.at >= until:
            break
        dropped, last = dropped + 1, entry
    if last is None:
        return 0
    with store.transaction() as pipe:
        pipe.xtrim(keys.AUDIT, minid=f"{last.number + 1}-0", approximate=False)
        pipe.hset(keys.AUDIT_HEAD, mapping={"first": last.number + 1, "before": last.mac})
    return dropped
