"""A service that is killed while a reminder is due sends it once to each reader.

The whole service runs as `mailer up` runs it, with two schedulers; all its processes are killed with
kill -9, the store's server among them, before, while and after the reminder is due.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.demo.catcher import Catcher
from mailer.demo.subscribers import sample
from mailer.domain.calendar.offset import Offset
from mailer.domain.campaigns.campaign import State
from mailer.errors import StoreError
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.services.subscriber_files.importing import import_csv
from mailer.store import events
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.workers.supervisor import Supervisor
from support.patience import PATIENCE
from support.service.killing import assert_nobody_is_missing, configured, kill, watched
from support.service.small_calendar import MEETING, put

pytestmark = pytest.mark.acceptance

READERS = 1200
SECONDS_EACH = 0.3
"""The relay's time for a message: on 48 connections, more seconds for all than the blows."""
AHEAD = timedelta(seconds=4)
"""The reminder is due so long after the service is up."""
BLOWS = (
    (-1.0, "schedule"),
    (-0.2, "run"),
    (0.3, "run"),
    (0.8, "store"),
    (2.0, "schedule"),
    (2.2, "run"),
)
"""The processes killed, and the seconds after the reminder is due."""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A service of its own, with a slow relay that keeps what it takes."""
    with Catcher(tmp_path / "mail", SECONDS_EACH) as catcher:
        yield configured(tmp_path, catcher.url, monkeypatch)


@contextmanager
def second_scheduler(settings: Settings) -> Iterator[None]:
    """Run another scheduler, as on a second machine; it starts anew whenever it ends.

    It must be gone before the service is: it would start a store, for itself, that nobody ends.
    """
    command = [sys.executable, "-c", _ANOTHER]
    environment = {**os.environ, **settings.environment()}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        yield
        process.kill()


_ANOTHER = """
import time
from mailer.workers.schedule import main
while True:
    try:
        main()
    except Exception:
        time.sleep(0.1)
"""


def test_a_reminder_reaches_each_reader_once_whatever_is_killed(
    settings: Settings, tmp_path: Path
) -> None:
    """The meeting is tomorrow, and the machine is restarted by somebody in a hurry."""
    with Supervisor(settings) as supervisor, second_scheduler(settings):
        store = supervisor.store
        assert store is not None
        remind_soon(store, settings, tmp_path)
        number = made_under_blows(supervisor, store)
        service = Campaigns(store, settings, SystemClock())
        killed: list[int] = []

        def strike(status: Status) -> None:
            share = status.counts.settled / status.counts.planned
            # What is in flight may be that of workers who are dead already.
            living = [one for one in supervisor.children if one.module == "run" and one.pid]
            due = len(killed) < 3 and share > 0.1 + 0.15 * len(killed)
            if due and living and status.counts.in_flight:
                killed.append(kill(living))

        status = watched(supervisor, lambda: service.status(number), strike)
        counts = status.counts
        assert len(killed) == 3
        assert status.campaign.state is State.SENT
        assert (counts.accepted, counts.rejected, counts.unknown) == (counts.planned - 2, 2, 0)
        assert_nobody_is_missing(store, status, tmp_path / "mail")
        assert len(list(campaigns.newest_first(store))) == 1
        kinds = [fields["type"] for _, fields in events.read(store)]
        assert kinds.count("reminder.due") == kinds.count("campaign.started") == 1


def remind_soon(store: Store, settings: Settings, folder: Path) -> None:
    """Put a meeting into the calendar whose reminder is due in a few seconds."""
    clock = SystemClock()
    sample(READERS).write(folder / "readers.csv")
    import_csv(store, settings, clock, folder / "readers.csv")
    start = (clock.now() + timedelta(hours=1) + AHEAD).replace(tzinfo=None, microsecond=0)
    remind = (Offset(minutes=60),)
    put(store, replace(MEETING, zone="UTC", start=start, end=None, remind=remind), clock.now())


def made_under_blows(supervisor: Supervisor, store: Store) -> int:
    """Kill one after the other around the instant until the campaign has begun; tells its number."""
    begun = time.monotonic()
    blows = list(BLOWS)
    while time.monotonic() - begun < PATIENCE:
        if blows and time.monotonic() - begun > AHEAD.total_seconds() + blows[0][0]:
            strike_at(blows.pop(0)[1], supervisor, store)
        supervisor.look()
        with suppress(StoreError):
            found = [one for one in campaigns.newest_first(store) if one.planned]
            if found and not blows:
                return found[0].number
        time.sleep(0.02)
    pytest.fail("The reminder was never made.")


def strike_at(what: str, supervisor: Supervisor, store: Store) -> None:
    """Kill a process of the service."""
    if what == "store":
        assert store.embedded is not None
        pid = store.embedded.pid()
    else:
        running = [one.pid for one in supervisor.children if one.module == what and one.pid]
        pid = running[0] if running else None
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    if what == "store":
        store.redis.connection_pool.disconnect()
