"""The client of asyncio does what the other one does, without holding up the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import assert_type

import httpx
import pytest

from mailer.client import AsyncClient, ConflictError, Retries, Tagged, UnreachableError
from mailer.client.answers.subscribers import Subscriber
from support.service.api_campaign import READERS, ApiCampaign

MANY = 1200
FILE = "address,language\n" + "".join(f"reader{n}@example.org,fr\n" for n in range(MANY))
QUICK = Retries(most=2, first_seconds=0.01, longest_seconds=0.5)

Ask = Callable[[AsyncClient], Awaitable[None]]


class Losing(httpx.AsyncBaseTransport):
    """Lets the service do the work, and loses its first answers."""

    def __init__(self, losses: int) -> None:
        self.losses, self.inner = losses, httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on."""
        answer = await self.inner.handle_async_request(request)
        if self.losses > 0:
            self.losses -= 1
            await answer.aread()
            await answer.aclose()
            raise httpx.ReadError("lost")
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self.inner.aclose()


def run(api: ApiCampaign, address: str, ask: Ask, losses: int = 0) -> None:
    """Ask a service, whose first answers are lost."""

    async def asked() -> None:
        transport = Losing(losses)
        async with AsyncClient(address, api.token, retries=QUICK, transport=transport) as client:
            await ask(client)

    asyncio.run(asked())


@pytest.mark.parametrize("losses", [0, 2])
def test_subscriber_is_added_once_and_shown(api: ApiCampaign, address: str, losses: int) -> None:
    """Whatever is lost on the way."""

    async def ask(client: AsyncClient) -> None:
        added = await client.subscribers.add("zoe@example.org", confirm=False)
        assert added["result"] == "added"
        assert added["number"] is not None
        seen = await client.subscribers.get(added["number"])
        assert_type(seen, Tagged[Subscriber])
        assert seen.value["address"] == "zoe@example.org"
        again = await client.with_key("k").subscribers.add("zoe@example.org", confirm=False)
        assert again["result"] == "unchanged"

    run(api, address, ask, losses)


def test_lists_and_files_are_iterated_over(api: ApiCampaign, address: str, tmp_path: Path) -> None:
    """While they arrive."""
    path = tmp_path / "readers.csv"
    path.write_text(FILE, encoding="utf-8")

    async def ask(client: AsyncClient) -> None:
        found = client.subscribers.find(limit=2)
        assert_type(found, AsyncIterator[Subscriber])
        assert [one["address"] async for one in found] == list(READERS)
        with path.open("rb") as opened:
            for file in (path, opened, FILE.encode()):
                await client.subscribers.import_csv(file)
        assert len([one async for one in client.subscribers.export()]) == MANY + len(READERS)
        csv = b"".join([block async for block in client.subscribers.export_csv(language="fr")])
        assert csv.count(b"\n") == MANY + 2

    run(api, address, ask)


def test_campaign_is_followed_while_others_ask(api: ApiCampaign, address: str) -> None:
    """One task listens, another one acts."""
    number = api.draft()

    async def ask(client: AsyncClient) -> None:
        await client.campaigns.send(number, readers=len(READERS))
        states = []
        async for campaign in client.campaigns.progress(number):
            states.append(campaign["state"])
            if campaign["state"] == "sending":
                await asyncio.gather(client.campaigns.cancel(number), client.subscribers.count())
        assert states == ["sending", "cancelled"]
        with pytest.raises(ConflictError):
            await client.campaigns.pause(number)

    run(api, address, ask)


def test_service_that_stays_away_is_said_to_be(api: ApiCampaign, address: str) -> None:
    """As by the other client."""

    async def ask(client: AsyncClient) -> None:
        with pytest.raises(UnreachableError):
            await client.subscribers.count()

    run(api, address, ask, losses=9)
