"""A small edition, a few readers, and a worker in the test's own loop: for tests of sending."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.subscribers.address import parse_address
from mailer.relay.limits import Backoff
from mailer.relay.opening import open_transport
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.inbound.bounces import rules_of
from mailer.services.sending.composing import Composer
from mailer.services.sending.dispatch import Dispatcher
from mailer.services.sending.prewriting.signing import Signing
from mailer.services.sending.worker_context import Turn, Verdict, WorkerContext
from mailer.services.subscriptions import subscribers
from mailer.store import editions
from mailer.store.campaigns.throttle import Throttle
from mailer.store.server.connection import AsyncStore, Store
from support.servers.faulty_relay import FaultyRelay

SECRET: Final = bytes(range(32))
START: Final = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
_TEXT: Final = """+++
title = "Bulletin"
preheader = "The first line that an inbox shows after the subject of the mail."
+++

## {word}

{word} in one paragraph.
"""
FILES: Final = {
    "edition.toml": b"""
slug = "small"
date = 2023-04-12
fallback = ["en", "fr"]
season = { en = "Spring", fr = "Printemps" }
[subject]
en = "News"
fr = "Nouvelles"
""",
    "en.md": _TEXT.replace("{word}", "Hello").encode(),
    "fr.md": _TEXT.replace("{word}", "Bonjour").encode(),
}


def settings_for(data_dir: Path, **overrides: Any) -> Settings:
    """Return settings that can send."""
    return Settings(
        data_dir=data_dir,
        sender_address="bulletin@lists.example.org",
        list_domain="lists.example.org",
        **overrides,
    )


def settings_in_file(data_dir: Path, **overrides: Any) -> Settings:
    """Return the same from a file beside the data, where other processes find them too."""
    given = {
        "data_dir": str(data_dir),
        "sender_address": "bulletin@lists.example.org",
        "list_domain": "lists.example.org",
        "log_level": "error",
        **overrides,
    }
    file = data_dir.parent / "mailer.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in given.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Settings.load(file)


class SmallService:
    """A service over the test's store: an edition, subscribers, campaigns, and a clock."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Import the edition; nobody subscribes yet."""
        self.store, self.settings = store, settings
        self.clock = SimulatedClock(START)
        self.campaigns = Campaigns(store, settings, self.clock)
        self.publish("")

    def publish(self, text: str) -> None:
        """Import the edition, with some text more in English."""
        editions.save(
            self.store,
            "small",
            FILES | {"en.md": FILES["en.md"] + text.encode()},
            issued=START.date(),
            season={"en": "Spring"},
            languages=("en", "fr"),
            now=START,
        )

    def subscribe(self, *addresses: str, language: str = "en") -> list[int]:
        """Make addresses active subscribers; returns their numbers."""
        for address in addresses:
            subscribers.add(
                self.store,
                self.settings,
                self.clock.now(),
                parse_address(address),
                language=language,
                topics="bulletin",
            )
        return [
            subscribers.find(self.store, parse_address(address)).number for address in addresses
        ]

    def started(self, **fields: Any) -> Campaign:
        """Create a campaign and start it."""
        campaign = self.campaigns.create("small", "bulletin", **fields)
        return self.campaigns.send(campaign.number)

    @asynccontextmanager
    async def worker(
        self, relays: Sequence[Any], *, lease_ms: int = 30_000, connections: int = 4
    ) -> AsyncIterator[Dispatcher]:
        """Run what a worker process runs, in the test's loop."""
        store: AsyncStore = self.store.asyncio()
        backoff = Backoff(first=0.01, longest=0.05)
        pool = open_transport(relays, connections=connections, backoff=backoff)
        composer = Composer(self.store, self.settings, SECRET)
        context = WorkerContext(
            composer=composer,
            pool=pool,
            clock=self.clock,
            retry_limit=timedelta(hours=self.settings.retry_hours),
            throttle=Throttle(self.settings.rate_limits),
            rules=rules_of(self.settings),
            signing=Signing.worth_it(composer.keys),
            jitter=lambda: 0.5,
        )
        dispatcher = Dispatcher(store, context, lease_ms)
        try:
            yield dispatcher
        finally:
            await dispatcher.close()
            await store.close()


async def sent_until_stopped(service: SmallService, campaign: Campaign) -> int:
    """Send a campaign, stop after twenty messages; returns how many the relay has in the end."""
    async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
        sending = asyncio.create_task(dispatcher.send(campaign, Turn(60)))
        while len(relay.received) < 20:  # noqa: ASYNC110 - it lives in this very loop
            await asyncio.sleep(0)
        dispatcher.stop()
        assert await sending is Verdict.STOPPED
        return len(relay.received)
