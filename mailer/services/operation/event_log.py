"""The log of what happened, read by people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailer.services.access.acting import act
from mailer.store import events
from mailer.store.server.connection import Store


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
