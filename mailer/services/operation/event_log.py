"""The log of what happened, read by people and programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from mailer.services.access.acting import act
from mailer.store import events
from mailer.store.server.connection import Store

BEGINNING: Final = "0"
"""The place before all events."""
_PLACE: Final = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?", re.ASCII)
_MOST: Final = 2**64
"""Both parts of an id are whole numbers of 64 bits."""


def place(text: str) -> str:
    """Return an event's id, or Unix milliseconds, if the text is one.

    Raises:
        ValueError: it is none.
    """
    found = _PLACE.fullmatch(text)
    if found is None or max(int(found[1]), int(found[2] or 0)) >= _MOST:
        raise ValueError(f"{text!r} is no id of an event")
    return text


def since(at: datetime) -> str:
    """Return the place before the first event of an instant or later."""
    return str(max(int(at.timestamp() * 1000) - 1, 0))


@act("events.read")
def some(store: Store, after: str, most: int) -> list[tuple[str, Mapping[str, str]]]:
    """List some of the log's entries as (id, fields), oldest first.

    Args:
        store: the open store.
        after: only entries after this one; see `place`.
        most: how many.
    """
    return list(islice(events.read(store, after, batch=most), most))


@act("events.read")
def last(store: Store) -> str:
    """Return the id of the newest entry."""
    return events.last(store)


@act("events.read")
def read(
    store: Store, since: str = "0", *, follow: bool = False
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the log's entries as (id, fields), oldest first.

    Args:
        store: the open store.
        since: only entries after this one: an entry's id, or Unix milliseconds.
        follow: wait for further entries when the end is reached; otherwise stop there.

    Raises:
        StoreError: the store is away; one who follows waits for it first.
    """
    return events.read(store, since, follow=follow)
