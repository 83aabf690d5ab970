"""Takes mail in by LMTP and SMTP, at the places that the setting `listen` names."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from mailer import log
from mailer.domain.settings.listen_url import ListenUrl
from mailer.errors import ConfigError, Problem
from mailer.inbound.committer import Committer
from mailer.inbound.door import Door, Limits
from mailer.inbound.protocol import Conversation
from mailer.services.inbound.intake import Intake

STOP_SECONDS: Final = 5.0
"""The time for which a clean stop waits for mail that is on its way."""
_DEEP: Final = 256
"""Connections that may wait to be accepted."""
_MAILS: Final = 4
"""Mails of the largest size that may be on their way at once; from one network, one."""
_SOCKET_MODE: Final = 0o660
"""The mode of a unix socket: owner and group may connect; its folder restricts that further."""

_log = log.get_logger(__name__)


class Listener:
    """Listens at several places; all hand what they get to one intake."""

    def __init__(self, places: Sequence[ListenUrl], intake: Intake, hostname: str) -> None:
        """Prepare to listen at places; `hostname` is the name to greet with."""
        self._places, self._intake, self._hostname = places, intake, hostname
        self._committer = Committer(intake.receive)
        self._servers: list[asyncio.Server] = []
        self._doors: list[Door] = []
        self.ports: list[int] = []
        """The ports it listens on, in the order of the places; 0 for unix sockets."""

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: a place is taken or forbidden, or a certificate cannot be used.
        """
        for place in self._places:
            try:
                server, port = await self._open(place)
            except OSError as error:
                await self.close()
                raise ConfigError([_problem(place, error)]) from error
            self._servers.append(server)
            self.ports.append(port)

    async def close(self) -> None:
        """Listen no more; mail that is on its way has some seconds to arrive."""
        for server in self._servers:
            server.close()
        inside = [talk for door in self._doors for talk in door.inside]
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                for talk in inside:
                    await talk.quiet.wait()
        await self._committer.close()
        for talk in inside:
            talk.end()
        await asyncio.sleep(0)
        for place in self._places:
            if place.socket:
                place.socket.unlink(missing_ok=True)

    async def _open(self, place: ListenUrl) -> tuple[asyncio.Server, int]:
        make = self._factory(place)
        loop = asyncio.get_running_loop()
        if place.socket:
            server = await loop.create_unix_server(make, place.socket, backlog=_DEEP)
            place.socket.chmod(_SOCKET_MODE)
            return server, 0
        server = await loop.create_server(make, place.host, place.port, backlog=_DEEP)
        return server, server.sockets[0].getsockname()[1]

    def _factory(self, place: ListenUrl) -> Callable[[], Conversation]:
        most, strangers = self._intake.most_bytes, place.protocol == "smtp"
        door = Door(
            Limits(
                connections=place.connections,
                per_address=place.per_address,
                per_network=place.per_network if strangers else place.connections,
                message_bytes=most,
                budget_bytes=_MAILS * most,
                network_bytes=most if strangers else _MAILS * most,
            )
        )
        self._doors.append(door)
        options: dict[str, Any] = {"hostname": self._hostname, "tls_context": _tls(place)}
        if place.require_tls:
            options["require_starttls"] = True

        def make() -> Conversation:
            return Conversation(
                self._intake, self._committer, door, protocol=place.protocol, **options
            )

        return make


def run(
    places: Sequence[ListenUrl],
    intake: Intake,
    hostname: str,
    ready: Callable[[Listener], None] | None = None,
) -> None:
    """Listen until SIGTERM or SIGINT; `ready` is called once it does.

    Raises:
        ConfigError: a place cannot be listened at.
    """
    asyncio.run(_run(Listener(places, intake, hostname), ready))


async def _run(listener: Listener, ready: Callable[[Listener], None] | None) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await listener.start()
    _log.info("inbound.listening", message="Mail is taken in.", ports=listener.ports)
    if ready:
        ready(listener)
    await stopped.wait()
    await listener.close()


def _tls(place: ListenUrl) -> ssl.SSLContext | None:
    if place.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(place.certificate, place.key)
    return context


def _problem(place: ListenUrl, error: OSError) -> Problem:
    words = (error.strerror or str(error)).lower()
    if isinstance(error, ssl.SSLError):
        return Problem(
            "listen",
            f"{place} has no usable certificate: {words}",
            "correct the file",
            code="setting.certificate",
        )
    remedy = "choose another place, end what listens there, or let the service's user listen there"
    return Problem(
        "listen", f"nobody can listen at {place}: {words}", remedy, code="setting.cannot_listen"
    )
