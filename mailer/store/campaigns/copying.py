"""Holds our own server's files still while they are copied; the service goes on meanwhile.

The append-only file only grows, and a copy that ends in mid-command is read up to there. What must
not happen under a copy is its being written anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mailer.errors import StoreError
from mailer.store.server.connection import Store

FOLDER: Final = "appendonlydir"
"""The folder of the server's files, in the data folder."""
_PERCENT: Final = "auto-aof-rewrite-percentage"
_LONGEST_SECONDS: Final = 600.0
_LOOK_SECONDS: Final = 0.05


@contextmanager
def still(store: Store) -> Iterator[list[Path]]:
    """Keep the server's files from being written anew for the length of a `with` block.

    Yields:
        The files, the list of them (the manifest) first.

    Raises:
        StoreError: the store is not our own, or is writing them anew for too long.
    """
    if store.embedded is None:
        raise StoreError(
            "The store is a server of your own (redis_url): copy it with that server's means, "
            "its append-only file or a snapshot."
        )
    before = store.redis.config_get(_PERCENT)[_PERCENT]
    store.redis.config_set(_PERCENT, 0)
    try:
        _wait(store)
        folder = store.embedded.data_dir / FOLDER
        files = [file for file in folder.iterdir() if not file.name.startswith("temp-")]
        yield sorted(files, key=lambda file: (file.suffix != ".manifest", file.name))
    finally:
        store.redis.config_set(_PERCENT, before)


def _wait(store: Store) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while True:
        found = store.redis.info("persistence")
        if not found["aof_rewrite_in_progress"] and not found["aof_rewrite_scheduled"]:
            return
        if time.monotonic() > deadline:
            raise StoreError("The store is writing its files anew; try again later.")
        time.sleep(_LOOK_SECONDS)
