"""What every test may use: an empty store of its own, on a real server that all tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mailer.store import keys
from mailer.store.connection import Store, open_store

# How long an example takes is the machine's affair; what time may depend on is measured by the bench.
settings.register_profile(
    "patient", settings.get_profile(settings.get_current_profile_name()), deadline=None
)
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let children take Ctrl-C even where the whole run was started with it ignored, as by nohup."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One embedded Valkey for the whole run."""
    store = open_store(tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture
def store(shared_store: Store) -> Store:
    """An empty store with the schema version set."""
    shared_store.redis.flushall()
    shared_store.redis.set(keys.SCHEMA, keys.SCHEMA_VERSION)
    return shared_store


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory for a test that runs its own store."""
    return tmp_path / "data"
