"""Counts of active subscribers by topic or language, where no other count is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailer.domain.subscribers.subscriber import Status
from mailer.store import keys
from mailer.store.server.connection import Store


def of_topics(store: Store, topics: Iterable[str]) -> dict[str, int]:
    """Count the active subscribers of each of some topics; a bitmap is read for each."""
    return _counted(store, topics, keys.topic_bits)


def of_languages(store: Store, languages: Iterable[str]) -> dict[str, int]:
    """Count the active subscribers who read each of some languages; likewise."""
    return _counted(store, languages, keys.language_bits)


def _counted(store: Store, values: Iterable[str], bitmap: Callable[[str], str]) -> dict[str, int]:
    active = _bits(store, keys.status_bits(Status.ACTIVE))
    return {value: (active & _bits(store, bitmap(value))).bit_count() for value in values}


def _bits(store: Store, name: str) -> int:
    return int.from_bytes(store.redis.get(name) or b"", "little")
