"""The store's errors: whatever goes wrong, callers meet a `StoreError` of a kind that tells what."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from mailer.errors import (
    StoreDeniedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreLostError,
    StoreRefusedError,
)
from mailer.store import events
from mailer.store.campaigns import books
from mailer.store.server.client import trouble
from mailer.store.server.connection import Store, open_store

SHORT = "return redis.call('SET', KEYS[1], ARGV[1])"


def in_a_pipeline(store: Store) -> None:
    """Write in a transaction."""
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.set("test:a", "1")
        pipe.execute()


def while_watching(store: Store) -> None:
    """Read in a pipeline that watches a key, as what looks before it writes."""
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.watch("test:a")


def by_a_script(store: Store) -> None:
    """Write by a script that the server has to be given first."""
    store.redis.register_script(SHORT)(keys=["test:a"], args=["1"])


WAYS: list[Callable[[Store], Any]] = [
    lambda store: store.redis.set("test:a", "1"),
    in_a_pipeline,
    while_watching,
    by_a_script,
    lambda store: store.durable(),
    lambda store: list(events.read(store, "0", follow=False)),
    lambda store: books.count(store, 1),
]


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """A store of the test's own, to be broken."""
    with closing(open_store(tmp_path / "data", durability="everysec")) as store:
        yield store


@pytest.mark.parametrize("way", WAYS)
def test_a_store_that_has_gone_is_lost_whatever_was_asked(
    own: Store, way: Callable[[Store], Any]
) -> None:
    """Callers wait for it, or tell a person: they know one error for that."""
    assert own.embedded is not None
    pid = own.embedded.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    own.embedded._wait_for_end(pid)
    assert not own.answers()
    with pytest.raises(StoreLostError) as caught:
        way(own)
    assert caught.value.said


@pytest.mark.parametrize("way", [WAYS[0], in_a_pipeline, by_a_script])
def test_a_full_store_says_that_it_is_full(own: Store, way: Callable[[Store], Any]) -> None:
    """Waiting does not help then: somebody has to give it room."""
    own.redis.config_set("maxmemory", "1")
    assert own.answers()
    with pytest.raises(StoreFullError):
        way(own)


@pytest.mark.parametrize("way", [WAYS[0], in_a_pipeline])
def test_a_command_that_is_forbidden_is_refused(own: Store, way: Callable[[Store], Any]) -> None:
    """It is neither away nor full: its rules are to be looked at."""
    own.redis.execute_command("ACL", "SETUSER", "default", "-set")
    with pytest.raises(StoreRefusedError, match="permission"):
        way(own)


def test_the_same_holds_in_an_event_loop(own: Store) -> None:
    """Sending waits for a store that is away, and for nothing else."""

    async def ask() -> None:
        theirs = own.asyncio()
        own.redis.config_set("maxmemory", "1")
        with pytest.raises(StoreFullError):
            await theirs.redis.set("test:a", "1")
        async with theirs.redis.pipeline(transaction=True) as pipe:
            pipe.set("test:a", "1")
            with pytest.raises(StoreFullError):
                await pipe.execute()
        own.redis.config_set("maxmemory", "0")
        assert await theirs.redis.register_script(SHORT)(keys=["test:a"], args=["1"])
        assert own.embedded is not None
        pid = own.embedded.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        own.embedded._wait_for_end(pid)
        with pytest.raises(StoreLostError):
            await theirs.redis.get("test:a")
        with pytest.raises(StoreLostError):
            await theirs.durable()
        await theirs.close()

    asyncio.run(ask())


def test_a_key_that_changed_while_it_was_watched_is_no_error_of_the_store(own: Store) -> None:
    """The store's own modules look again then; `StoreError` would end what only has to be redone."""
    with own.redis.pipeline(transaction=True) as pipe:
        pipe.watch("test:a")
        own.redis.set("test:a", "other")
        pipe.multi()
        pipe.set("test:a", "mine")
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_rq_meets_the_errors_that_it_knows(own: Store) -> None:
    """RQ's worker waits for a store that is away by redis-py's errors; by ours it would end."""
    assert own.embedded is not None
    theirs, pid = own.for_rq(), own.embedded.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    own.embedded._wait_for_end(pid)
    with pytest.raises(redis.ConnectionError):
        theirs.ping()


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (redis.ConnectionError("gone"), StoreLostError),
        (redis.TimeoutError("slow"), StoreLostError),
        (redis.BusyLoadingError("loading"), StoreLostError),
        (OSError("broken pipe"), StoreLostError),
        (redis.AuthenticationError("no"), StoreDeniedError),
        (redis.exceptions.OutOfMemoryError("OOM"), StoreFullError),
        (redis.ResponseError("MISCONF the disk is full."), StoreDiskError),
        (
            redis.ResponseError("Command # 1 (SET a) of pipeline caused error: MISCONF full"),
            StoreDiskError,
        ),
        (redis.ReadOnlyError("a replica"), StoreRefusedError),
        (redis.ResponseError("WRONGTYPE"), StoreRefusedError),
    ],
)
def test_each_complaint_has_its_kind(raised: Exception, kind: type[StoreError]) -> None:
    """The remedies differ: wait, correct the password, give memory, make room on the disk."""
    found = trouble(raised)
    assert type(found) is kind
    assert found.said
    assert str(found).endswith(".")
