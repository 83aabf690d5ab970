"""Checks the relays: how they are connected to, and whether they let us in."""

from __future__ import annotations

import asyncio
import ssl
from functools import cached_property
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.deliverability import relay_tls
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding
from mailer.domain.settings.listen_url import is_loopback
from mailer.domain.settings.relay_url import RelayUrl, StartTls
from mailer.errors import RelayError
from mailer.relay.smtp.dial import dial
from mailer.relay.smtp.looking import look
from mailer.relay.smtp.tls import Contexts
from mailer.services.operation.doctor.web import Dates

SECONDS: Final = 5.0
"""For each step of a connection."""


class Relays:
    """The checks; belongs to one event loop."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        dates: Dates,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Verify with a context; none: by the system's authorities."""
        self._relays, self._clock, self._dates = settings.relays, clock, dates
        self._given = context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given or ssl.create_default_context()

    async def tls(self) -> list[Finding]:
        """Look at the TLS of each relay."""
        return list(await asyncio.gather(*map(self._tls_of, self._relays)))

    async def _tls_of(self, relay: object) -> Finding:
        if not isinstance(relay, RelayUrl):
            return found("relay.other", relay=str(relay))
        try:
            seen = await look(relay, seconds=SECONDS, tls=self._context)
        except RelayError as error:
            return found("relay.away", relay=relay.name, why=error.text)
        self._dates.note(relay.host, seen.date)
        return relay_tls.judge(relay, seen, self._clock.now())

    async def login(self) -> list[Finding]:
        """Log in at each relay, as for sending."""
        smtp = [one for one in self._relays if isinstance(one, RelayUrl)]
        return list(await asyncio.gather(*map(self._login_of, smtp)))

    async def _login_of(self, relay: RelayUrl) -> Finding:
        context = Contexts(self._context).for_relay(relay)
        told = {"relay": relay.name}
        try:
            line = await dial(relay, seconds=SECONDS, tls=context)
        except RelayError as error:
            if error.command == "connect":
                return found("relay.away", why=error.text, **told)
            return found("login.refused", why=f"{error.reply or ''} {error.text}", **told)
        secure = line.transport.get_extra_info("ssl_object") is not None
        line.transport.abort()
        if not relay.user:
            return found("login.none", **told)
        if not secure and relay.starttls is not StartTls.REQUIRED and not is_loopback(relay.host):
            return found("login.clear", **told)
        return found("login.good", **told)
