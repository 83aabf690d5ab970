"""A worker's claims when a message cannot be made: a defect must harm nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailer.domain.settings.relay_url import RelayUrl
from mailer.errors import InputError, MailerError, Problem
from mailer.message.outgoing.composing import Recipient, Template
from mailer.services.sending.worker_context import Turn
from mailer.store import keys
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for


@pytest.fixture
def service(store: Store, data_dir: Path) -> SmallService:
    """An installation with an edition and nobody on the list."""
    return SmallService(store, settings_for(data_dir))


async def _failing(service: SmallService, url: RelayUrl, number: int) -> None:
    """Send with a worker, and expect that it tells of the defect."""
    async with service.worker([url]) as dispatcher:
        campaign = service.campaigns.status(number).campaign
        with pytest.raises(MailerError):
            await dispatcher.send(campaign, Turn(60))


def test_a_text_that_is_gone_leaves_nothing_claimed(service: SmallService) -> None:
    """A delivery claimed but not sent would count as unknown, though nobody got it."""
    service.subscribe(*[f"r{n}@example.org" for n in range(40)])
    campaign = service.started()
    service.store.redis.delete(keys.edition(campaign.edition, campaign.digest))

    async def run() -> None:
        async with FaultyRelay() as relay:
            await _failing(service, relay.url(), campaign.number)
            assert relay.received == []

    asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert (counts.in_flight, counts.unknown, counts.outstanding) == (0, 0, 40)


def test_a_message_that_cannot_be_written_stops_the_job_and_gives_the_rest_back(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect must be heard of at once, and must not cost those who were next in turn."""
    service.subscribe(*[f"r{n}@example.org" for n in range(40)])
    campaign = service.started()
    fill = Template.fill

    def fill_all_but_one(self: Template, to: Recipient, *rest: object) -> object:
        if to.address.startswith("r9@"):
            raise InputError([Problem("", "this one cannot be written", code="unsendable")])
        return fill(self, to, *rest)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(Template, "fill", fill_all_but_one)

    async def run() -> int:
        async with FaultyRelay() as relay:
            await _failing(service, relay.url(), campaign.number)
            return len(relay.received)

    accepted = asyncio.run(run())
    counts = service.campaigns.status(campaign.number).counts
    assert counts.accepted == accepted < 40
    assert (counts.in_flight, counts.unknown) == (0, 0)
    assert counts.outstanding == 40 - accepted
