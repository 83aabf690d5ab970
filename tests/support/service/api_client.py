"""The API over a test's store, asked without a network, as a user's program does."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import api_tokens, users
from mailer.store.server.connection import Store
from support.service.web_service import WebService


class ApiClient:
    """Asks with a token of an owner that has all rights, if no other is given."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Use the store, and settings that differ from the usual."""
        self.web = WebService(store, data_dir, **settings)
        self.store, self.clock = store, self.web.clock
        self._users = itertools.count(1)
        self.token = self.token_of(Role.OWNER)

    def token_of(self, role: Role, scopes: Iterable[Right] | None = None, days: int = 30) -> str:
        """Make a user with a role, and a token of theirs; by default with all their rights."""
        now = self.clock.now()
        address = f"{role}-{next(self._users)}@example.org"
        whose = parse_address(address)
        users.add(self.store, self.web.settings, now, whose, role=role, name=role.title())
        wanted = RIGHTS[role] if scopes is None else scopes
        return api_tokens.add(
            self.store, now, address, name="test", scopes=list(wanted), days=days
        ).text

    def ask(
        self, method: str, path: str, *, token: str | None = None, **parts: Any
    ) -> httpx.Response:
        """Ask, and return the answer; an empty token: none is sent."""
        given = self.token if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        headers |= parts.pop("headers", {})
        return self.web.ask(method, f"/api/v1{path}", headers=headers, **parts)

    def get(self, path: str, **parts: Any) -> httpx.Response:
        """GET."""
        return self.ask("GET", path, **parts)

    def post(self, path: str, json: Any = None, **parts: Any) -> httpx.Response:
        """POST a JSON body."""
        return self.ask("POST", path, json=json, **parts)
