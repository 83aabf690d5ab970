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
    wanted = [*values]
    names = [keys.status_bits(Status.ACTIVE), *map(bitmap, wanted)]
    active, *found = [int.from_bytes(bits or b"", "little") for bits in store.redis.mget(names)]
    return {value: (active & one).bit_count() for value, one in zip(wanted, found, strict=True)}
