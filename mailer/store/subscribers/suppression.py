"""Addresses that are never mailed again, by their keyed hash: an erased person stays suppressed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Suppression:
    """The reason why an address is suppressed, and since when."""

    reason: str
    since: datetime

    def as_json(self) -> str:
        """Write the record as the store keeps it."""
        return json.dumps({"reason": self.reason, "since": int(self.since.timestamp())})


def from_json(text: str | bytes) -> Suppression:
    """Read a record as the store keeps it."""
    record = json.loads(text)
    return Suppression(record["reason"], datetime.fromtimestamp(record["since"], UTC))


def find(store: Store, secret: bytes, key: str) -> Suppression | None:
    """Tell whether an address is suppressed.

    Args:
        store: the store.
        secret: the service's secret key.
        key: the normalised address.
    """
    record = store.redis.hget(keys.SUPPRESSION, suppression_hash(secret, key))
    return from_json(record) if record else None


def find_many(store: Store, secret: bytes, found: Sequence[str]) -> list[Suppression | None]:
    """Tell of each normalised address whether it is suppressed, in one round trip."""
    if not found:
        return []
    hashed = [suppression_hash(secret, key) for key in found]
    records = store.redis.hmget(keys.SUPPRESSION, hashed)
    return [from_json(record) if record else None for record in records]


def add(
    store: Store, secret: bytes, key: str, record: Suppression, pipe: Any | None = None
) -> bool:
    """Suppress an address, with its event; false if it was suppressed already.

    In a transaction of the caller's, which is in MULTI, the answer comes with its results.
    """
    event = Event("suppression.added", record.since, {"reason": record.reason})
    return bool(_change(store, (secret, key), record.as_json(), event, pipe))


def remove(store: Store, secret: bytes, key: str, at: datetime, reason: str) -> bool:
    """Lift a suppression, with its event; false if there was none."""
    event = Event("suppression.removed", at, {"reason": reason})
    return bool(_change(store, (secret, key), "", event))


def _change(
    store: Store, whom: tuple[bytes, str], record: str, event: Event, pipe: Any | None = None
) -> Any:
    secret, key = whom
    return store.scripts.run(
        "suppress",
        keys={
            "by_address": keys.SUBSCRIBER_BY_ADDRESS,
            "suppressions": keys.SUPPRESSION,
            "suppressed": keys.SUPPRESSED,
            "events": keys.EVENTS,
        },
        args={
            "address": key,
            "hashed": suppression_hash(secret, key),
            "record_json": record,
            "event_json": events.for_script(event),
        },
        pipe=pipe,
    )
