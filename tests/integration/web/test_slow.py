"""Clients that take their time: nobody holds a connection open by asking slowly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailer.domain.settings.web_place import WebPlace
from mailer.store.server.connection import Store
from mailer.web import middleware as shell
from mailer.web import server
from support.patience import PATIENCE
from support.service.web_service import WebService


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over an empty store."""
    return WebService(store, data_dir)


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(
    web: WebService, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """A thousand open connections would shut everybody else out."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.05)

    async def run() -> bytes:
        stopped = asyncio.Event()
        serving = server.Server(web.app, WebPlace("127.0.0.1", 0))
        task = asyncio.create_task(serving.run_until(stopped))
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        writer.write(sent)
        said = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        stopped.set()
        await task
        return said

    assert asyncio.run(run()) == b""


def test_a_head_in_pieces_is_answered(web: WebService) -> None:
    """Slow is not silent."""

    async def run() -> bytes:
        stopped = asyncio.Event()
        serving = server.Server(web.app, WebPlace("127.0.0.1", 0))
        task = asyncio.create_task(serving.run_until(stopped))
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        for piece in (b"GET /heal", b"thz HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r\n\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        said = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        stopped.set()
        await task
        return said

    assert asyncio.run(run()).startswith(b"HTTP/1.1 200 OK")


def test_an_answer_waits_for_no_acknowledgement(
    web: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head and body leave one after the other: waiting in between makes every page slow."""
    promptly: list[int] = []
    greet = server.Protocol.connection_made

    def look(protocol: server.Protocol, transport: asyncio.Transport) -> None:
        own = transport.get_extra_info("socket")
        greet(protocol, transport)
        promptly.append(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(server.Protocol, "connection_made", look)

    async def run() -> None:
        stopped = asyncio.Event()
        serving = server.Server(web.app, WebPlace("127.0.0.1", 0))
        task = asyncio.create_task(serving.run_until(stopped))
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        stopped.set()
        await task

    asyncio.run(run())
    assert promptly == [1]


def test_a_body_that_does_not_come_is_told_so(
    web: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9110 section 15.5.9."""
    monkeypatch.setattr(shell, "BODY_SECONDS", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield b"email="
        await asyncio.sleep(PATIENCE)

    answer = web.ask("POST", "/en/subscribe", content=body())
    assert answer.status_code == 408
    assert answer.headers["connection"] == "close"


def test_a_place_that_is_taken_is_told_in_words(web: WebService) -> None:
    """The usual mistake of an operator's first day."""
    from mailer.errors import ConfigError

    first = server.Server(web.app, WebPlace("127.0.0.1", 0))
    with pytest.raises(ConfigError, match="pages cannot be served at"):
        server.Server(web.app, WebPlace("127.0.0.1", first.port))
    first.close()


def test_a_socket_that_a_killed_process_left_is_taken_over_and_a_live_one_is_not(
    web: WebService, tmp_path: Path
) -> None:
    """A restart after a crash must not need a hand."""
    from mailer.errors import ConfigError

    place = WebPlace(socket=tmp_path / "web.sock")
    first = server.Server(web.app, place)
    with pytest.raises(ConfigError):
        server.Server(web.app, place)
    first.close()
    assert (tmp_path / "web.sock").is_socket()
    second = server.Server(web.app, place)
    second.close()
