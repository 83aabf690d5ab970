"""Endpoints of web hooks as they are kept: one JSON record each, changed with its event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import redis

from mailer.domain.events import Event
from mailer.domain.webhooks.endpoint import Endpoint, State
from mailer.store import events, keys
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Step
from mailer.store.webhooks.deliveries import ms

MOST: Final = 2000
"""Endpoints that there may be."""

Follow = Callable[[Any], None]
"""Adds to the transaction of a change."""


def get(store: Store, endpoint: str) -> Endpoint | None:
    """Load an endpoint, or none."""
    found = store.redis.hget(keys.WEBHOOKS, endpoint)
    return parse(endpoint, found) if found else None


def every(store: Store) -> list[Endpoint]:
    """Load all endpoints, the oldest first."""
    found = [
        parse(name.decode(), kept) for name, kept in store.redis.hgetall(keys.WEBHOOKS).items()
    ]
    return sorted(found, key=lambda one: (one.created, one.id))


def counts(store: Store) -> dict[State, int]:
    """Count the endpoints by state."""
    states = [one.state for one in every(store)]
    return {state: states.count(state) for state in State}


def add(store: Store, endpoint: Endpoint, event: Event, follow: Follow | None = None) -> bool:
    """Add an endpoint, which is told of what happens from now on; false: there are too many."""
    with store.redis.pipeline(transaction=True) as pipe:
        while True:
            pipe.watch(keys.WEBHOOKS)
            if pipe.hlen(keys.WEBHOOKS) >= MOST:
                return False
            last = events.last_id(store)
            pipe.multi()
            pipe.hset(keys.WEBHOOKS, endpoint.id, _record(endpoint))
            pipe.hset(keys.webhook(endpoint.id), mapping={"position": last})
            pipe.zadd(keys.WEBHOOKS_DUE, {endpoint.id: ms(endpoint.created)})
            events.append(pipe, event)
            if follow is not None:
                follow(pipe)
            try:
                pipe.execute()
            except redis.WatchError:
                continue
            store.durable()
            return True


def change(
    store: Store,
    before: Endpoint,
    after: Endpoint,
    event: Event,
    *,
    step: Step | None = None,
    follow: Follow | None = None,
) -> bool:
    """Change an endpoint, with the event that tells of it (law 9).

    One that is active no more is taken from whoever is about to send it something.

    Args:
        store: the store.
        before: as it was loaded.
        after: as it is to be.
        event: what tells of it.
        step: a mail that goes with it.
        follow: adds to the transaction.

    Returns:
        False if it is not as it was loaded: load it again, and decide anew.
    """

    def add_to(pipe: Any) -> None:
        pipe.hset(keys.WEBHOOKS, after.id, _record(after))
        if after.state is not State.ACTIVE:
            pipe.zrem(keys.WEBHOOKS_DUE, after.id)
            pipe.hdel(keys.webhook(after.id), "holder")
        elif before.state is not State.ACTIVE:
            now = ms(event.at)
            pipe.zadd(keys.WEBHOOKS_DUE, {after.id: now})
            revive(store, after.id, event.at, pipe)
        events.append(pipe, event)
        if step is not None:
            requests.take(store, step, pipe)
        if follow is not None:
            follow(pipe)

    return _committed(store, before, add_to)


def remove(store: Store, endpoint: Endpoint, event: Event) -> bool:
    """Remove an endpoint with all that waits for it; false as for `change`."""

    def add_to(pipe: Any) -> None:
        one = endpoint.id
        pipe.hdel(keys.WEBHOOKS, one)
        pipe.zrem(keys.WEBHOOKS_DUE, one)
        pipe.delete(
            keys.webhook(one),
            keys.webhook_waiting(one),
            keys.webhook_tries(one),
            keys.webhook_attempts(one),
        )
        events.append(pipe, event)

    return _committed(store, endpoint, add_to)


def revive(store: Store, endpoint: str, now: datetime, pipe: Any | None = None) -> None:
    """Forget that an endpoint failed: what waits for it is tried anew, at once."""
    store.scripts.run(
        "revive_hook",
        keys={
            "hook": keys.webhook(endpoint),
            "due": keys.WEBHOOKS_DUE,
            "waiting": keys.webhook_waiting(endpoint),
            "tries": keys.webhook_tries(endpoint),
        },
        args={"endpoint": endpoint, "now": ms(now)},
        pipe=pipe,
    )


def wake(store: Store, now: datetime, most: int) -> int:
    """Have workers look at the endpoints that want some of the newest events.

    Args:
        store: the store.
        now: the present.
        most: how many events are looked at.

    Returns:
        How many events were looked at.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.watch(keys.WEBHOOKS)
        if not pipe.hlen(keys.WEBHOOKS):
            return 0
        before = (pipe.get(keys.WEBHOOKS_WOKEN) or b"0-0").decode()
        page = events.page(store, f"({before}", most)
        if not page:
            return 0
        active = [one for one in every(store) if one.state is State.ACTIVE]
        if len(page) < most:
            after, types = page[-1][0], {fields["type"] for _, fields in page}
            wanting = [one.id for one in active if any(map(one.wants, types))]
        else:  # far behind: each looks for itself
            after, wanting = events.last_id(store), [one.id for one in active]
        others = sorted({one.id for one in active}.difference(wanting))
        pipe.multi()
        store.scripts.run(
            "wake_hooks",
            keys={"due": keys.WEBHOOKS_DUE, "woken": keys.WEBHOOKS_WOKEN},
            args={
                "prefix": keys.WEBHOOK,
                "before": before,
                "after": after,
                "now": ms(now),
                "wanting_json": json.dumps(wanting),
                "others_json": json.dumps(others),
            },
            pipe=pipe,
        )
        try:
            pipe.execute()
        except redis.WatchError:  # an endpoint changed: it may want what it did not before
            return 0
    return len(page)


def _committed(store: Store, before: Endpoint, add_to: Follow) -> bool:
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.watch(keys.WEBHOOKS)
        found = pipe.hget(keys.WEBHOOKS, before.id)
        if found is None or parse(before.id, found) != before:
            return False
        pipe.multi()
        add_to(pipe)
        try:
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def _record(endpoint: Endpoint) -> str:
    kept: dict[str, Any] = {
        "url": endpoint.url,
        "types": list(endpoint.types),
        "created": endpoint.created.isoformat(),
        "state": endpoint.state.value,
        "reason": endpoint.reason,
        "by": endpoint.by,
        "changed": endpoint.changed.isoformat() if endpoint.changed else "",
        "secret": endpoint.secret,
        "rotated": endpoint.rotated.isoformat() if endpoint.rotated else "",
        "note": endpoint.note,
    }
    return json.dumps({name: value for name, value in kept.items() if value}, ensure_ascii=False)


def parse(endpoint: str, kept: bytes) -> Endpoint:
    """Read a record."""
    found: Mapping[str, Any] = json.loads(kept)
    types: Sequence[str] = found["types"]
    return Endpoint(
        id=endpoint,
        url=found["url"],
        types=tuple(types),
        created=datetime.fromisoformat(found["created"]).astimezone(UTC),
        state=State(found["state"]),
        reason=found.get("reason", ""),
        by=found.get("by", ""),
        changed=_instant(found.get("changed", "")),
        secret=int(found["secret"]),
        rotated=_instant(found.get("rotated", "")),
        note=found.get("note", ""),
    )


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
