"""Changes to what is known of one subscriber: all but the address and the status."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import redis

from mailer.domain.events import Event
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.store import events, keys
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store
from mailer.store.subscribers import records

_NONE: Final[Mapping[str, Sequence[str]]] = {}
_REGISTERS: Final = {
    "language": (keys.LANGUAGES, keys.language_bits),
    "topic": (keys.TOPICS, keys.topic_bits),
    "tag": (keys.TAGS, keys.tag_bits),
}


def change(
    store: Store,
    before: Subscriber,
    after: Subscriber,
    event: Event,
    marks: Mapping[str, Sequence[str]] = _NONE,
) -> bool:
    """Change a subscriber from one state to another, with the event.

    Args:
        store: the open store.
        before: the state that it must be in.
        after: the one that it gets; with the same status.
        event: tells of it.
        marks: attributes that change -> the marks of their new values; none for one that goes.

    Returns:
        False, with nothing changed, if it is not as it was before (any more). It need not be on
        disk yet.
    """
    key = keys.subscriber(before.number)
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.watch(key)
        if records.get(store, before.number) != before:
            return False
        known = [one.decode() for one in pipe.smembers(keys.ATTRIBUTES)] if marks else []
        pipe.multi()
        _write(pipe, key, before, after)
        for name, new in marks.items():
            _mark_attribute(pipe, before.number, name, new, known)
        events.append(pipe, event)
        try:
            pipe.execute()
        except redis.WatchError:
            return False
    return True


def _write(pipe: Any, key: str, before: Subscriber, after: Subscriber) -> None:
    # What is given need not be waited for any more.
    waits = [one for one in before.waiting if one.topic not in after.topics]
    fields = {
        SubscriberField.WAITING: " ".join(
            f"{one.topic}:{int(one.at.timestamp())}" for one in waits
        ),
        SubscriberField.LANGUAGE: after.language,
        SubscriberField.TOPICS: " ".join(after.topics),
        SubscriberField.TAGS: " ".join(after.tags),
        SubscriberField.NAME: after.name,
        SubscriberField.ATTRIBUTES: (
            json.dumps(dict(after.attributes), ensure_ascii=False) if after.attributes else ""
        ),
    }
    for name, value in fields.items():
        if value:
            pipe.hset(key, name, value)
        else:
            pipe.hdel(key, name)
    number = before.number
    for one in before.waiting:
        if one not in waits:
            pipe.zrem(keys.waiting_for_topic(one.topic), number)
    _mark(pipe, number, "language", {before.language}, {after.language})
    _mark(pipe, number, "topic", set(before.topics), set(after.topics))
    _mark(pipe, number, "tag", set(before.tags), set(after.tags))


def _mark_attribute(
    pipe: Any, number: int, name: str, new: Sequence[str], known: Sequence[str]
) -> None:
    """Put the marks of a value in place of those of the one before; see the script `attributes`."""
    for mark in known:
        if mark.startswith((f"{name}=", f"{name}#")) and mark not in new:
            pipe.setbit(keys.attribute_bits(mark), number, 0)
    for mark in new:
        pipe.sadd(keys.ATTRIBUTES, mark)
        pipe.setbit(keys.attribute_bits(mark), number, 1)


def _mark(pipe: Any, number: int, kind: str, before: set[str], after: set[str]) -> None:
    register, bits = _REGISTERS[kind]
    for value in sorted(before - after):
        pipe.setbit(bits(value), number, 0)
    for value in sorted(after - before):
        pipe.sadd(register, value)
        pipe.setbit(bits(value), number, 1)
