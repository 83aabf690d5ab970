"""The API over a store that holds a small edition and a few readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mailer.domain.access.rights import Right, Role
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient
from support.service.small_campaign import SmallService

READERS = ("ana@example.org", "ben@example.org", "eva@example.org")


class ApiCampaign(ApiClient):
    """Asks about campaigns of the small edition, which three readers get."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Import the edition, and let three readers subscribe."""
        super().__init__(store, data_dir, **settings)
        self.small = SmallService(store, self.web.settings)
        self.small.clock = self.clock
        self.small.subscribe(*READERS[:2])
        self.small.subscribe(*READERS[2:], language="fr")

    def draft(self, **fields: Any) -> int:
        """Make a campaign by the API, and return its number."""
        answer = self.post("/campaigns", {"edition": "small", "topic": "bulletin", **fields})
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["campaign"]
        return number

    def act(self, number: int, action: str, **body: Any) -> dict[str, Any]:
        """Do something to a campaign, and return the answer, with its status."""
        answer = self.post(f"/campaigns/{number}/{action}", body)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found | {"status": answer.status_code}

    def only(self, *rights: Right) -> str:
        """Return a token that has these rights alone."""
        return self.token_of(Role.OWNER, rights)
