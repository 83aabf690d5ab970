"""Law 3 where mail leaves as files: what was accepted is there, whoever was killed meanwhile."""

from __future__ import annotations

import mailbox
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.demo.subscribers import sample
from mailer.domain.campaigns.campaign import State
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.services.editions import library as editions
from mailer.services.subscriber_files.importing import import_csv
from mailer.workers.supervisor import Supervisor
from support.places import CORPUS
from support.service.killing import configured, kill, watched

pytestmark = pytest.mark.acceptance

EDITION = CORPUS / "editions" / "autumn"
READERS = 2000
KILLS = 2


def test_killed_workers_lose_no_file_and_repeat_only_what_was_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file counts once it is on disk: never before, or a killed worker would lose a reader."""
    settings = configured(tmp_path, f"maildir:{tmp_path / 'out'}", monkeypatch)
    killed: list[int] = []
    with Supervisor(settings) as supervisor:
        assert supervisor.store is not None
        store, clock = supervisor.store, SystemClock()
        editions.import_folder(store, settings.topics, EDITION, clock)
        sample(READERS).write(tmp_path / "readers.csv")
        assert import_csv(store, settings, clock, tmp_path / "readers.csv").refused == 0
        campaigns = Campaigns(store, settings, clock)
        number = campaigns.create("autumn-2030", "bulletin").number
        campaigns.send(number)
        workers = [child for child in supervisor.children if child.module == "run"]

        def strike(status: Status) -> None:
            """Kill a worker at 10 and 35 in the hundred."""
            share = status.counts.settled / status.counts.planned
            living = [one for one in workers if one.pid]
            due = len(killed) < KILLS and share > 0.1 + 0.25 * len(killed)
            if due and living and status.counts.in_flight:
                killed.append(kill(living))

        counts = (status := watched(supervisor, lambda: campaigns.status(number), strike)).counts
    assert status.campaign.state is State.SENT
    assert killed
    assert counts.complete
    assert counts.accepted == counts.planned
    copies: Counter[str] = Counter()
    identities: defaultdict[str, set[str]] = defaultdict(set)
    for one in mailbox.Maildir(tmp_path / "out", create=False):
        reader = str(one["X-Envelope-To"])
        copies[reader] += 1
        identities[reader].add(str(one["Message-ID"]))
    assert len(copies) == counts.planned
    assert sum(count > 1 for count in copies.values()) <= counts.resent
    assert all(len(found) == 1 for found in identities.values())
