"""Keeps what tells the secret key that the store's data was made with from any other."""

from __future__ import annotations

from mailer.store import keys
from mailer.store.server.connection import Store


def known_fingerprint(store: Store) -> str | None:
    """Return the mark of the key that the data was made with; none: there is no data yet."""
    found = store.redis.get(keys.KEY_FINGERPRINT)
    return None if found is None else str(found.decode("ascii"))


def note_fingerprint(store: Store, mark: str) -> str:
    """Note the mark of a key, unless another was first; returns the one that holds."""
    store.redis.set(keys.KEY_FINGERPRINT, mark, nx=True)
    return known_fingerprint(store) or mark
