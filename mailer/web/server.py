"""Serves the pages over HTTP/1.1, to a proxy that speaks TLS to the world."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mailer import log
from mailer.domain.settings.web_place import WebPlace
from mailer.errors import ConfigError
from mailer.web.middleware import HEAD_BYTES

HEAD_SECONDS: Final = 10.0
"""The time that a new connection may take for its head fields."""
IDLE_SECONDS: Final = 20
"""The time for which a connection is kept for the next request."""
MOST_CONNECTIONS: Final = 1000
STOP_SECONDS: Final = 8
"""The time for which a clean stop waits for requests that are being answered."""
_DEEP: Final = 1024
_SOCKET_MODE: Final = 0o660

_log = log.get_logger(__name__)


class Protocol(H11Protocol):
    """Lets nobody hold a connection open by asking very slowly."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client so long to ask its first question; later ones, uvicorn's time-out."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """Receive data; only a whole head stops the clock."""
        timer: asyncio.TimerHandle | None = self.timeout_keep_alive_task
        cycle = self.cycle
        self.timeout_keep_alive_task = None
        super().data_received(data)
        if self.cycle is cycle and self._waits():
            self.timeout_keep_alive_task = timer
        elif timer is not None:
            timer.cancel()

    def _waits(self) -> bool:
        cycle: Any = self.cycle  # none before the first request
        return cycle is None or cycle.response_complete


class Server(uvicorn.Server):
    """One place where an application is served; whoever runs it handles the signals."""

    def __init__(self, app: ASGIApp, place: WebPlace) -> None:
        self.place = place
        options: dict[str, Any] = {
            "http": Protocol,
            "ws": "none",
            "lifespan": "off",
            "log_config": None,
            "access_log": False,
            "proxy_headers": False,
            "server_header": False,
            "limit_concurrency": MOST_CONNECTIONS,
            "timeout_keep_alive": IDLE_SECONDS,
            "timeout_graceful_shutdown": STOP_SECONDS,
            "h11_max_incomplete_event_size": HEAD_BYTES,
        }
        super().__init__(uvicorn.Config(app, **options))
        self._listening = _bound(place)
        self.port: int = 0 if place.socket else self._listening.getsockname()[1]

    def capture_signals(self) -> Any:
        """Leave the signals to whoever runs this."""
        return nullcontext()

    def close(self) -> None:
        """Listen no more, where it never served."""
        self._listening.close()

    async def run_until(self, stopped: asyncio.Event) -> None:
        """Serve until the event is set; requests that are being answered are finished."""
        serving = asyncio.create_task(self.serve([self._listening]))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        self.should_exit = True
        waiting.cancel()
        await serving
        if self.place.socket:
            self.place.socket.unlink(missing_ok=True)


def run(servers: list[Server], ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once connections are taken."""
    asyncio.run(_run(servers, ready))


async def _run(servers: list[Server], ready: Callable[[], None] | None) -> None:
    stopped = asyncio.Event()
    with _signals(stopped):
        for server in servers:
            _log.info("web.listening", message="Connections are taken.", place=str(server.place))
        if ready:
            ready()
        async with asyncio.TaskGroup() as group:
            for server in servers:
                group.create_task(server.run_until(stopped))


@contextmanager
def _signals(stopped: asyncio.Event) -> Iterator[None]:
    loop, both = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    for number in both:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield
    finally:
        for number in both:
            loop.remove_signal_handler(number)


def _bound(place: WebPlace) -> socket.socket:
    """Listen at a place.

    Raises:
        ConfigError: it is taken or forbidden.
    """
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    if place.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        # Named, or asyncio would not know it for TCP, and leave each answer's end waiting for the
        # client to acknowledge its beginning: for 40 ms (RFC 1122 section 4.2.3.4).
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if place.socket:
            _remove_stale(place)
            made.bind(str(place.socket))
            place.socket.chmod(_SOCKET_MODE)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((place.host, place.port))
        made.listen(_DEEP)
    except OSError as error:
        made.close()
        words = (error.strerror or str(error)).lower()
        remedy = "choose another place, or end what listens there"
        raise ConfigError.of(
            "web_listen",
            f"pages cannot be served at {place}: {words}",
            remedy,
            code="setting.cannot_listen",
        ) from error
    made.setblocking(False)
    return made


def _remove_stale(place: WebPlace) -> None:
    """Remove the socket of a process that was killed; one that is listened at stays."""
    if place.socket is None or not place.socket.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(place.socket))
        except ConnectionRefusedError:
            with suppress(FileNotFoundError):
                place.socket.unlink()
