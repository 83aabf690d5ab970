"""A store of one's own: over TCP with a password, and behind a Sentinel that may change its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis

from mailer.config import Settings
from mailer.domain.campaigns.campaign import State
from mailer.errors import StoreError
from mailer.store.server import sentinel as sentinels
from mailer.store.server.connection import Store, open_store
from mailer.workers.supervisor import Supervisor
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay
from support.servers.valkey_server import PASSWORD, Server, hasten, sentinel, server
from support.service.small_campaign import SmallService, settings_in_file

LOGIN = f":{quote(PASSWORD, safe='')}@"


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[Server]:
    """A server of the operator's."""
    with server(tmp_path / "primary", masterauth=PASSWORD) as started:
        yield started


def behind_sentinel(watcher: Server) -> str:
    """Return the URL of what it watches."""
    return f"redis+sentinel://{LOGIN}127.0.0.1:{watcher.port}/main/1"


def test_a_server_with_a_password_is_used(tmp_path: Path, primary: Server) -> None:
    """Nothing is started of our own, and nothing is left behind in the data directory."""
    store = open_store(tmp_path / "data", f"redis://{LOGIN}127.0.0.1:{primary.port}/0")
    assert store.embedded is None
    assert store.redis.ping()
    store.close()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("login", ["", ":gu%40ess@"])
def test_a_wrong_password_is_told_and_not_repeated(
    tmp_path: Path, primary: Server, login: str
) -> None:
    """A password typed in haste may belong to something else."""
    with pytest.raises(StoreError, match=r"does not let us in: .* setting redis_url") as told:
        open_store(tmp_path, f"redis://{login}127.0.0.1:{primary.port}/0")
    assert "gu" not in str(told.value)


def test_a_server_that_forgets_is_named_at_the_start(tmp_path: Path) -> None:
    """Without a file every restart of it would lose readers; with eviction, memory would."""
    with server(tmp_path / "s", appendonly="no", maxmemory_policy="allkeys-lru") as careless:
        store = open_store(tmp_path, f"redis://{LOGIN}127.0.0.1:{careless.port}/0")
        found = store.weaknesses()
        store.close()
    assert ["appendonly yes" in found[0], "noeviction" in found[1]] == [True, True]


def test_our_own_server_has_no_such_weakness(store: Store) -> None:
    """A warning at every start would be overlooked when it matters."""
    assert store.weaknesses() == []


def test_the_store_is_found_through_a_sentinel_and_again_where_it_moved(
    tmp_path: Path, primary: Server
) -> None:
    """The URL names the Sentinels; which machine serves is for them to know."""
    with (
        server(
            tmp_path / "replica",
            replicaof=f"127.0.0.1 {primary.port}",
            masterauth=PASSWORD,
        ) as replica,
        sentinel(tmp_path / "sentinel", "main", primary.port) as watcher,
    ):
        store = open_store(tmp_path, behind_sentinel(watcher))
        store.redis.set("kept", "yes")
        deadline = time.monotonic() + PATIENCE
        while not store.redis.wait(1, 1000):
            assert time.monotonic() < deadline
        _until_known(watcher)
        primary.kill()
        hasten(watcher, "main")
        assert store.patiently(lambda: store.redis.get("kept")) == b"yes"
        assert _served_by(watcher) == replica.port

        async def read() -> bytes | None:
            other = store.asyncio()
            try:
                found: bytes | None = await other.redis.get("kept")
                return found
            finally:
                await other.close()

        assert asyncio.run(read()) == b"yes"
        store.close()


def test_a_campaign_is_sent_by_a_service_behind_a_sentinel(tmp_path: Path, primary: Server) -> None:
    """Jobs, scripts and waits must all pass through the same address; and a stop is a clean one."""

    async def run() -> int:
        async with FaultyRelay() as relay:
            settings = settings_in_file(
                tmp_path / "data",
                redis_url=behind_sentinel(watcher),
                relays=[f"smtp://127.0.0.1:{relay.port}"],
            )
            await asyncio.to_thread(send, settings)
            return len(relay.received)

    def send(settings: Settings) -> None:
        with Supervisor(settings) as running:
            assert running.store is not None
            service = SmallService(running.store, settings)
            service.subscribe("ann@example.org", "bob@example.org")
            number = service.started().number
            deadline = time.monotonic() + PATIENCE
            while service.campaigns.status(number).campaign.state is not State.SENT:
                assert time.monotonic() < deadline
                running.look()
                time.sleep(0.05)
        ended = [child.process.returncode for child in running.children if child.process]
        assert ended == [0] * len(running.children)  # none of them had to be killed

    with sentinel(tmp_path / "sentinel", "main", primary.port) as watcher:
        assert asyncio.run(run()) == 2


@pytest.mark.parametrize(
    ("url", "hosts", "name", "secure", "options"),
    [
        ("redis+sentinel://a/main", [("a", 26379)], "main", {}, {"db": 0}),
        (
            "rediss+sentinel://joe:p%40ss@a:1,[::1]:2/main/3",
            [("a", 1), ("::1", 2)],
            "main",
            {"ssl": True},
            {"db": 3, "ssl": True, "username": "joe", "password": "p@ss"},
        ),
        (
            "redis+sentinel://:pw@a,b:7/m.1",
            [("a", 26379), ("b", 7)],
            "m.1",
            {},
            {"db": 0, "username": None, "password": "pw"},
        ),
    ],
)
def test_every_part_of_a_sentinels_url_counts(
    url: str,
    hosts: list[tuple[str, int]],
    name: str,
    secure: dict[str, bool],
    options: dict[str, object],
) -> None:
    """A part that is read past, say a password, is a fault that shows on the day of the failover."""
    assert sentinels.read(url) == (hosts, name, secure, options)
    assert sentinels.read("redis://a/0") is None


def _until_known(watcher: Server) -> None:
    """Wait until the Sentinel has found the replica, without which it can promote none."""
    deadline = time.monotonic() + PATIENCE
    with redis.Redis(port=watcher.port) as client:
        while not any(int(one["slave-repl-offset"]) for one in client.sentinel_slaves("main")):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _served_by(watcher: Server) -> int:
    with redis.Redis(port=watcher.port) as client:
        return int(client.sentinel_get_master_addr_by_name("main")[1])
