"""The browser that asks to sign in, and how often it and others may ask."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from mailer.domain.access.signing_in.browser import name_of
from mailer.domain.settings.networks import circles
from mailer.store.access import attempts
from mailer.store.server.connection import Store

HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser, by what it sends."""

    browser: str
    """Digest of the value in its cookie."""
    client: str
    """Its network address; empty: unknown."""
    agent: str = ""
    """Its User-Agent, as it came."""

    @property
    def network(self) -> str:
        """Return the network that it comes from: an IPv4 /24, an IPv6 /48."""
        return circles(self.client)[1]

    @property
    def name(self) -> str:
        """Name it for people; empty if nothing is known."""
        return name_of(self.agent)


class Limits:
    """Counts, for all processes together, what strangers may ask for."""

    def __init__(self, store: Store, secret: bytes) -> None:
        """Use the store; the secret key hides whom a counter is about."""
        self._store, self._secret = store, secret

    def hidden(self, what: str) -> str:
        """Name an address or a network without telling it."""
        return hmac.digest(self._secret, b"sign-in\0" + what.encode(), "sha256").hex()[:24]

    def count(self, what: str, whose: str) -> int:
        """Count one more of something in this hour, and return how many there were."""
        return attempts.count(self._store, f"{what}:{self.hidden(whose)}", HOUR)
