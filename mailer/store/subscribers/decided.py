"""Subscribers put as somebody decided who looked at them first: by moving in, or by a directory.

The decision is made from what was read; the script puts each row only if it is still so, for a
reader may have left, or subscribed, between the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.subscribers.address import key_of
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.store import events, keys
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store
from mailer.store.subscribers import records
from mailer.store.subscribers.suppression import Suppression, from_json

NUMBER: Final = "SUBSCRIBER"
"""Stands in an event for a number that only the script knows."""
_ORDER: Final = (
    *("status", "language", "topics", "tags", "name", "consent", "directory", "directory_said"),
)
"""What of a subscriber must be as it was seen, in the script's order."""


class Kind(StrEnum):
    """What a row comes to, for the counts of the event."""

    ADDED = "added"
    CHANGED = "changed"
    TAKEN_OFF = "taken_off"
    """Is kept as one who is not mailed, or not any more."""
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Seen:
    """An address as the store knows it at one moment."""

    key: str
    """The normalised address."""
    hashed: str
    """Its suppression hash."""
    subscriber: Subscriber | None = None
    suppression: Suppression | None = None

    @property
    def for_script(self) -> str:
        """Write it as the script compares it."""
        parts = [str(int(self.suppression is not None))]
        if self.subscriber:
            values = [getattr(self.subscriber, name) for name in _ORDER]
            parts += [" ".join(one) if isinstance(one, tuple) else str(one) for one in values]
        return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to become of one address."""

    seen: Seen
    kind: Kind
    status: Status | None = None
    """That follows; none: it stays, and somebody unknown stays unknown."""
    fields: Mapping[SubscriberField, str] = field(default_factory=dict)
    """What is set; an empty value is removed. For somebody unknown: all that is to be known."""
    suppression: Suppression | None = None
    events: Sequence[Event] = ()
    """Of this one alone; `NUMBER` stands for the subscriber's number."""


def look(store: Store, secret: bytes, addresses: Sequence[str]) -> list[Seen]:
    """Read what is known of some addresses, at most a thousand or so, in few round trips.

    Args:
        store: the store.
        secret: the service's secret key.
        addresses: normalised.
    """
    if not addresses:
        return []
    hashes = [suppression_hash(secret, key) for key in addresses]
    with store.redis.pipeline(transaction=False) as pipe:
        pipe.hmget(keys.SUBSCRIBER_BY_ADDRESS, list(addresses))
        pipe.hmget(keys.SUPPRESSION, hashes)
        numbers, suppressions = pipe.execute()
    known = [int(number) for number in numbers if number]
    found = dict(zip(known, records.get_many(store, known), strict=True))
    return [
        Seen(
            key,
            hashed,
            found.get(int(number)) if number else None,
            from_json(record) if record else None,
        )
        for key, hashed, number, record in zip(
            addresses, hashes, numbers, suppressions, strict=True
        )
    ]


def of_directory(store: Store, secret: bytes, name: str) -> list[Seen]:
    """Read all subscribers whom a directory brought in, whatever has become of them."""
    found: list[Seen] = []
    batch: list[str] = []
    for one in records.each_of_directory(store, name):
        batch.append(key_of(one.address))
        if len(batch) == records.BATCH:
            found += look(store, secret, batch)
            batch = []
    return found + look(store, secret, batch)


def put(store: Store, rows: Sequence[Decided], event: Event, at: datetime) -> list[Decided]:
    """Put rows as decided; all that still fit, or, at a crash, none.

    Args:
        store: the store.
        rows: at most a thousand or so, for the server does nothing else meanwhile; each key once.
        event: for all of them; the counts of their kinds are added. Written if any was put.
        at: when.

    Returns:
        Those that were not put, for the address is otherwise by now: look again, decide again.
    """
    if not rows:
        return []
    places = store.scripts.run(
        "put_decided",
        keys={
            "by_address": keys.SUBSCRIBER_BY_ADDRESS,
            "last_number": keys.SUBSCRIBER_NEXT,
            "suppressions": keys.SUPPRESSION,
            "suppressed": keys.SUPPRESSED,
            "events": keys.EVENTS,
            "statuses": keys.STATUSES,
            "languages": keys.LANGUAGES,
            "topics": keys.TOPICS,
            "tags": keys.TAGS,
            "directories": keys.DIRECTORIES,
        },
        args={
            "subscribers": keys.SUBSCRIBER,
            "bits": keys.BITS,
            "waiting": keys.WAITING,
            "now": int(at.timestamp()),
            "event_json": events.for_script(event),
            "rows_json": json.dumps([_row(one) for one in rows], ensure_ascii=False),
        },
    )
    return [rows[place - 1] for place in places]


def _row(one: Decided) -> list[object]:
    return [
        one.seen.key,
        one.seen.hashed,
        one.seen.for_script,
        one.kind.value,
        one.status.value if one.status else "",
        # cjson reads an empty object as an empty table, which is what is meant.
        {name.value: value for name, value in one.fields.items()},
        one.suppression.as_json() if one.suppression else "",
        [[part for pair in event.flat().items() for part in pair] for event in one.events],
    ]
