"""Law 3: killed processes lose no delivery of a campaign, and repeat only what was open.

The whole service runs as `mailer up` runs it, with a relay that takes its time.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.demo.catcher import Catcher
from mailer.demo.subscribers import sample
from mailer.domain.campaigns.campaign import State
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.services.editions import library as editions
from mailer.services.subscriber_files.importing import import_csv
from mailer.store.server.connection import Store
from mailer.workers.supervisor import Supervisor
from support.places import CORPUS
from support.service.killing import assert_nobody_is_missing, configured, kill, watched

pytestmark = pytest.mark.acceptance

EDITION = CORPUS / "editions" / "autumn"
READERS = 2000
SECONDS_EACH = 0.1
"""The relay's time for a message: on 48 connections, a few seconds for all."""
KILLS = 4


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    """A slow relay that keeps what it takes."""
    with Catcher(tmp_path / "mail", SECONDS_EACH) as started:
        yield started


@pytest.fixture
def settings(tmp_path: Path, catcher: Catcher, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A service of its own, with short leases."""
    return configured(tmp_path, catcher.url, monkeypatch)


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[Supervisor]:
    """The running service."""
    with Supervisor(settings) as running:
        yield running


def opened(supervisor: Supervisor) -> Store:
    """Return the service's store."""
    assert supervisor.store is not None
    return supervisor.store


def started(supervisor: Supervisor, settings: Settings, folder: Path) -> Callable[[], Status]:
    """Start a campaign to all sample readers; returns who tells how it stands."""
    store, clock = opened(supervisor), SystemClock()
    editions.import_folder(store, settings.topics, EDITION, clock)
    sample(READERS).write(folder / "readers.csv")
    assert import_csv(store, settings, clock, folder / "readers.csv").refused == 0
    campaigns = Campaigns(store, settings, clock)
    number = campaigns.create("autumn-2030", "bulletin").number
    campaigns.send(number)
    return lambda: campaigns.status(number)


def test_killed_workers_lose_no_delivery(
    supervisor: Supervisor, settings: Settings, tmp_path: Path
) -> None:
    """Out of memory, a reboot, an impatient operator: readers must not notice."""
    look = started(supervisor, settings, tmp_path)
    workers = [child for child in supervisor.children if child.module == "run"]
    killed: list[int] = []

    def strike(status: Status) -> None:
        """Kill a worker at 8, 22, 36 and 50 in the hundred: long before nothing is left to do."""
        share = status.counts.settled / status.counts.planned
        living = [one for one in workers if one.pid]
        due = len(killed) < KILLS and share > 0.08 + 0.14 * len(killed)
        if due and living and status.counts.in_flight:
            killed.append(kill(living))

    status = watched(supervisor, look, strike)
    counts = status.counts
    assert status.campaign.state is State.SENT
    assert len(killed) == KILLS
    assert counts.complete
    assert (counts.accepted, counts.rejected, counts.unknown) == (counts.planned - 2, 2, 0)
    assert 0 < counts.resent < counts.planned / 2
    assert_nobody_is_missing(opened(supervisor), status, tmp_path / "mail")


def test_a_killed_store_loses_no_delivery(
    supervisor: Supervisor, settings: Settings, tmp_path: Path
) -> None:
    """All that the store confirmed was on disk: the workers wait for it, and go on (law 3)."""
    look = started(supervisor, settings, tmp_path)
    store = opened(supervisor)
    killed: list[int] = []

    def strike(status: Status) -> None:
        """Kill the store's server at a third, and let the supervisor start it again."""
        if not killed and status.counts.settled > status.counts.planned / 3:
            assert store.embedded is not None
            pid = store.embedded.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
            while store.embedded.pid() == pid:
                time.sleep(0.01)
            supervisor.look()
            store.redis.connection_pool.disconnect()

    status = watched(supervisor, look, strike)
    counts = status.counts
    assert killed
    assert status.campaign.state is State.SENT
    assert (counts.accepted, counts.rejected) == (counts.planned - 2, 2)
    assert_nobody_is_missing(store, status, tmp_path / "mail")
