"""Posts messages to endpoints: to an address that was checked, and without following anything.

A name can lead to another address at each look (DNS rebinding). So it is looked up once, what was
found is checked, and the connection goes to that address; TLS still verifies the URL's own host.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

import httpx

from mailer.domain.webhooks import addresses
from mailer.domain.webhooks.answer import Answer, answered, unanswered
from mailer.domain.webhooks.url import Url, authority
from mailer.hooks.lookup import Lookup, SystemLookup

TOTAL_SECONDS: Final = 15.0
"""For everything: looking up, connecting, sending, and the head of the answer."""
CONNECT_SECONDS: Final = 5.0
"""For one address; then the next one is tried."""
BODY_SECONDS: Final = 2.0
"""For the body of the answer, which only people read."""
MOST_BODY: Final = 4096
"""Octets of it that are read."""
MOST_ADDRESSES: Final = 3
"""Addresses of a host that are tried."""
AGENT: Final = "Mailer-Webhooks/1"


class HookClient:
    """Posts to endpoints; belongs to one event loop."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        lookup: Lookup | None = None,
        context: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """Set up; nothing is connected yet.

        Args:
            allowed: networks that are allowed though they are not public.
            lookup: finds addresses; none: the system's resolver.
            context: verifies servers; none: by the system's authorities.
            total_seconds: how long a try may take.
        """
        self._allowed, self._context = tuple(allowed), context
        self._total_seconds = total_seconds
        self._lookup: Lookup = lookup or SystemLookup()

    async def post(self, url: Url, fields: Mapping[str, str], body: bytes) -> Answer:
        """Post a body of JSON; returns what came of it, whatever that is.

        Args:
            url: where to.
            fields: header fields that are sent with it.
            body: what is sent.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._post(url, fields, body, began)
        except TimeoutError:
            reason = f"did not answer within {self._total_seconds:g} seconds"
        except httpx.HTTPError as error:
            reason = _words(error)
        except OSError as error:
            reason = f"its host {url.host} was not found: {error.strerror or error}"
        return unanswered(reason, loop.time() - began)

    async def close(self) -> None:
        """Close all connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(
            verify=self._context or ssl.create_default_context(),
            trust_env=False,
            # No connection is used twice: by its address alone, one that was verified for a host
            # would be taken for another host that shares the address.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
        return httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
        )

    async def _post(self, url: Url, fields: Mapping[str, str], body: bytes, began: float) -> Answer:
        found = await self._lookup(url.host, url.port)
        permitted = [one for one in found if not self._refusal(url, one)][:MOST_ADDRESSES]
        if not permitted:
            said = self._refusal(url, found[0]) if found else "has no address"
            where = found[0] if found and found[0] != url.host else ""
            at = f"{url.host} is at {where}, which" if where else url.host
            return unanswered(f"refused: {at} {said}; nothing was connected to", 0.0)
        for address in permitted[:-1]:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(url, address, fields, body, began)
        return await self._send(url, permitted[-1], fields, body, began)

    def _refusal(self, url: Url, address: str) -> str:
        """Say why an address may not be connected to; empty: it may."""
        if not url.tls and not addresses.is_listed(address, self._allowed):
            return "is not in webhook_allow_networks, and what http:// sends can be read on the way"
        return addresses.refusal(address, self._allowed)

    async def _send(
        self, url: Url, address: str, fields: Mapping[str, str], body: bytes, began: float
    ) -> Answer:
        scheme = "https" if url.tls else "http"
        place = authority(address, url.port, tls=url.tls)
        request = self._client.build_request(
            "POST",
            f"{scheme}://{place}{url.target}",
            headers={
                "host": url.authority,
                "content-type": "application/json",
                "user-agent": AGENT,
                "accept": "*/*",
                "accept-encoding": "identity",
                "connection": "close",
                **fields,
            },
            content=body,
            extensions={"sni_hostname": url.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            words = await self._beginning(response)
        finally:
            await response.aclose()
        seconds = asyncio.get_running_loop().time() - began
        wish = response.headers.get("retry-after", "").strip()
        return answered(response.status_code, words, seconds, wish)

    async def _beginning(self, response: httpx.Response) -> bytes:
        """Read how a body begins, as it comes over the wire: nothing is unpacked."""
        read = bytearray()
        # The status has said all that counts: a body that breaks off or never ends changes nothing.
        with contextlib.suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(BODY_SECONDS):
                async for piece in response.aiter_raw():
                    read += piece
                    if len(read) >= MOST_BODY:
                        break
        return bytes(read[:MOST_BODY])


def _words(error: httpx.HTTPError) -> str:
    """Say what went wrong with a connection, for people."""
    if isinstance(error, httpx.ConnectTimeout):
        return f"could not be connected to within {CONNECT_SECONDS:g} seconds"
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, httpx.ConnectError):
        return f"could not be connected to: {said}"
    return f"the connection failed: {said}"
