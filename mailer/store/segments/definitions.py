"""Keeps the rules of named segments: the present one of each; the event log has those before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import redis

from mailer.domain.events import Event
from mailer.errors import InputError, NotFoundError
from mailer.store import events, keys
from mailer.store.server.connection import Store

MOST: Final = 500
"""Named segments; each is read to understand a rule."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A named rule."""

    name: str
    rule: str
    """In its canonical form."""
    version: int
    """How often it was defined, from 1."""
    changed_at: datetime


def all_of(store: Store) -> list[Definition]:
    """Return all named segments, by name."""
    found = store.redis.hgetall(keys.SEGMENTS)
    return [_parsed(name.decode(), text) for name, text in sorted(found.items())]


def get(store: Store, name: str) -> Definition:
    """Return a segment.

    Raises:
        NotFoundError: there is none of that name.
    """
    text = store.redis.hget(keys.SEGMENTS, name)
    if text is None:
        raise NotFoundError("segment", name)
    return _parsed(name, text)


def define(
    store: Store, name: str, rule: str, now: datetime, seen: Mapping[str, int]
) -> Definition | None:
    """Keep a rule under a name, with the event, if the others are as they were when it was checked.

    Args:
        store: the open store.
        name: the segment's.
        rule: in its canonical form.
        now: the present.
        seen: the version of each segment, by name, as of the check.

    Returns:
        The segment as it is now; None if any is another by now: two that are defined at once could
        speak of one another. Decide again.

    Raises:
        InputError: there are too many.
    """
    defined = Definition(name, rule, seen.get(name, 0) + 1, now)
    told: dict[str, str | int] = {"segment": name, "version": defined.version, "rule": rule}
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.SEGMENTS)
            found = pipe.hgetall(keys.SEGMENTS)
            present = {one.decode(): _parsed(one.decode(), text) for one, text in found.items()}
            if {one.name: one.version for one in present.values()} != dict(seen):
                return None
            if name not in seen and len(seen) >= MOST:
                said = f"there are {MOST} segments already"
                raise InputError.of("", said, "remove one first", code="segment.too_many")
            pipe.multi()
            pipe.hset(keys.SEGMENTS, name, _written(defined))
            events.append(pipe, Event("segment.defined", now, told))
            pipe.execute()
        except redis.WatchError:
            return None
    store.durable()
    return defined


def remove(store: Store, name: str, now: datetime, seen: int) -> bool:
    """Forget a segment, with the event; false, with nothing changed, if it is another by now."""
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.SEGMENTS, keys.CAMPAIGN_NEXT)
            known = pipe.hget(keys.SEGMENTS, name)
            if known is None or _parsed(name, known).version != seen:
                return False
            pipe.multi()
            pipe.hdel(keys.SEGMENTS, name)
            events.append(pipe, Event("segment.removed", now, {"segment": name, "version": seen}))
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def _written(one: Definition) -> str:
    fields = {"rule": one.rule, "version": one.version, "at": one.changed_at.isoformat()}
    return json.dumps(fields, ensure_ascii=False)


def _parsed(name: str, text: bytes) -> Definition:
    fields = json.loads(text)
    at = datetime.fromisoformat(fields["at"])
    return Definition(name, fields["rule"], fields["version"], at)
