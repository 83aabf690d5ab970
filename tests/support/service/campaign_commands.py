"""For tests of commands about campaigns: a relay that takes them, and a terminal that answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Final

from mailer.services.sending.worker_context import Turn
from mailer.store.campaigns import records
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay
from support.service.command import Command
from support.service.small_campaign import SmallService

MAIN: Final = "from mailer.cli.main import main; main()"


def sent_through(service: SmallService, number: int) -> None:
    """Send a campaign through a relay, as far as it goes at once."""

    async def work() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as worker:
            await worker.send(records.get(service.store, number), Turn(10))

    asyncio.run(work())
    service.campaigns.close_if_complete(number)


def answered(mailer: Command, answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command at a terminal, where somebody answers its question."""
    here, there = os.openpty()
    running = subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        env=mailer.variables() | {"TERM": "dumb"},
        stdin=there,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    os.write(here, f"{answer}\n".encode())
    said = b""
    try:
        while piece := os.read(here, 4096):
            said += piece
    except OSError:
        pass  # so ends a terminal whose last user has gone
    finally:
        os.close(here)
    return running.wait(PATIENCE), said.decode()
