"""The supervisor: one service in a data directory, and a store of its own that it shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailer.errors import StoreError
from mailer.store.server.embedded import EmbeddedServer
from mailer.workers.supervisor import Supervisor
from support.service.small_campaign import settings_in_file


def test_a_second_service_in_the_same_directory_is_refused_and_harms_nothing(
    data_dir: Path,
) -> None:
    """A second start by mistake must be told as such, and must not take the first one down."""
    settings = settings_in_file(data_dir)
    with Supervisor(settings) as first:
        children = [child.pid for child in first.children]
        with pytest.raises(StoreError, match=rf"runs already, as process {os.getpid()}, .*worker"):
            Supervisor(settings).start()
        assert first.store is not None
        assert first.store.redis.ping()
        assert [child.pid for child in first.children] == children
    assert EmbeddedServer(data_dir).pid() is None


def test_a_service_that_has_ended_leaves_the_place_free(data_dir: Path) -> None:
    """A restart, or one after a crash, must need no tidying up by hand."""
    settings = settings_in_file(data_dir)
    for _ in range(2):
        with Supervisor(settings) as running:
            assert running.store is not None
            assert running.store.redis.ping()


def test_a_stop_that_comes_at_once_is_a_clean_one(data_dir: Path) -> None:
    """A process that has hardly begun must end as properly as one that has worked for a year."""
    settings = settings_in_file(data_dir, listen=["lmtp://127.0.0.1:0"])
    running = Supervisor(settings)
    running.start()
    running.stop()
    ended = [child.process.returncode for child in running.children if child.process]
    assert ended == [0] * len(running.children)
    assert EmbeddedServer(data_dir).pid() is None
