"""Finds the network addresses of hosts, each look in a thread of its own.

The system's resolver cannot be interrupted: one that hangs keeps its thread for half a minute or
longer. In asyncio's own pool a few such hosts would keep everybody else waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

MOST: Final = 300
"""Looks that may go on at once, those included that nobody waits for any more."""

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host, for a port; raises `OSError` where there are none."""


class SystemLookup:
    """Asks the system's resolver."""

    def __init__(self, resolve: Callable[..., Any] = socket.getaddrinfo) -> None:
        """Use `resolve` as the resolver: it may take as long as it likes."""
        self._resolve = resolve
        self._free = threading.BoundedSemaphore(MOST)

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, in the order in which the system would try them.

        Raises:
            OSError: it has none, or too many hosts are looked for that nobody answers for.
        """
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        if not self._free.acquire(blocking=False):
            raise OSError("too many names are being looked up that nobody answers for")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()
        look = threading.Thread(target=self._look, args=(host, port, loop, found), daemon=True)
        look.start()
        return await found

    def _look(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop,
        found: asyncio.Future[list[str]],
    ) -> None:
        error: OSError | None = None
        addresses: list[str] = []
        try:
            known = self._resolve(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(one[4][0]) for one in known))
        except (OSError, UnicodeError) as wrong:
            error = wrong if isinstance(wrong, OSError) else OSError(str(wrong))
        finally:
            self._free.release()

        def tell() -> None:
            if found.done():  # nobody waits any more
                return
            if error is not None:
                found.set_exception(error)
            else:
                found.set_result(addresses)

        try:
            loop.call_soon_threadsafe(tell)
        except RuntimeError:  # the loop was closed meanwhile: the process ends
            return
