"""Check of a store's schema version, and whether this Mailer may use it.

While a migration is under way the store already says the version that it leads to, so that a Mailer
of the version before refuses it; and the record of the migration is there, so that a Mailer of the
new one does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mailer.errors import MigratingError, NewerSchemaError, SchemaError
from mailer.store import keys


class Schema(NamedTuple):
    """The schema version of a store."""

    version: int
    """The version of its data; while a migration is under way, the one that it began with."""
    migrating: bool
    """A migration was begun and is not finished."""

    @property
    def current(self) -> bool:
        """True if this Mailer can use the store as it is."""
        return self.version == keys.SCHEMA_VERSION and not self.migrating


def find(client: Any) -> Schema:
    """Tell where a store stands; an empty one is of the present version from now on.

    Raises:
        NewerSchemaError: its data is of a newer version than this Mailer knows.
    """
    client.set(keys.SCHEMA, keys.SCHEMA_VERSION, nx=True)
    with client.pipeline(transaction=True) as pipe:
        pipe.get(keys.SCHEMA)
        pipe.hget(keys.MIGRATION, "from")
        said, began = pipe.execute()
    if int(said or 0) > keys.SCHEMA_VERSION:
        raise NewerSchemaError(
            f"The store holds data of schema version {int(said)}, this Mailer knows version "
            f"{keys.SCHEMA_VERSION}. Install the Mailer that wrote it, or restore a backup; "
            "nothing was changed.",
            int(said),
            keys.SCHEMA_VERSION,
        )
    return Schema(int(said or 0) if began is None else int(began), began is not None)


def check(client: Any) -> None:
    """Make sure that this Mailer can use a store.

    Raises:
        SchemaError: its data is of another version.
        MigratingError: it is half-way between two.
    """
    found = find(client)
    if found.migrating:
        raise MigratingError(
            f"The store is being brought from schema version {found.version} to "
            f"{keys.SCHEMA_VERSION}. Wait until that has ended, or go on with the migration if it "
            "was interrupted."
        )
    if not found.current:
        raise SchemaError(
            f"The store holds data of schema version {found.version}, this Mailer needs version "
            f"{keys.SCHEMA_VERSION}. It must be migrated; nothing was changed.",
            found.version,
            keys.SCHEMA_VERSION,
        )
