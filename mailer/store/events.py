"""The event log: one stream that only grows; the audit trail is its history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from mailer.domain.events import Event
from mailer.store import keys
from mailer.store.server.connection import Store

COUNT: Final = "COUNT"
"""Stands in an event for a number that only the script knows, which writes it in its place."""


def append(pipe: Any, *events: Event) -> None:
    """Add events to a transaction, so that they commit with the change they tell of (law 9)."""
    for event in events:
        pipe.xadd(keys.EVENTS, event.flat())


def record(store: Store, *events: Event) -> None:
    """Add events with which nothing else changes."""
    with store.transaction() as pipe:
        append(pipe, *events)


def for_script(event: Event) -> str:
    """Return an event as a script takes it: a JSON list of alternating names and values."""
    return json.dumps([part for pair in event.flat().items() for part in pair])


def last(store: Store) -> str:
    """Return the id of the newest entry; of none if there is none yet."""
    found = store.redis.xrevrange(keys.EVENTS, count=1)
    return found[0][0].decode() if found else "0"


def read(
    store: Store, since: str = "0", *, follow: bool = False, batch: int = 500
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the log's entries as (id, fields), oldest first.

    Args:
        store: the store to read from.
        since: only entries after this one: an entry's id, or Unix milliseconds.
        follow: wait for further entries when the end is reached; otherwise stop there.
        batch: entries fetched at once.
    """
    last = since
    while True:
        answer = _after(store, last, follow=follow, batch=batch)
        if not answer:
            if not follow:
                return
            continue
        for entry_id, fields in answer[0][1]:
            last = entry_id.decode()
            yield last, texts(fields)


def page(store: Store, first: str, most: int, last: str = "+") -> list[tuple[str, dict[str, str]]]:
    """Return some entries as (id, fields), oldest first.

    Args:
        store: the store to read from.
        first: id of the first; with `(` before it, it is not among them.
        most: how many.
        last: id of the last.
    """
    found = store.redis.xrange(keys.EVENTS, first, last, count=most)
    return [(entry_id.decode(), texts(fields)) for entry_id, fields in found]


def last_id(store: Store) -> str:
    """Return the id of the last entry; of an empty log, one that comes before all."""
    found = store.redis.xrevrange(keys.EVENTS, count=1)
    return found[0][0].decode() if found else "0-0"


def texts(fields: Any) -> dict[str, str]:
    """Read an entry's fields."""
    return {name.decode(): value.decode() for name, value in fields.items()}


def _after(store: Store, last: str, *, follow: bool, batch: int) -> Any:
    """Read what came after an entry; one who follows waits, also for a store that restarts."""

    def ask() -> Any:
        block = 1000 if follow else None
        return store.redis.xread({keys.EVENTS: last}, count=batch, block=block)

    return store.patiently(ask) if follow else ask()
