"""Migrations run: whole, one at a time, and to the same end whenever they are killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.errors import MigratingError, SchemaError, StoreError, StoreLostError
from mailer.services.operation import migrating
from mailer.store import keys
from mailer.store.migrations import runner, to_2, to_3
from mailer.store.migrations.step import Known
from mailer.store.server import schema
from mailer.store.server.connection import Store, open_store
from support.samples import store_dump
from support.service.filled import former
from support.service.small_campaign import START, settings_for

FORMER: Final = range(1, keys.SCHEMA_VERSION)
CLOCK: Final = SimulatedClock(START)
Content = dict[str, Any]


def migrate(store: Store, settings: Settings) -> list[runner.Done]:
    """Bring the data of the shared store up; other tests' connections to it are none of Mailer's."""
    return migrating.migrate(store, settings, CLOCK, connected=True)


def content(store: Store) -> Content:
    """Return all that a store holds, but when something expires and when events were."""
    rows = store_dump.content(store.redis)
    found = {name: value for name, _, value, _ in rows if name != keys.EVENTS}
    events = [
        fields["type"] for name, _, value, _ in rows if name == keys.EVENTS for _, fields in value
    ]
    return found | {"events": events}


@pytest.mark.parametrize("version", FORMER)
def test_a_former_version_is_refused_with_the_command_to_run(
    store: Store, data_dir: Path, version: int
) -> None:
    """An operator who starts the new Mailer on old data must be told before things go wrong."""
    former(store, data_dir, version)
    with pytest.raises(SchemaError, match=rf"version {version}, .*must be migrated"):
        schema.check(store.redis)


@pytest.mark.parametrize("version", FORMER)
def test_a_plan_says_what_a_migration_does_and_changes_nothing(
    store: Store, data_dir: Path, version: int
) -> None:
    """Counts in it are those of the migration that follows."""
    settings = former(store, data_dir, version)
    before = content(store)
    planned = migrating.plan(store, settings, CLOCK)
    assert content(store) == before
    assert migrate(store, settings) == planned
    assert migrating.plan(store, settings, CLOCK) == []
    assert migrate(store, settings) == []


def test_the_plan_for_version_1_counts_what_its_data_holds(store: Store, data_dir: Path) -> None:
    """Its dump has eight mails, one of which a consent cites, and fifty readers, one erased."""
    settings = former(store, data_dir, 1)
    planned = migrating.plan(store, settings, CLOCK)
    jobs = sum(store.redis.llen(f"rq:queue:{name}") for name in ("urgent", "upkeep", "campaigns"))
    assert [(one.to, one.changes) for one in planned] == [
        (2, 50),
        (2, 8),
        (2, 1),
        (2, 1),
        (3, 49),
        (3, 1),
        (3, jobs),
    ]
    assert jobs > 4


class _KilledError(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed_at(write: int, monkeypatch: pytest.MonkeyPatch, *, unheard: bool) -> Iterator[None]:
    """Let this process send nothing more from a write on; `unheard`: that one still arrives."""
    writes = 0
    send: Any = redis.connection.AbstractConnection.send_packed_command

    def dying(connection: Any, command: Any, **options: Any) -> None:
        nonlocal writes
        if writes == write:  # what tidies up on the way out does not arrive either
            raise redis.ConnectionError
        packed = b"".join([command] if isinstance(command, bytes) else command)
        writes += b"\r\nSET\r\n" in packed or b"MULTI" in packed
        if writes < write or unheard:
            send(connection, command, **options)
        if writes == write:
            raise _KilledError

    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", dying)
        yield


@pytest.mark.parametrize("unheard", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("version", FORMER)
def test_a_migration_that_is_killed_goes_on_where_it_stopped(
    store: Store,
    data_dir: Path,
    version: int,
    unheard: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever write was its last, and whether or not that one still arrived."""
    monkeypatch.setattr(to_2, "MAILS", 3)
    monkeypatch.setattr(to_2, "SUBSCRIBERS", 20)
    monkeypatch.setattr(to_3, "SUBSCRIBERS", 24)
    settings = former(store, data_dir, version)
    done = migrate(store, settings)
    whole, write, ended = content(store), 0, False
    while not ended:
        write += 1
        former(store, data_dir, version)
        with (
            killed_at(write, monkeypatch, unheard=unheard),
            suppress(_KilledError, StoreLostError),
        ):
            migrating.migrate(store, settings, CLOCK, connected=True)
            ended = True
        store.redis.connection_pool.disconnect()
        if store.redis.exists(keys.MIGRATION):
            with pytest.raises(MigratingError, match="go on with the migration"):
                schema.check(store.redis)
        store.redis.delete(keys.MIGRATION_LEASE)  # its time is over
        again = migrating.migrate(store, settings, CLOCK, connected=True)
        assert again in ([], done), write
        assert content(store) == whole, write
    assert write > 12


def test_while_data_is_migrated_no_version_opens_the_store(store: Store, data_dir: Path) -> None:
    """The version before would write data of its own kind among what was brought up already."""
    former(store, data_dir, 1)
    seen = []

    def look(_: Any) -> list[str]:
        with pytest.raises(StoreError, match="Wait until that has ended"):
            schema.check(store.redis)
        seen.append(store.redis.get(keys.SCHEMA))  # what the version before compares with its own
        return []

    runner.run(store, Known(look), CLOCK, connected=True)
    assert set(seen) == {b"%d" % keys.SCHEMA_VERSION}
    schema.check(store.redis)


def test_of_two_that_migrate_at_once_one_does(store: Store, data_dir: Path) -> None:
    """Two machines that start after an upgrade, say."""
    settings = former(store, data_dir, 1)

    def second(_: Any) -> list[str]:
        with pytest.raises(StoreError, match=r"already, by process \d+ on .* in \d+ seconds"):
            migrate(store, settings)
        return ["network one"]

    runner.run(store, Known(second), CLOCK, connected=True)
    assert store.redis.hlen(keys.INBOUND_SHARES) == 1
    assert not store.redis.exists(keys.MIGRATION_LEASE)


def test_who_was_silent_for_too_long_writes_nothing_more(store: Store, data_dir: Path) -> None:
    """A machine that slept wakes up in the middle of what another has finished meanwhile."""
    settings = former(store, data_dir, 1)
    finished: list[Content] = []

    def sleep(_: Any) -> list[str]:
        if not finished:
            store.redis.delete(keys.MIGRATION_LEASE)  # its time is over
            migrate(store, settings)
            finished.append(content(store))
        return ["network of a sleeper"]

    with pytest.raises(StoreError, match="silent for too long"):
        runner.run(store, Known(sleep), CLOCK, connected=True)
    assert content(store) == finished[0]


def test_nothing_is_changed_while_others_use_the_store(data_dir: Path) -> None:
    """A worker of the version before that has looked at the version already never looks again."""
    with open_alone(data_dir) as (store, settings), open_alone(data_dir) as (other, _):
        other.redis.ping()
        before = content(store)
        with pytest.raises(StoreError, match=r"Others use the store \(1 connections: .*Stop the"):
            migrating.migrate(store, settings, CLOCK)
        assert content(store) == before
        other.redis.close()
        assert migrating.migrate(store, settings, CLOCK)


@contextmanager
def open_alone(data_dir: Path) -> Iterator[tuple[Store, Settings]]:
    """Open a store of the test's own, with the data of version 1 if it is empty."""
    store = open_store(data_dir, any_version=True)
    try:
        if store.redis.dbsize() < 2:
            former(store, data_dir, 1)
        yield store, settings_for(data_dir)
    finally:
        store.close()
