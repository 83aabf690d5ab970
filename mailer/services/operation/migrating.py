"""Brings the store's data to the version that this Mailer needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.inbound.received import Incoming
from mailer.services.inbound.intake import own_addresses
from mailer.services.inbound.making_room import Room
from mailer.services.operation.opening import open_for
from mailer.store.migrations import runner
from mailer.store.migrations.runner import Done
from mailer.store.migrations.step import Known
from mailer.store.server.connection import Store

__all__ = ["Done", "migrate", "opened_for_migration", "plan"]


@contextmanager
def opened_for_migration(settings: Settings) -> Iterator[Store]:
    """Open the store, whatever former version its data is of, for a `with` block.

    Raises:
        StoreError: it cannot be used, or its data is of a newer version.
        ConfigError: the secret key is not the one that this store's data was made with.
    """
    store = open_for(settings, any_version=True)
    try:
        yield store
    finally:
        store.close()


def plan(store: Store, settings: Settings, clock: Clock) -> list[Done]:
    """List what a migration would change, and change nothing; empty: the data is up to date."""
    return runner.plan(store, _known(store, settings, clock))


def migrate(
    store: Store, settings: Settings, clock: Clock, *, connected: bool = False
) -> list[Done]:
    """Bring the data to the present version; one that was interrupted goes on.

    Args:
        store: opened whatever the version of its data.
        settings: the service's.
        clock: the time.
        connected: go on though other clients are connected.

    Returns:
        What was changed; empty: the data was up to date.

    Raises:
        StoreError: another process is at it, or others use the store.
    """
    return runner.run(store, _known(store, settings, clock), clock, connected=connected)


def _known(store: Store, settings: Settings, clock: Clock) -> Known:
    room = Room(store, settings, clock, own_addresses(settings))

    def shares(mail: Incoming) -> Sequence[str]:
        return [one.key for one in room.arrival(mail).shares]

    return Known(shares)
