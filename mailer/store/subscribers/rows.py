"""Subscribers for whom the secretariat vouches: put into the store, one or a thousand at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.subscribers.address import Address
from mailer.domain.subscribers.subscriber import FIRST, TRANSITIONS, Action
from mailer.store import keys
from mailer.store.server.connection import Store

COUNTS: Final = ("added", "updated", "unchanged", "refused")


class Value(NamedTuple):
    """The value of an attribute, as it is to be put."""

    name: str
    value: str
    """Canonical; `-`: there is none."""
    marks: tuple[str, ...]


class Row(NamedTuple):
    """The values to put for one subscriber. Empty: leave it as it is, or the default if new."""

    key: str
    address: str
    language: str
    topics: str
    """In alphabetical order, parted by spaces; tags likewise."""
    tags: str
    name: str
    suppression: str
    """The suppression hash of the key."""
    attributes: tuple[Value, ...] = ()
    """Those that are said."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """The values of a new subscriber where its row says nothing."""

    language: str
    topics: str
    source: str


class Refusal(NamedTuple):
    """A row that was left alone, by law 7."""

    row: int
    """Its place in the batch, from 0."""
    why: str
    """A status, or `suppressed`."""
    since: datetime


@dataclass(frozen=True, slots=True)
class Put:
    """The result of a batch."""

    added: int
    updated: int
    unchanged: int
    refused: tuple[Refusal, ...]
    number: int
    """The number of the first row's subscriber; 0 if there is none."""


def row(
    secret: bytes,
    address: Address,
    *,
    language: str = "",
    topics: str = "",
    tags: str = "",
    name: str = "",
    attributes: tuple[Value, ...] = (),
) -> Row:
    """Make a row; words must be in order, and what is empty is not said."""
    hashed = suppression_hash(secret, address.key)
    return Row(address.key, address.given, language, topics, tags, name, hashed, attributes)


def put_batch(
    store: Store,
    rows: Sequence[Row],
    defaults: Defaults,
    event: Event,
    *,
    refused: int = 0,
    dry: bool = False,
) -> Put:
    """Add or update subscribers for whom the secretariat vouches; all of them or, at a crash, none.

    Args:
        store: the store.
        rows: at most a thousand or so, since the server does nothing else meanwhile; each key once.
        defaults: for what the rows leave open.
        event: `subscribers.imported`; the counts are added to it. Written if anything changed.
        refused: how many lines were refused before, for the event's count.
        dry: tell what would become of them, and change nothing.
    """
    options = _options(defaults, event.at, dry=dry)
    options |= {"refused": refused, "event": [_flat(event), COUNTS]}
    return _put(store, options, rows)


def put(
    store: Store,
    row: Row,
    defaults: Defaults,
    at: datetime,
    also: Callable[[Any], None] | None = None,
    *,
    consent: str = "",
) -> Put:
    """Add or update one subscriber for whom the secretariat vouches.

    Args:
        store: the store.
        row: the values.
        defaults: for what the row leaves open.
        at: when.
        also: adds to the transaction.
        consent: where it comes from, for the event.
    """
    said = {"consent": consent} if consent else {}
    start: dict[str, str | int] = {
        "language": row.language or defaults.language,
        "source": defaults.source,
        "status": FIRST[Action.VOUCH].value,
        **said,
    }
    added = Event("subscriber.added", at, start)
    updated = Event("subscriber.updated", at, {"source": defaults.source, **said})
    options = _options(defaults, at, dry=False)
    options |= {
        "refused": 0,
        "added": [_flat(added), ["subscriber"]],
        "updated": [_flat(updated), ["subscriber", "fields"]],
    }
    return _put(store, options, [row], also)


def _options(defaults: Defaults, at: datetime, *, dry: bool) -> dict[str, Any]:
    return {
        "ways": TRANSITIONS.ways(Action.VOUCH),
        "first": FIRST[Action.VOUCH],
        "language": defaults.language,
        "topics": defaults.topics,
        "source": defaults.source,
        "now": int(at.timestamp()),
        "dry": dry,
    }


def _put(
    store: Store,
    options: dict[str, Any],
    rows: Sequence[Row],
    also: Callable[[Any], None] | None = None,
) -> Put:
    if also is None:
        answer = _run(store, options, rows)
    else:
        with store.redis.pipeline(transaction=True) as pipe:
            pipe.multi()
            _run(store, options, rows, pipe)
            also(pipe)
            answer = pipe.execute()[0]
    added, updated, unchanged, left, number = answer
    refused = [
        _refusal(left[place], left[place + 1].decode(), left[place + 2])
        for place in range(0, len(left), 3)
    ]
    return Put(added, updated, unchanged, tuple(refused), number)


def _run(
    store: Store, options: dict[str, Any], rows: Sequence[Row], pipe: Any | None = None
) -> Any:
    return store.scripts.run(
        "put_subscribers",
        keys={
            "by_address": keys.SUBSCRIBER_BY_ADDRESS,
            "last_number": keys.SUBSCRIBER_NEXT,
            "suppressions": keys.SUPPRESSION,
            "events": keys.EVENTS,
            "statuses": keys.STATUSES,
            "languages": keys.LANGUAGES,
            "topics": keys.TOPICS,
            "tags": keys.TAGS,
            "attributes": keys.ATTRIBUTES,
        },
        args={
            "subscribers": keys.SUBSCRIBER,
            "bits": keys.BITS,
            "waiting": keys.WAITING,
            "options_json": json.dumps(options),
            "rows_json": json.dumps(rows, ensure_ascii=False, separators=(",", ":")),
        },
        pipe=pipe,
    )


def _refusal(row_number: int, why: str, since: bytes) -> Refusal:
    seconds = json.loads(since)
    if isinstance(seconds, dict):
        seconds = seconds["since"]
    return Refusal(row_number - 1, why, datetime.fromtimestamp(int(seconds), UTC))


def _flat(event: Event) -> list[str]:
    return [part for pair in event.flat().items() for part in pair]
