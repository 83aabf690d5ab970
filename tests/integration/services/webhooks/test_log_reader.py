"""The reader of the log: whatever it keeps in memory, nobody is given a gap."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from mailer.services.webhooks import log_reader
from mailer.services.webhooks.log_reader import LogReader
from mailer.store.server.connection import Store
from mailer.store.webhooks.turns import Turns
from support.service.hook_service import HookService


@pytest.mark.parametrize("seed", range(5))
def test_what_is_read_is_what_the_log_has(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """From whichever places, in whichever order, while the log grows: an event skipped is lost."""
    page, kept = 4, 9
    monkeypatch.setattr(log_reader, "PAGE", page)
    monkeypatch.setattr(log_reader, "MOST_KEPT", kept)
    service = HookService(store, tmp_path / "data")
    log = service.happen(10)
    chance = random.Random(seed)

    async def scene() -> None:
        opened = store.asyncio()
        reader = LogReader(Turns(opened, "me"))
        for _ in range(80):
            if chance.random() < 0.2:
                log.extend(service.happen(chance.randint(1, 6)))
            at = chance.randrange(len(log))
            found = await reader.after(log[at])
            ids = [event for event, _ in found.entries]
            assert ids == log[at + 1 : at + 1 + len(ids)]
            assert not found.gap
            # It may be behind the log's end for one look, never before a reader of it moved.
            assert ids or at == len(log) - 1
            assert len(reader._kept) <= kept
            fields = await reader.event(log[at])
            assert fields is not None
            assert fields["type"] == "campaign.paused"
        await opened.close()

    asyncio.run(scene())
