"""Asks an OpenID provider over HTTP: what it offers, its keys, and what a code stands for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx

from mailer.domain.settings.openid import OpenId

SECONDS: Final = 10.0
"""The time that an answer may take."""
LARGEST: Final = 1_000_000
"""Octets of an answer."""
KEPT_SECONDS: Final = 3600.0
"""What it offers, and its keys, are asked for again after that time."""
AGAIN_SECONDS: Final = 30.0
"""After a failure nobody asks again for so long; nor for keys that were asked for just now."""
AT_ONCE: Final = 4
"""Questions that are under way at once: a provider that hangs holds no more threads than that."""
_PATH: Final = "/.well-known/openid-configuration"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderError(Exception):
    """The provider is away, or what it says cannot be used; the text is for the log."""


class Provider:
    """One provider; what it says of itself is kept for a while."""

    def __init__(self, settings: OpenId, secret: str) -> None:
        """Set up; nothing is asked yet."""
        self.settings, self._secret = settings, secret
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._kept: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._failed = 0.0

    def offers(self) -> Mapping[str, Any]:
        """Return what the provider offers (OpenID Connect Discovery, section 3).

        Raises:
            ProviderError: it cannot be reached; or it is another than the settings name, or has
                addresses that anybody on the way could read.
        """
        issuer = self.settings.issuer
        found = self._cached(issuer.removesuffix("/") + _PATH)
        if found.get("issuer") != issuer:
            raise ProviderError(f"it calls itself {found.get('issuer')!r}, not {issuer!r}")
        for name in _ENDPOINTS:
            self._check(name, found.get(name))
        return found

    def keys(self, *, fresh: bool = False) -> Mapping[str, Any]:
        """Return the provider's public keys; `fresh`: it may have changed them.

        Raises:
            ProviderError: it cannot be reached.
        """
        return self._cached(str(self.offers()["jwks_uri"]), fresh=fresh)

    def exchange(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Exchange a code for tokens (RFC 6749 section 4.1.3).

        Raises:
            ProviderError: it does not take the code, or us.
        """
        offers = self.offers()
        sent, basic = {**form, "client_id": self.settings.client_id}, None
        if self._secret:
            methods = offers.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            if "client_secret_basic" in methods:
                basic = httpx.BasicAuth(_quoted(self.settings.client_id), _quoted(self._secret))
            else:
                sent["client_secret"] = self._secret
        return self._ask("POST", str(offers["token_endpoint"]), data=sent, auth=basic)

    def about(self, token: str) -> Mapping[str, Any]:
        """Return what the provider tells of whoever an access token is of.

        Raises:
            ProviderError: it tells nothing.
        """
        address = self.offers().get("userinfo_endpoint")
        self._check("userinfo_endpoint", address)
        return self._ask("GET", str(address), headers={"Authorization": f"Bearer {token}"})

    def _check(self, name: str, address: Any) -> None:
        """Refuse an address without TLS, unless the provider is on this machine."""
        parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
        plain = parts.scheme == "http" and parts.hostname in _LOCAL and self._local
        if not parts.hostname or not (parts.scheme == "https" or plain):
            raise ProviderError(f"its {name} is no https address: {address!r}")

    @property
    def _local(self) -> bool:
        return urlsplit(self.settings.issuer).hostname in _LOCAL

    def _cached(self, address: str, *, fresh: bool = False) -> Mapping[str, Any]:
        at, found = self._kept.get(address, (0.0, {}))
        age, now = time.monotonic() - at, time.monotonic()
        if found and age < (AGAIN_SECONDS if fresh else KEPT_SECONDS):
            return found
        if now - self._failed < AGAIN_SECONDS and self._failed:
            raise ProviderError("it failed just now")
        try:
            found = self._ask("GET", address)
        except ProviderError:
            self._failed = now
            raise
        self._kept[address] = (now, found)
        return found

    def _ask(self, method: str, address: str, **options: Any) -> Mapping[str, Any]:
        if not self._slots.acquire(blocking=False):
            raise ProviderError("too many wait for it")
        try:
            return self._answer(method, address, options)
        except httpx.HTTPError as error:
            raise ProviderError(f"it cannot be reached: {error}") from error
        finally:
            self._slots.release()

    def _answer(self, method: str, address: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask, and read the answer: no redirects, no more than so much, within so long."""
        late, body = time.monotonic() + SECONDS, b""
        headers = {"Accept": "application/json", **options.pop("headers", {})}  # type: ignore[attr-defined]
        with (
            httpx.Client(timeout=SECONDS, trust_env=not self._local) as client,
            client.stream(method, address, headers=headers, **options) as response,
        ):
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST or time.monotonic() > late:
                    raise ProviderError("its answer is too large, or too slow")
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if response.status_code != 200 or not isinstance(found, dict):
            code = found.get("error") if isinstance(found, dict) else ""
            raise ProviderError(
                f"it answered {response.status_code} {str(code or '')[:80]}".strip()
            )
        return found


def _quoted(text: str) -> str:
    """Write a part of a client's name and secret as RFC 6749 section 2.3.1 has it."""
    return quote_plus(text)
