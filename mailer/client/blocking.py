"""The client for programs that wait for each answer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

import httpx

from mailer.client import preparing
from mailer.client.asking import Ask, Blocking, Route
from mailer.client.errors import UnreachableError, error_of
from mailer.client.preparing import END, Prepared, prepared, streamed
from mailer.client.reading import page
from mailer.client.resources import Resources
from mailer.client.retries import Retries
from mailer.client.server_events import Reader


class _Connection:
    """Sends requests, one after another or from several threads."""

    def __init__(self, http: httpx.Client, timeout: float, retries: Retries, key: str = "") -> None:
        self.http, self.timeout, self.retries, self.key = http, timeout, retries, key

    def answer(self, route: Route, ask: Ask[Any]) -> Any:
        """Return the answer."""
        return ask.read(self._sent(self._prepared(route, ask)))

    def pages(self, route: Route, ask: Ask[Any]) -> Iterator[Any]:
        """Iterate over a list, page after page."""
        rest: Ask[Any] | None = ask
        while rest is not None:
            found = page(self._sent(self._prepared(route, rest)))
            yield from map(ask.read, found["items"])
            rest = preparing.following(found, rest)

    def lines(self, route: Route, ask: Ask[Any]) -> Iterator[Any]:
        """Iterate over the lines of an answer while it arrives."""
        with self._opened(streamed(self._prepared(route, ask))) as response:
            yield from (ask.read(line) for line in response.iter_lines() if line)

    def blocks(self, route: Route, ask: Ask[Any]) -> Iterator[Any]:
        """Iterate over the octets of an answer while it arrives."""
        with self._opened(streamed(self._prepared(route, ask))) as response:
            yield from map(ask.read, response.iter_bytes())

    def events(self, route: Route, ask: Ask[Any]) -> Iterator[Any]:
        """Iterate over server-sent events, over as many connections as it takes."""
        last, failures, wait = "", 0, 0.0
        while True:
            time.sleep(wait)
            reader = Reader(last=last)
            try:
                with self._opened(streamed(self._prepared(route, ask), last)) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:
                        return
                    for part in response.iter_bytes():
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

    def _sent(self, one: Prepared, *, stream: bool = False) -> httpx.Response:
        """Send a request, again where that is safe, and return the answer.

        Raises:
            ApiError: the service refuses.
            UnreachableError: it does not answer.
        """
        attempts = one.attempts(self.retries)
        while True:
            try:
                response = self._tried(one, stream=stream)
            except httpx.RequestError as error:
                wait: float | None = attempts.failed(error)
            else:
                if response.is_success or one.is_gone(response, attempts):
                    return response
                wait = attempts.answered(response.status_code, response.headers)
                if wait is None:
                    raise error_of(response)
            time.sleep(wait or 0)

    def _tried(self, one: Prepared, *, stream: bool) -> httpx.Response:
        parts = one.parts()
        if one.ask.file is not None:
            parts["content"] = one.ask.file.blocks()
        response = self.http.send(self.http.build_request(**parts), stream=True)
        if not (stream and response.is_success):
            try:
                response.read()
            finally:
                response.close()
        return response

    @contextlib.contextmanager
    def _opened(self, one: Prepared) -> Iterator[httpx.Response]:
        response = self._sent(one, stream=True)
        try:
            yield response
        except httpx.RequestError as error:
            raise UnreachableError(error) from error
        finally:
            response.close()


class Client(Resources[Blocking]):
    """Asks a service, and waits for its answers; several threads may use it at once.

    Use it in a `with` block, or close it.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        allow_http: bool = False,
        transport: httpx.BaseTransport | None = None,
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
        http = httpx.Client(
            base_url=preparing.checked(base_url, allow_http=allow_http),
            headers=preparing.fields_of(token),
            transport=transport,
        )
        self._connection: Final = _Connection(http, timeout, retries or Retries())
        super().__init__(self._connection)

    def with_key(self, key: str) -> Resources[Blocking]:
        """Return the same for one POST with an idempotency key of your own.

        Write the key down before, and a program that was killed may send the same again.
        """
        connection = self._connection
        return Resources(_Connection(connection.http, connection.timeout, connection.retries, key))

    def close(self) -> None:
        """Close all connections."""
        self._connection.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
