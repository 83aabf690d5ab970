"""Law 10 under blows: mail whose sender was told that it was taken in is there, once, and is read.

The whole service runs as `mailer up` runs it; senders try again, as mail servers do.
"""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from mailer.config import Settings
from mailer.domain.inbound.received import MailState
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.workers.supervisor import Supervisor
from support.patience import PATIENCE
from support.servers.ports import free_port

pytestmark = pytest.mark.acceptance

LIST = "bulletin@lists.example.org"
SENDERS, EACH = 50, 100
SLOW = 3
"""Senders that send each mail in small pieces, all the while."""
KILLS = 6
MOST_MEMORY = 200_000
"""KiB of the listener: 50 connections of small mails need a fraction of it."""

CONFIGURATION = """\
data_dir = "data"
sender_address = "bulletin@lists.example.org"
list_domain = "lists.example.org"
listen = ["smtp://127.0.0.1:{port}"]
workers = 1
lease_seconds = 1
log_level = "error"
"""


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """The running service."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "mailer.toml"
    file.write_text(CONFIGURATION.format(port=free_port()), encoding="utf-8")
    with Supervisor(Settings.load(file)) as running:
        yield running


class Senders:
    """Mail servers that try again until each of their mails was taken in."""

    def __init__(self, port: int) -> None:
        """Keep the port to send to."""
        self._port = port
        self.acknowledged: list[bytes] = []
        self.given_up = threading.Event()

    def send(self, sender: int) -> None:
        """Send the mails of one of them, over one connection as long as it holds."""
        waiting = [
            b"From: ana@example.org\r\nSubject: %d-%d\r\n\r\n%b\r\n" % (sender, n, b"x" * 1500)
            for n in range(EACH)
        ]
        while waiting and not self.given_up.is_set():
            if sender < SLOW:
                slowly(self._port)
            with (
                suppress(OSError, smtplib.SMTPException),
                smtplib.SMTP("127.0.0.1", self._port, timeout=10) as session,
            ):
                while waiting:
                    session.sendmail("ana@example.org", [LIST], waiting[-1])
                    self.acknowledged.append(waiting.pop())
                    if len(waiting) == sender:  # one in a hundred
                        nonsense(self._port)
                    if sender < SLOW:
                        slowly(self._port)
            self.given_up.wait(0.05)


def nonsense(port: int) -> None:
    """Send what is no SMTP, and a mail that breaks off."""
    for data in (
        b"\x16\x03\x01\0\xff" * 100,
        b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<" + LIST.encode(),
    ):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(data)


def slowly(port: int) -> None:
    """Send a mail in single octets, and go away before its end."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for octet in b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<" + LIST.encode() + b">\r\nDATA\r\nx":
            client.sendall(bytes([octet]))


def memory(supervisor: Supervisor) -> int:
    """Return the most memory that the listener ever had, in KiB."""
    pid = next(child.pid for child in supervisor.children if child.name == "listener")
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def strike(supervisor: Supervisor, turn: int) -> None:
    """Kill the listener, a worker or the store, without warning."""
    store = supervisor.store
    assert store is not None
    assert store.embedded is not None
    wanted = ("listener", "worker-1", "store")[turn % 3]
    pid = (
        store.embedded.pid()
        if wanted == "store"
        else next(child.pid for child in supervisor.children if child.name == wanted)
    )
    if pid:
        os.kill(pid, signal.SIGKILL)


def test_no_mail_that_was_acknowledged_is_lost_by_any_kill(supervisor: Supervisor) -> None:
    """Out of memory, a reboot, an impatient operator: what a reader wrote must not be lost."""
    (place,) = supervisor._settings.listen
    senders = Senders(place.port)
    deadline = time.monotonic() + 2 * PATIENCE
    with ThreadPoolExecutor(SENDERS) as pool:
        try:
            running = [pool.submit(senders.send, sender) for sender in range(SENDERS)]
            struck = 0
            while not all(one.done() for one in running):
                assert time.monotonic() < deadline, len(senders.acknowledged)
                share = len(senders.acknowledged) / (SENDERS * EACH)
                if struck < KILLS and share > (struck + 1) / (KILLS + 2):
                    strike(supervisor, struck)
                    struck += 1
                supervisor.look()
                time.sleep(0.01)  # the processes under test need the processor
        finally:
            senders.given_up.set()
    assert struck == KILLS
    assert len(senders.acknowledged) == SENDERS * EACH
    store = supervisor.store
    assert store is not None
    kept = Counter(
        inbound.raw(store, number) for number in inbound.numbers(store, list(MailState), 10**6)
    )
    assert kept == Counter(senders.acknowledged)
    assert memory(supervisor) < MOST_MEMORY
    wait_until_read(supervisor, store)
    assert inbound.counts(store)[MailState.QUARANTINED] == 0


def wait_until_read(supervisor: Supervisor, store: Store) -> None:
    """Return once no mail is unread; lost jobs are found by the scheduler."""
    deadline = time.monotonic() + 4 * PATIENCE
    while inbound.counts(store)[MailState.UNREAD]:
        assert time.monotonic() < deadline, inbound.counts(store)
        supervisor.look()
        time.sleep(0.05)
