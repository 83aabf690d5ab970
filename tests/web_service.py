"""The web pages over a test's store, asked without a network: for tests of pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import httpx
from small_campaign import START, settings_for

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.store.connection import Store
from mailer.web.app import create_app

BASE = "https://bulletin.example.org"


class WebService:
    """Pages with a clock that stands still; each call is one request of a new reader."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Take the store and settings that differ from the usual."""
        self.store = store
        self.settings: Settings = settings_for(data_dir, **({"public_url": BASE} | settings))
        self.clock = SimulatedClock(START)
        self.app = create_app(self.settings, store, self.clock)
        self.site = self.app.app.state.site

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET a page."""
        return self.ask("GET", path, headers=headers)

    def head(self, path: str, **headers: str) -> httpx.Response:
        """HEAD a page."""
        return self.ask("HEAD", path, headers=headers)

    def post(self, path: str, form: Mapping[str, Any], **headers: str) -> httpx.Response:
        """POST a form, as a browser does from one of our own pages."""
        return self.ask("POST", path, data=form, headers={"Origin": BASE} | headers)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask for anything; redirects are not followed."""
        return anyio.run(self._ask, method, path, options)

    async def _ask(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=("192.0.2.7", 40000))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, **options)
