"""Requests too large for the web server, by docs/web.md: just under the limits, and just over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailer.domain.settings.web_place import WebPlace
from mailer.store.server.connection import Store
from mailer.web import middleware as shell
from mailer.web import server
from mailer.web.forms import fields
from support.patience import PATIENCE
from support.service.web_service import WebService

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over an empty store."""
    return WebService(store, data_dir)


def answered(web: WebService, pieces: Sequence[bytes]) -> int:
    """Send a request in pieces over a real connection; return the status of its answer."""

    async def run() -> bytes:
        stopped = asyncio.Event()
        serving = server.Server(web.app, WebPlace("127.0.0.1", 0))
        task = asyncio.create_task(serving.run_until(stopped))
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        said = await asyncio.wait_for(reader.readline(), PATIENCE)
        writer.close()
        stopped.set()
        await task
        return said

    return int(asyncio.run(run()).split()[1])


def head(size: int, *, several: bool) -> bytes:
    """Make a request whose head has that many octets, in one field or in many."""
    begun, ended = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", b"\r\n"
    left = size - len(begun) - len(ended)
    fields_ = b""
    while several and left - len(fields_) > 200:
        fields_ += b"X-A: " + b"a" * 93 + b"\r\n"
    last = left - len(fields_) - len(b"X-B: \r\n")
    return begun + fields_ + b"X-B: " + b"b" * last + b"\r\n" + ended


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_head_has_the_size_that_is_written(
    web: WebService, *, several: bool, over: bool, at_once: bool
) -> None:
    """The library bounds a head in pieces alone: one that came at once could have any size."""
    data = head(shell.HEAD_BYTES + over, several=several)
    assert len(data) == shell.HEAD_BYTES + over
    # The last octet comes by itself, so that the server waits with all the others.
    pieces = [data] if at_once else [data[:-1], data[-1:]]
    assert answered(web, pieces) == (431 if over else 200)


def test_a_head_that_never_ends_is_refused(web: WebService) -> None:
    """It would otherwise fill the memory."""
    data = head(shell.HEAD_BYTES * 4, several=True)[:-4]
    assert answered(web, [data[at : at + 1000] for at in range(0, len(data), 1000)]) == 400


@pytest.mark.parametrize(("over", "status"), [(0, 404), (1, 414)])
def test_a_path_has_the_length_that_is_written(web: WebService, over: int, status: int) -> None:
    """RFC 9110 section 15.5.15."""
    path = "/en/" + "a" * (shell.LONGEST_PATH - 4 + over)
    assert web.ask("GET", path).status_code == status
    assert web.ask("GET", f"{path}?{'q' * 9000}").status_code == status


def post(web: WebService, body: bytes, kind: str = FORM) -> int:
    """Send a form that asks for nothing; return the status."""
    return web.ask(
        "POST", "/en/subscribe", content=body, headers={"Content-Type": kind}
    ).status_code


@pytest.mark.parametrize(("over", "refused"), [(0, False), (1, True)])
def test_a_form_has_the_size_that_is_written(web: WebService, over: int, *, refused: bool) -> None:
    """A form of an allowed size is read, though it makes no sense."""
    assert (post(web, b"a=" + b"b" * (shell.MOST_BYTES - 2 + over)) == 413) is refused
    assert (post(web, b"&".join([b"a=b"] * (fields.MOST_FIELDS + over))) == 400) is refused
    assert (post(web, b"a" * (fields.LONGEST_NAME + over) + b"=b") == 400) is refused
    for filename in ("", '; filename="f"'):
        part = f'--x\r\nContent-Disposition: form-data; name="a"{filename}\r\n\r\nb\r\n'
        body = part * (fields.MOST_FIELDS + over) + "--x--\r\n"
        kind = "multipart/form-data; boundary=x"
        assert (post(web, body.encode(), kind) == 400) is refused
    part = f'--x\r\nContent-Disposition: form-data; name="{"a" * (fields.LONGEST_NAME + over)}"'
    body = f"{part}\r\n\r\nb\r\n--x--\r\n"
    assert (post(web, body.encode(), "multipart/form-data; boundary=x") == 400) is refused
