"""Fixtures for every test: an empty store of its own, on a real server that all tests share."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from mailer import log
from mailer.store import keys
from mailer.store.server.connection import Store, open_store
from mailer.workers import supervisor
from support.patience import PATIENCE

# How long an example takes is the machine's affair; what time may depend on is measured by the bench.
# The same code gets the same examples, so that no change is refused for what another one did; for
# new ones: `make test ARGS=--hypothesis-profile=search`. A test whose examples share a fixture
# cleans it up between them.
settings.register_profile(
    "search",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "same", settings.get_profile("search"), derandomize=True, database=None, print_blob=True
)
settings.load_profile("same")

# Thousands of tests and their parameters stay to the end: there is no garbage to look for among them.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, among what is made from now on."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let children take Ctrl-C even where the whole run was started with it ignored, as by nohup."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def unhurried() -> Iterator[None]:
    """Let the service's processes end by themselves, however long a busy machine takes for that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "STOP_SECONDS", PATIENCE)
        yield


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Leave no logging behind that a test, or a command within it, set up for a stream of its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in log.CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


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
