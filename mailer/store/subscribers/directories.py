"""What is kept of directories themselves: who works on one just now, and when it was due last."""

from __future__ import annotations

from datetime import UTC, datetime

from mailer.store import keys
from mailer.store.server.connection import Store


def claim(store: Store, name: str, token: str, seconds: int) -> bool:
    """Begin to work on a directory; false: somebody else does just now."""
    return bool(store.redis.set(keys.directory_lease(name), token, nx=True, ex=seconds))


def is_claimed(store: Store, name: str) -> bool:
    """Tell whether somebody works on a directory just now, or died over it a short while ago."""
    return bool(store.redis.exists(keys.directory_lease(name)))


def release(store: Store, name: str, token: str) -> None:
    """End the work, if it was not taken for dead and begun by somebody else."""
    if store.redis.get(keys.directory_lease(name)) == token.encode():
        store.redis.delete(keys.directory_lease(name))


def last_done(store: Store, name: str) -> datetime | None:
    """Return the last time of its schedule that was dealt with; none: it has no history."""
    seconds = store.redis.hget(keys.DIRECTORIES_DONE, name)
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def note_done(store: Store, name: str, due: datetime) -> None:
    """Write down that a time of its schedule was dealt with."""
    store.redis.hset(keys.DIRECTORIES_DONE, name, int(due.timestamp()))
