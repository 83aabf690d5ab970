"""The API on a real server: bodies larger than a page's, and clients that are refused early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from mailer.domain.access.api_token import id_of
from mailer.domain.settings.web_place import WebPlace
from mailer.services.access import api_tokens
from mailer.store.server.connection import Store
from mailer.web import exports, server
from mailer.web.api import streams
from mailer.web.middleware import UPLOAD_BYTES
from support.patience import PATIENCE
from support.service.api_client import ApiClient

READERS = 3000
FILE = "address\n" + "".join(f"reader{number}@example.org\n" for number in range(READERS))


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


def served(api: ApiClient, ask: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Serve the API, and ask it."""

    async def run() -> None:
        stopped = asyncio.Event()
        serving = server.Server(api.web.app, WebPlace("127.0.0.1", 0))
        task = asyncio.create_task(serving.run_until(stopped))
        base = f"http://127.0.0.1:{serving.port}/api/v1"
        headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "text/csv"}
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=PATIENCE) as client:
            await ask(client)
        stopped.set()
        await task

    asyncio.run(run())


def test_file_larger_than_any_form_is_imported_and_exported(api: ApiClient) -> None:
    """The limit of the pages' forms would keep every list out."""

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.post("/subscribers/import", content=FILE)
        assert answer.status_code == 200, answer.text
        assert answer.json()["added"] == READERS
        lines = 0
        async with client.stream("GET", "/subscribers/export") as stream:
            async for _ in stream.aiter_lines():
                lines += 1
        assert lines == READERS

    assert len(FILE) > 64 * 1024
    served(api, ask)


def test_file_of_a_stranger_is_not_read(api: ApiClient) -> None:
    """Whoever has no token must not fill the disk, and is told so."""
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(UPLOAD_BYTES // 65536):
            read += 65536
            yield b"x" * 65536

    async def ask(client: httpx.AsyncClient) -> None:
        headers = {"Authorization": "Bearer x"}
        try:
            answer = await client.post("/subscribers/import", content=pieces(), headers=headers)
        except httpx.TransportError:  # it was still sending when the connection was closed
            return
        assert answer.status_code == 401

    served(api, ask)
    assert read < UPLOAD_BYTES // 2


def test_body_of_json_has_a_limit_of_its_own(api: ApiClient) -> None:
    """What is held in memory must be small."""

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.post(
            "/subscribers",
            content=b'{"address": "' + b"x" * 1_200_000 + b'"}',
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    served(api, ask)


def test_file_that_is_declared_too_large_is_refused_at_once(api: ApiClient) -> None:
    """A limit that is found out after a hundred megabytes is none."""

    async def ask(client: httpx.AsyncClient) -> None:
        place = client.base_url
        reader, writer = await asyncio.open_connection(place.host, place.port)
        head = (
            f"POST {place.path}subscribers/import HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {api.token}\r\nContent-Length: {UPLOAD_BYTES + 1}\r\n\r\n"
        )
        writer.write(head.encode() + b"address")
        said = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        assert said.startswith(b"HTTP/1.1 413 ")
        assert b'"code":"body_too_large"' in said

    served(api, ask)


def test_whose_token_is_revoked_hears_no_more(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stolen token is revoked to shut somebody out now, not in ten minutes."""
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 10 * PATIENCE)
    monkeypatch.setattr(streams, "STILL_SECONDS", 0.0)

    async def ask(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/events/stream") as stream:
            lines = stream.aiter_lines()
            assert (await anext(lines)).startswith("retry: ")
            now = api.clock.now()
            await asyncio.to_thread(api_tokens.revoke, api.store, now, id_of(api.token))
            async with asyncio.timeout(PATIENCE):
                assert [line async for line in lines if line.startswith("id: ")] == []

    served(api, ask)


def test_stream_that_nobody_reads_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener who reads nothing would hold its place for as long as it keeps the line."""
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(streams, "UNREAD_SECONDS", 0.01)
    closed = False

    async def source() -> AsyncIterator[bytes]:
        nonlocal closed
        try:
            while True:
                yield b": still here"
        finally:
            closed = True

    async def full(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    asyncio.run(
        asyncio.wait_for(streams.EventStream(source()).stream_response(full), timeout=PATIENCE)
    )
    assert closed


def test_file_that_nobody_reads_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred exports that are never read would use up all connections."""
    monkeypatch.setattr(exports, "UNREAD_SECONDS", 0.01)
    pieces = iter(["address\n"] * 10)

    async def full(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    sending = exports.Download(pieces).stream_response(full)
    asyncio.run(asyncio.wait_for(sending, timeout=PATIENCE))
    assert len(list(pieces)) >= 8
