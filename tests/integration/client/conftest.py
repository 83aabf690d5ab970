"""A service of a test's own on a real server, and a client that does not wait long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.client import Client, Retries
from mailer.store.server.connection import Store
from mailer.web.api import streams
from support.servers.served import served
from support.service.api_campaign import ApiCampaign

QUICK = Retries(most=4, first_seconds=0.01, longest_seconds=2.0)


@pytest.fixture
def api(store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> ApiCampaign:
    """A service with a small edition and three readers; its streams end soon, to begin anew."""
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.3)
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.05)
    return ApiCampaign(store, data_dir)


@pytest.fixture
def address(api: ApiCampaign) -> Iterator[str]:
    """The address at which it is served."""
    with served(api.web.app) as found:
        yield found


@pytest.fixture
def client(api: ApiCampaign, address: str) -> Iterator[Client]:
    """A client with all rights."""
    with Client(address, api.token, retries=QUICK) as made:
        yield made
