"""The pages and the API on a real server of this process, for clients that wait for answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from mailer.domain.settings.web_place import WebPlace
from mailer.web.server import Server
from support.patience import PATIENCE


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread for the length of a `with` block; yield its address."""
    server = Server(app, WebPlace("127.0.0.1", 0))
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(server.run_until(stopped))
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="served")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(PATIENCE)
    assert not thread.is_alive()
