"""Opens the store that the settings name, and makes sure that the secret key is the store's own.

With another key no link in mail already sent would work, and no suppressed address would be
recognised any more: people who must never be mailed again could be (law 7).

Front ends get the open store here, hand it on to the use cases, and ask nothing of it themselves.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from mailer.config import Settings, secret_key
from mailer.errors import ConfigError
from mailer.store.server.connection import Store, open_store
from mailer.store.server.embedded import EmbeddedServer
from mailer.store.server.fingerprint import known_fingerprint, note_fingerprint

__all__ = ["Store", "answers", "open_for", "opened_for", "running_for"]


def open_for(settings: Settings, *, any_version: bool = False) -> Store:
    """Open the store; the caller closes it.

    Args:
        settings: name it.
        any_version: take data of former versions too: to migrate it.

    Raises:
        StoreError: it cannot be used.
        ConfigError: the secret key is not the one that this store's data was made with.
    """
    store = open_store(
        settings.data_dir, settings.redis_url, settings.durability, any_version=any_version
    )
    try:
        _compare_key(store, settings)
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def opened_for(settings: Settings) -> Iterator[Store]:
    """Open the store for the length of a `with` block."""
    store = open_for(settings)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def running_for(settings: Settings) -> Iterator[Store | None]:
    """Open the store for the length of a `with` block if it runs; None: our own one does not.

    Starts no server, and makes no folder.
    """
    own = EmbeddedServer(settings.data_dir, settings.durability)
    if not settings.redis_url and own.pid() is None:
        yield None
        return
    with opened_for(settings) as store:
        yield store


def answers(store: Store) -> bool:
    """Tell whether the store answers at all."""
    return store.answers()


def _compare_key(store: Store, settings: Settings) -> None:
    known = known_fingerprint(store)
    file = settings.secret_key_file
    if known is not None and not file.exists():
        text = "the secret key is missing, and the store's data was made with one"
        raise ConfigError.of(
            str(file), text, "restore it from your copy", code="setting.secret_file"
        )
    mark = hmac.digest(secret_key(settings), b"mailer fingerprint", "sha256").hex()[:32]
    if known is None:
        known = note_fingerprint(store, mark)
    if not hmac.compare_digest(known, mark):
        text = "this secret key is not the one that the store's data was made with"
        remedy = "restore the key that belongs to this store; all machines need the same"
        raise ConfigError.of(str(file), text, remedy, code="setting.secret_file")
