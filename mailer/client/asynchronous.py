"""The client for programs that do other things while they wait (asyncio)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Self

import httpx

from mailer.client import preparing
from mailer.client.asking import Ask, Async, Route
from mailer.client.errors import UnreachableError, error_of
from mailer.client.preparing import END, Prepared, prepared, streamed
from mailer.client.reading import page
from mailer.client.resources import Resources
from mailer.client.retries import Retries
from mailer.client.server_events import Reader


class _Connection:
    """Sends requests, several at once if several tasks ask."""

    def __init__(
        self, http: httpx.AsyncClient, timeout: float, retries: Retries, key: str = ""
    ) -> None:
        self.http, self.timeout, self.retries, self.key = http, timeout, retries, key

    async def answer(self, route: Route, ask: Ask[Any]) -> Any:
        """Return the answer."""
        return ask.read(await self._sent(self._prepared(route, ask)))

    async def pages(self, route: Route, ask: Ask[Any]) -> AsyncIterator[Any]:
        """Iterate over a list, page after page."""
        rest: Ask[Any] | None = ask
        while rest is not None:
            found = page(await self._sent(self._prepared(route, rest)))
            for item in found["items"]:
                yield ask.read(item)
            rest = preparing.following(found, rest)

    async def lines(self, route: Route, ask: Ask[Any]) -> AsyncIterator[Any]:
        """Iterate over the lines of an answer while it arrives."""
        async with self._opened(streamed(self._prepared(route, ask))) as response:
            async for line in response.aiter_lines():
                if line:
                    yield ask.read(line)

    async def blocks(self, route: Route, ask: Ask[Any]) -> AsyncIterator[Any]:
        """Iterate over the octets of an answer while it arrives."""
        async with self._opened(streamed(self._prepared(route, ask))) as response:
            async for block in response.aiter_bytes():
                yield ask.read(block)

    async def events(self, route: Route, ask: Ask[Any]) -> AsyncIterator[Any]:
        """Iterate over server-sent events, over as many connections as it takes."""
        last, failures, wait = "", 0, 0.0
        while True:
            await asyncio.sleep(wait)
            reader = Reader(last=last)
            try:
                async with self._opened(streamed(self._prepared(route, ask), last)) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:
                        return
                    async for part in response.aiter_bytes():
                        for event in reader.feed(part):
                            last, failures = event.id, 0
                            if event.type == END:
                                return
                            yield ask.read(event)
            except UnreachableError:
                failures += 1
                if failures > self.retries.most:
                    raise
            wait = min(reader.retry_seconds, self.retries.longest_seconds)

    def _prepared(self, route: Route, ask: Ask[Any]) -> Prepared:
        return prepared(route, ask, timeout=self.timeout, key=self.key)

    async def _sent(self, one: Prepared, *, stream: bool = False) -> httpx.Response:
        """Send a request, again where that is safe, and return the answer.

        Raises:
            ApiError: the service refuses.
            UnreachableError: it does not answer.
        """
        attempts = one.attempts(self.retries)
        while True:
            try:
                response = await self._tried(one, stream=stream)
            except httpx.RequestError as error:
                wait: float | None = attempts.failed(error)
            else:
                if response.is_success or one.is_gone(response, attempts):
                    return response
                wait = attempts.answered(response.status_code, response.headers)
                if wait is None:
                    raise error_of(response)
            await asyncio.sleep(wait or 0)

    async def _tried(self, one: Prepared, *, stream: bool) -> httpx.Response:
        parts = one.parts()
        if one.ask.file is not None:
            parts["content"] = one.ask.file.blocks_async()
        response = await self.http.send(self.http.build_request(**parts), stream=True)
        if not (stream and response.is_success):
            try:
                await response.aread()
            finally:
                await response.aclose()
        return response

    @contextlib.asynccontextmanager
    async def _opened(self, one: Prepared) -> AsyncIterator[httpx.Response]:
        response = await self._sent(one, stream=True)
        try:
            yield response
        except httpx.RequestError as error:
            raise UnreachableError(error) from error
        finally:
            await response.aclose()


class AsyncClient(Resources[Async]):
    """Asks a service; each method is awaited, and lists are read with `async for`.

    Use it in an `async with` block, or close it.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        allow_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Ask a service.

        Args:
            base_url: address of its web pages, such as https://bulletin.example.org.
            token: an API token; `mailer tokens add` makes one.
            timeout: seconds for which it may be silent; files and streams may take longer.
            retries: how often a request is sent again; default: four times.
            allow_http: whether the token may be sent in the clear, to other machines too.
            transport: how requests are carried, for tests and for proxies of one's own.

        Raises:
            ValueError: the address or the token is none.
        """
        http = httpx.AsyncClient(
            base_url=preparing.checked(base_url, allow_http=allow_http),
            headers=preparing.fields_of(token),
            transport=transport,
        )
        self._connection: Final = _Connection(http, timeout, retries or Retries())
        super().__init__(self._connection)

    def with_key(self, key: str) -> Resources[Async]:
        """Return the same for one POST with an idempotency key of your own.

        Write the key down before, and a program that was killed may send the same again.
        """
        connection = self._connection
        return Resources(_Connection(connection.http, connection.timeout, connection.retries, key))

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
