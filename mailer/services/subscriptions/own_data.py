"""All that is known of a subscriber, for the subscriber: in plain words, as one JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mailer.config import Settings, secret_key
from mailer.domain.directories.member import from_json
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.store.campaigns import deliveries
from mailer.store.server.connection import Store
from mailer.store.subscribers import suppression


def own_data(
    store: Store, settings: Settings, subscriber: Subscriber, now: datetime
) -> dict[str, Any]:
    """Gather what is kept of a person; the event log, which names nobody, is left out."""
    suppressed = suppression.find(
        store, secret_key(settings), parse_address(subscriber.address).key
    )
    return {
        "list": settings.list_title_in(subscriber.language),
        "made": _written(now),
        "address": subscriber.address,
        "name": subscriber.name,
        "number": subscriber.number,
        "language": subscriber.language,
        "topics": list(subscriber.topics),
        "waiting": {topic: _written(since) for topic, since in subscriber.waiting},
        "declined": {topic: _written(at) for topic, at in subscriber.declined},
        "tags": list(subscriber.tags),
        "attributes": dict(subscriber.attributes),
        "status": subscriber.status.value,
        "status_since": _written(subscriber.changed_at),
        "added": _written(subscriber.added_at),
        "source": subscriber.source,
        "directory": _directory(subscriber),
        "consent": json.loads(subscriber.consent) if subscriber.consent else None,
        "paused_until": _written(subscriber.paused_until),
        "left": _written(subscriber.left_at),
        "never_mailed": (
            {"reason": suppressed.reason, "since": _written(suppressed.since)}
            if suppressed
            else None
        ),
        "received": [entry._asdict() for entry in deliveries.received(store, subscriber.number)],
    }


def _directory(subscriber: Subscriber) -> dict[str, Any] | None:
    """Return the directory that brought the person in, and what it said last."""
    if not subscriber.directory:
        return None
    said = from_json(subscriber.directory_said)
    return {"name": subscriber.directory, "said": asdict(said)}


def _written(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
