"""Blows against a running service, and what must hold afterwards: shared by the tests that kill."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from mailer.config import Settings
from mailer.demo import maildir
from mailer.demo.catcher import REFUSED
from mailer.domain.campaigns.campaign import FINAL
from mailer.domain.subscribers.address import key_of
from mailer.services.campaigns.status import Status
from mailer.store import keys
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.workers.supervisor import Child, Supervisor
from support.patience import PATIENCE

_CONFIGURATION: Final = """\
data_dir = "data"
sender_address = "bulletin@lists.example.org"
list_domain = "lists.example.org"
relays = ["{relay}"]
chunk_size = 1000
lease_seconds = 1
log_level = "error"
"""


def configured(folder: Path, relay: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Write the settings of a service with short leases, for its processes to find."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)
    file = folder / "mailer.toml"
    file.write_text(_CONFIGURATION.format(relay=relay), encoding="utf-8")
    return Settings.load(file)


def watched(
    supervisor: Supervisor, look: Callable[[], Status], strike: Callable[[Status], None]
) -> Status:
    """Let a campaign run to its end under blows; its books must balance at every look (law 2)."""
    deadline = time.monotonic() + PATIENCE
    while True:
        status = look()
        assert status.counts.balanced, status.counts
        if status.campaign.state in FINAL:
            return status
        assert time.monotonic() < deadline, status.counts
        strike(status)
        supervisor.look()
        time.sleep(0.02)  # the processes under test need the processor


def assert_nobody_is_missing(store: Store, status: Status, folder: Path) -> None:
    """Compare what the relay holds with the ledger: all are there, repeats are accounted for."""
    copies: Counter[str] = Counter()
    identifiers: defaultdict[str, set[bytes]] = defaultdict(set)
    for mail in maildir.read(folder):
        key = key_of(mail.recipient)
        copies[key] += 1
        identifiers[key].update(re.findall(rb"^Message-ID: (\S+)", mail.content, re.MULTILINE))
    resent = store.redis.get(keys.ledger(status.campaign.number, "resent")) or b""
    repeatable = set()
    for one in subscribers.each(store, "", "", ""):
        key = key_of(one.address)
        assert copies[key] or one.address.startswith(REFUSED), one.address
        if one.number // 8 < len(resent) and resent[one.number // 8] >> (7 - one.number % 8) & 1:
            repeatable.add(key)
    assert {key for key, count in copies.items() if count > 1} <= repeatable
    assert len(repeatable) == status.counts.resent
    assert all(len(found) == 1 for found in identifiers.values())


def kill(workers: list[Child]) -> int:
    """Kill the one that has lived longest, without warning; returns its process id."""
    oldest = min((child for child in workers if child.pid), key=lambda child: child.started)
    assert oldest.pid is not None
    os.kill(oldest.pid, signal.SIGKILL)
    return oldest.pid
