"""The web pages over a test's store, asked without a network: for tests of pages."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx

from mailer.domain.subscribers.bearer import sign_preferences
from mailer.message.outgoing.tokens import Tokens
from mailer.services.subscriptions.forms import Forms
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.web.app import create_app
from support.service.mail_service import MailService

BASE = "https://bulletin.example.org"
_STAMP = re.compile(r'name="stamp" value="([^"]*)"')


class WebService:
    """Pages with a clock that stands still; each call is one request of a new reader.

    What is asked for by mail, sent, and known is in `mail`.
    """

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Use the store, and settings that differ from the usual."""
        self.mail = MailService(store, data_dir, **({"public_url": BASE} | settings))
        self.store, self.settings, self.clock = store, self.mail.settings, self.mail.clock
        self.app = create_app(self.settings, store, self.clock)
        self.site = self.app.app.state.site
        self.forms = Forms(store, self.settings, self.clock)
        self.client: tuple[str, int] | None = ("192.0.2.7", 40000)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET a page."""
        return self.ask("GET", path, headers=headers)

    def head(self, path: str, **headers: str) -> httpx.Response:
        """HEAD a page."""
        return self.ask("HEAD", path, headers=headers)

    def post(self, path: str, form: Mapping[str, Any], **headers: str) -> httpx.Response:
        """POST a form, as a browser does from one of our own pages."""
        return self.ask("POST", path, data=form, headers={"Origin": BASE} | headers)

    def press(self, path: str, target: str = "", **fields: Any) -> httpx.Response:
        """Open a page and press its button; the form may go elsewhere than to the page."""
        return self.post(target or path, {"stamp": self.stamp(path), **fields})

    def stamp(self, path: str) -> str:
        """Open a page and return the stamp that its form holds."""
        found = _STAMP.search(self.get(path).text)
        assert found, f"{path} holds no form"
        return html.unescape(found[1])

    def subscribe(
        self,
        address: str = "ana@example.org",
        language: str = "en",
        reads: str = "",
        **fields: Any,
    ) -> httpx.Response:
        """Fill the form to subscribe in as a person does, and send it."""
        path = f"/{language}/subscribe"
        stamp = self.stamp(path)
        self.clock.advance(timedelta(seconds=10))
        given = {"email": address, "topics": ["bulletin"], "stamp": stamp}
        given["language"] = reads or language
        return self.post(path, given | fields)

    def leave_path(self, number: int, campaign: int = 0) -> str:
        """Return where a mail's link to leave leads."""
        address, mailing = self._address(number), 0
        if campaign:
            mailing = campaigns.get(self.store, campaign).identity
        tokens = Tokens(self.site.signer, campaign, mailing)
        return f"/leave/{tokens.of(number, address).leave}"

    def preferences_path(self, number: int) -> str:
        """Return where a mail's link to the preferences leads."""
        return f"/preferences/{sign_preferences(self.site.signer, number, self._address(number))}"

    def _address(self, number: int) -> str:
        """Return whose number it is; empty: nobody's."""
        found = subscribers.get(self.store, number)
        return found.address if found else ""

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask for anything; redirects are not followed."""
        return anyio.run(self._ask, method, path, options)

    async def _ask(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        client: Any = self.client  # none: as by a unix socket
        transport = httpx.ASGITransport(self.app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as asking:
            return await asking.request(method, path, **options)
