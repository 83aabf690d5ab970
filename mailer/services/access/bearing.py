"""Bearers of API tokens: who asks, how often, and how often in vain."""

from __future__ import annotations

import hmac
from typing import Final, NamedTuple

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.actor import Actor
from mailer.domain.settings.networks import circles
from mailer.errors import NotAllowedError, ProofNeededError
from mailer.services.access import api_tokens
from mailer.services.access.acting import Recorder, acting_as, admitted
from mailer.store.access.request_limits import RequestLimits, Window
from mailer.store.server.connection import Store

__all__ = ["Admitted", "Bearing", "Window"]

FAILURES: Final = 60
"""Requests a minute from one network that bear no token of ours, each of which is told so."""


class Admitted(NamedTuple):
    """Whoever asks, and how they stand within their limit."""

    actor: Actor | None
    """None: nobody whom we know."""
    window: Window


class Bearing:
    """Finds out who asks."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._clock = store, clock
        self._secret = secret_key(settings)
        self._requests = RequestLimits(store, "api", settings.api_requests_per_minute)
        self._failures = RequestLimits(store, "api-failed", FAILURES)
        self.recorder = Recorder(store, settings, clock)

    def admit(self, token: str, origin: str) -> Admitted:
        """Find out who bears a token, and count the request.

        A token that is one of ours is admitted whatever else came from its network: nobody can
        guess one, so that nobody has to be locked out.

        Args:
            token: as given; empty: none was.
            origin: the network address it came from.

        Raises:
            StoreError: the store is away.
        """
        now = self._clock.now()
        actor = api_tokens.bearer(self._store, token, origin, now) if token else None
        if actor is not None:
            return Admitted(actor, self._requests.count(actor.identity))
        network = hmac.digest(self._secret, b"client\0" + circles(origin)[1].encode(), "sha256")
        return Admitted(None, self._failures.count(network.hex()[:24]))

    def may_still(self, token: str, origin: str, act: str) -> bool:
        """Tell whether whoever was admitted with a token may still do an act that goes on.

        Args:
            token: as given.
            origin: the network address it came from.
            act: its name in the table of acts.

        Raises:
            StoreError: the store is away.
        """
        actor = api_tokens.bearer(self._store, token, origin, self._clock.now())
        if actor is None:
            return False
        try:
            with acting_as(actor, self.recorder):
                admitted(act)
        except (NotAllowedError, ProofNeededError):
            return False
        return True
