"""Measures how fast forms and one-click leavings are taken, against an empty FastAPI handler.

python -m benchmarks.web PORT STORE     serves the latter: it writes one value durably, and no more
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from fastapi import FastAPI

from benchmarks import apart, processes, sinks
from benchmarks.installation import Installation
from benchmarks.sinks import Place
from mailer.clock import SystemClock
from mailer.config import secret_key
from mailer.domain.access.token import Signer
from mailer.domain.events import Event
from mailer.domain.subscribers.bearer import sign_leave
from mailer.store import keys
from mailer.store.server.connection import connect_async
from mailer.store.subscribers import forms
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import rows as subscriber_rows
from mailer.web.forms.stamps import LEAST, Stamps
from mailer.workers.supervisor import Supervisor

CONNECTIONS: Final = 64
"""Kept alive, as by a proxy before us; each asks again when it is answered."""
EMPTY: Final = "FastAPI, empty handler and one durable write"
FORM: Final = "the form to subscribe"
CLICK: Final = "one-click leaving"
_HEAD: Final = "POST {path} HTTP/1.1\r\nHost: lists.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Forwarded-For: {client}\r\nX-Forwarded-Proto: https\r\nContent-Length: {size}\r\n\r\n{body}"
_MANY: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Answered:
    """One run of requests at one handler."""

    way: str
    requests: int
    seconds: float
    cpu: float
    """Seconds of the process that serves."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def run(here: Installation, requests: int) -> list[Answered]:
    """Send as many requests to each handler; returns what each took.

    Raises:
        RuntimeError: an answer was not 200, or not all that was thanked for was kept.
    """
    with apart.served("benchmarks.web", here.store.address) as (place, pid):
        body = [_request("/", "a=b")] * requests
        found = [_measured(EMPTY, place, pid, body)]
    here.store.redis.flushdb()
    with _ours(here) as (place, pid):
        found.append(_measured(FORM, place, pid, list(_forms(here, requests))))
        if forms.waiting(here.store) != requests:
            raise RuntimeError(f"{forms.waiting(here.store)} of {requests} forms were kept")
        found.append(_measured(CLICK, place, pid, list(_clicks(here, requests))))
        left = subscribers.count(here.store).by_status["unsubscribed"]
        if left != requests:
            raise RuntimeError(f"{left} of {requests} readers left")
    here.store.redis.flushdb()
    return found


def _forms(here: Installation, count: int) -> Iterator[bytes]:
    stamps = Stamps(secret_key(here.settings()), SystemClock())
    made = [stamps.make("subscribe") for _ in range(count)]  # each is used once
    time.sleep(LEAST.total_seconds() + 1)
    rest = "language=fr&topics=bulletin&topics=meetings&name=Ana+D%C3%ADaz&website="
    for number, stamp in enumerate(made):
        body = f"email=reader{number}%40example.org&{rest}&stamp={stamp}"
        yield _request("/fr/subscribe", body, f"10.{number >> 16 & 255}.{number >> 8 & 255}.7")


def _clicks(here: Installation, count: int) -> Iterator[bytes]:
    settings, now = here.settings(), SystemClock().now()
    rows = [
        subscriber_rows.Row(f"r{n}@example.org", f"r{n}@example.org", "en", "bulletin", "", "", "")
        for n in range(count)
    ]
    defaults = subscriber_rows.Defaults("en", "bulletin", "import")
    fields = {"file": "made", "lines": "1"}
    for start in range(0, count, 1000):
        event = Event("subscribers.imported", now, fields)
        subscriber_rows.put_batch(here.store, rows[start : start + 1000], defaults, event)
    signer = Signer(secret_key(settings))
    first = int(here.store.redis.get(keys.SUBSCRIBER_NEXT)) - count + 1
    for number in range(first, first + count):
        token = sign_leave(signer, number, f"r{number - first}@example.org")
        yield _request(f"/leave/{token}", "List-Unsubscribe=One-Click")


def _request(path: str, body: str, client: str = "192.0.2.7") -> bytes:
    return _HEAD.format(path=path, client=client, size=len(body), body=body).encode()


def _measured(way: str, place: Place, pid: int, requests: list[bytes]) -> Answered:
    asyncio.run(_ask(place, requests[:CONNECTIONS] if way == EMPTY else []))
    before, started = processes.cpu_of(pid), time.perf_counter()
    asyncio.run(_ask(place, requests))
    seconds = time.perf_counter() - started
    return Answered(way, len(requests), seconds, processes.cpu_of(pid) - before)


async def _ask(place: Place, requests: Iterable[bytes]) -> None:
    waiting, loop = iter(requests), asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Client(waiting, loop), place.host, place.port)
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(client.done for _, client in made))


class _Client(asyncio.Protocol):
    """Asks, reads the answer, and asks again, as long as there is something to ask."""

    def __init__(self, requests: Iterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._requests, self._answer = requests, b""
        self.done: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(f"it answered {head.decode('latin-1').splitlines()[0]}")
            return
        size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) >= int(size):
            self._answer = b""
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was lost: {exc}")

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
            return
        if not self.done.done():
            self.done.set_result(None)
        self._transport.close()

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))
        self._transport.close()


@contextmanager
def _ours(here: Installation) -> Iterator[tuple[Place, int]]:
    place = Place("127.0.0.1", sinks.free_port())
    settings = here.settings(
        web_listen=f"http://{place}",
        log_level="info",
        forms_per_address=_MANY,
        forms_per_network=_MANY,
        forms_per_hour=_MANY,
    )
    supervisor = Supervisor(settings)
    supervisor.children = [one for one in supervisor.children if one.name == "web"]
    with supervisor:
        apart.wait_for(place)
        pid = supervisor.children[0].pid
        assert pid is not None
        yield place, pid


def _serve(port: int, address: str) -> None:
    app, store = FastAPI(), connect_async(address)

    @app.post("/")
    async def nothing() -> dict[str, str]:
        await store.set("bench:empty", "written")
        return {}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2])
