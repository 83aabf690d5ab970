"""Changes what a campaign will send to whom, before it begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.campaigns import records
from mailer.store.server.connection import Store

_WRITTEN: Final[Mapping[str, Callable[[Any], str]]] = {
    "edition": str,
    "topic": str,
    "tags": json.dumps,
    "rule": str,
    "among": str,
    "not_yet": lambda value: "1" if value else "",
    "wanted_at": datetime.isoformat,
    "wanted_zone": str,
}
"""How a draft's fields are kept; empty ones are not."""


def change(
    store: Store,
    number: int,
    decide: Callable[[Campaign], Mapping[str, Any]],
    event: Callable[[Mapping[str, Any]], Event],
) -> tuple[Campaign, Campaign]:
    """Change fields of a draft; on disk when this returns.

    Args:
        store: the open store.
        number: the campaign's.
        decide: makes the fields that change, from the campaign as it is; may refuse it by an
            error; called anew if it changed meanwhile.
        event: makes the event that tells of them.

    Returns:
        The campaign before and after; nothing is written if nothing changes.

    Raises:
        NotFoundError: there is none of that number.
    """
    key = keys.campaign(number)
    while True:
        with store.redis.pipeline(transaction=True) as pipe, suppress(redis.WatchError):
            pipe.watch(key)
            before = records.get(store, number)
            changes = decide(before)
            if not changes:
                return before, before
            pipe.multi()
            for name, value in changes.items():
                written = _WRITTEN[name](value) if value else ""
                if written:
                    pipe.hset(key, name, written)
                else:
                    pipe.hdel(key, name)
            events.append(pipe, event(changes))
            pipe.execute()
            break
    store.durable()
    return before, records.get(store, number)


def note_test(pipe: Any, number: int, told: Mapping[str, Any]) -> None:
    """Keep when a campaign was tested last, and how that went, in the transaction that tells it."""
    pipe.hset(keys.campaign(number), "tested", json.dumps(told))
