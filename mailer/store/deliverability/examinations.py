"""The last examination of the service, and who has one made just now."""

from __future__ import annotations

import json
from typing import Any, Final

from mailer.store import keys
from mailer.store.server.connection import Store

LEASE_SECONDS: Final = 60
"""Longer than an examination takes: whoever began one and died keeps nobody out for long."""


def keep(store: Store, examination: dict[str, Any]) -> None:
    """Keep an examination in the place of the last one."""
    store.redis.set(keys.EXAMINATION, json.dumps(examination, ensure_ascii=False))


def last(store: Store) -> dict[str, Any] | None:
    """Return the last examination; None: there was none."""
    found = store.redis.get(keys.EXAMINATION)
    read: dict[str, Any] | None = json.loads(found) if found else None
    return read


def begin(store: Store) -> bool:
    """Tell whether nobody else makes one, and keep others from beginning."""
    return bool(store.redis.set(keys.EXAMINATION_LEASE, "1", nx=True, ex=LEASE_SECONDS))


def end(store: Store) -> None:
    """Let others begin one."""
    store.redis.delete(keys.EXAMINATION_LEASE)


def under_way(store: Store) -> bool:
    """Tell whether somebody makes one just now."""
    return bool(store.redis.exists(keys.EXAMINATION_LEASE))
