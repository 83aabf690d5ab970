"""Verification of relays' certificates: always, except where TLS is used only if offered."""

from __future__ import annotations

import ssl
from functools import cached_property

from mailer.domain.settings.relay_url import RelayUrl, StartTls


class Contexts:
    """Makes the TLS contexts once: loading the system's authorities takes long."""

    def __init__(self, verified: ssl.SSLContext | None = None) -> None:
        """Use a context that verifies; none: the system's authorities."""
        self._given = verified

    def for_relay(self, url: RelayUrl) -> ssl.SSLContext | None:
        """Return the context for a relay, or none where TLS is never used."""
        if url.tls or url.starttls is StartTls.REQUIRED:
            return self._verified
        return self._unverified if url.starttls is StartTls.WHEN_OFFERED else None

    @cached_property
    def _verified(self) -> ssl.SSLContext:
        return self._given or ssl.create_default_context()

    @cached_property
    def _unverified(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
