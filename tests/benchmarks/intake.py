"""Measures how fast mail is taken in, against aiosmtpd with a handler that does nothing.

python -m benchmarks.intake PORT      serves as the latter
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Final

from aiosmtpd.smtp import SMTP

from benchmarks import apart, processes, sinks
from benchmarks.installation import Installation
from benchmarks.sinks import POSTFIX, Place
from mailer.domain.inbound.received import MailState
from mailer.store.inbound import mails as inbound
from mailer.workers.supervisor import Supervisor

SESSIONS: Final = 50
SIZE: Final = 5_000
"""Octets of a mail: a bounce without what it returns."""
SECONDS: Final = 600.0
OURS: Final = "Mailer, on disk"
OURS_READ: Final = "Mailer, on disk and read meanwhile"
EMPTY: Final = "aiosmtpd, empty handler"


@dataclass(frozen=True, slots=True)
class Taken:
    """One run of mail into one server."""

    way: str
    mails: int
    seconds: float
    server_cpu: float
    """Seconds of the process that takes mail in."""
    memory: int
    """Its most memory, in bytes."""

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.mails / self.seconds


def run(here: Installation, mails: int) -> list[Taken]:
    """Send as many mails into each server; returns what each took.

    Raises:
        RuntimeError: not all that was sent was kept.
    """
    with apart.served("benchmarks.intake") as (place, pid):
        found = [_send(EMPTY, place, pid, mails)]
    return [*found, _ours(here, mails, read=False), _ours(here, mails, read=True)]


def _ours(here: Installation, mails: int, *, read: bool) -> Taken:
    place = Place("127.0.0.1", sinks.free_port())
    here.store.redis.flushdb()
    settings = here.settings(listen=[f"smtp://{place}"], workers=1)
    supervisor = Supervisor(settings)
    if not read:
        supervisor.children = [one for one in supervisor.children if one.name == "listener"]
    with supervisor:
        listener = next(one for one in supervisor.children if one.name == "listener")
        apart.wait_for(place)
        pid = listener.pid
        assert pid is not None
        taken = _send(OURS_READ if read else OURS, place, pid, mails)
        kept = sum(inbound.counts(here.store).values())
        deadline = time.monotonic() + SECONDS
        while read and inbound.counts(here.store)[MailState.UNREAD]:
            if time.monotonic() > deadline:
                raise RuntimeError("mail that came in is not read")
            supervisor.look()
            time.sleep(0.1)
    if kept != mails:
        raise RuntimeError(f"{kept} of {mails} mails were kept")
    return taken


def _send(way: str, place: Place, pid: int, mails: int) -> Taken:
    options = ["-d", "-s", str(SESSIONS), "-l", str(SIZE), "-m", str(mails)]
    to = ["-f", "ana@example.org", "-t", "bulletin@lists.example.org"]
    before = processes.cpu_of(pid)
    ran = processes.run([POSTFIX[1], *options, *to, str(place)])
    cpu = processes.cpu_of(pid) - before
    return Taken(way, mails, ran.seconds, cpu, processes.most_memory_of(pid))


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(object(), hostname="empty", enable_SMTPUTF8=True, loop=loop),
        "127.0.0.1",
        port,
        backlog=256,
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
