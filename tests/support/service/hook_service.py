"""Web hooks over a test's store: endpoints, events, and a worker in the test's own loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from mailer.clock import SimulatedClock
from mailer.domain.events import Event
from mailer.hooks.client import HookClient
from mailer.services.webhooks import delivering
from mailer.services.webhooks.delivering import Delivering
from mailer.services.webhooks.managing import Webhooks
from mailer.services.webhooks.posting import Poster
from mailer.store import events
from mailer.store.server.connection import Store
from support.service.small_campaign import START, settings_for

LOOPBACK: Final = ("127.0.0.0/8",)


class HookService:
    """A service that tells endpoints on this machine."""

    def __init__(self, store: Store, data_dir: Path, **overrides: Any) -> None:
        """Make it; nothing is sent yet."""
        given = {"webhook_allow_networks": LOOPBACK, "owner_address": "office@example.org"}
        self.store = store
        self.settings = settings_for(data_dir, **(given | overrides))
        self.clock = SimulatedClock(START)
        self.hooks = Webhooks(store, self.settings, self.clock)

    def add(self, url: str, *types: str) -> str:
        """Add an endpoint; returns its id."""
        return self.hooks.add(url, types or ("*",)).id

    def happen(
        self, count: int = 1, kind: str = "campaign.paused", **fields: str | int
    ) -> list[str]:
        """Have events happen; returns their ids."""
        before = events.last_id(self.store)
        told = fields or {"campaign": 1}
        for _ in range(count):
            events.record(self.store, Event(kind, self.clock.now(), told))
        return [entry for entry, _ in events.page(self.store, f"({before}", count)]

    def poster(self, **options: Any) -> Poster:
        """Return what posts by these options."""
        allowed = self.settings.webhook_allow_networks
        return Poster(self.settings, HookClient(allowed, **options))

    @asynccontextmanager
    async def worker(self, **options: Any) -> AsyncIterator[Delivering]:
        """Make what delivers in a worker."""
        opened = self.store.asyncio()
        poster = self.poster(**options)
        worker = Delivering(
            self.store, opened, self.settings, self.clock, poster=poster, jitter=lambda: 0.0
        )
        try:
            yield worker
        finally:
            await worker.close(0)
            await opened.close()

    async def deliver(self, **options: Any) -> bool:
        """Do what a tick and its job do, to the end; returns whether there was anything."""
        if not delivering.wake(self.store, self.clock):
            return False
        async with self.worker(**options) as worker:
            await worker.start()
        return True

    def pass_time(self, **span: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span))

    def told(self, kind: str) -> list[dict[str, str]]:
        """Return the events of a type that the log has."""
        return [fields for _, fields in events.read(self.store) if fields["type"] == kind]
