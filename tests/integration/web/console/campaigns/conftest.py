"""A small edition, three readers and a signed-in user, for the pages of campaigns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Role
from mailer.store.server.connection import Store
from support.service.console import Browser, add_user
from support.service.small_campaign import SmallService
from support.service.web_service import WebService


class Desk:
    """The secretariat's desk: pages, the service behind them, and browsers."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Import the edition, and let three readers subscribe."""
        self.web = WebService(store, data_dir, **settings)
        self.small = SmallService(store, self.web.settings)
        self.small.clock = self.web.clock
        self.small.subscribe("ana@a.example", "ben@b.example")
        self.small.subscribe("eva@a.example", language="fr")

    def browser(self, name: str = "ada", role: Role = Role.OWNER) -> Browser:
        """Let a user sign in."""
        browser = Browser(self.web)
        browser.sign_in(add_user(self.web, f"{name}@example.org", role, name.title()).address)
        return browser


@pytest.fixture
def desk(store: Store, data_dir: Path) -> Desk:
    """A desk where nobody needs a second person."""
    return Desk(store, data_dir)
