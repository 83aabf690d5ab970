"""The log of requests: what was asked for and how it ended, never by whom.

A line names the route that answered (`/leave/{token}`), never the address that was asked for, for
tokens and network addresses are the readers' business. So lines of one second would often be the
same; they are written as one, with their number: a flood does not fill the disk, and costs less
than writing of each would.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from mailer import log

SECONDS: Final = 1.0
"""The time for which answers are gathered."""
QUIET: Final = frozenset({"/healthz", "/readyz", "/static/{name}"})
"""Routes that are told at level debug only: machines ask for them all the time."""

_log = log.get_logger(__name__)


@dataclass(slots=True)
class _Same:
    """Answers that are told as one."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0


class AccessLog:
    """Gathers answers, and writes them down once a second."""

    def __init__(self) -> None:
        self._gathered: dict[tuple[str, str, int], _Same] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answer; call it in the event loop."""
        key = (method, route, status)
        same = self._gathered.get(key)
        if same is None:
            same = self._gathered[key] = _Same()
        same.count += 1
        same.total += seconds
        same.longest = max(same.longest, seconds)
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(SECONDS, self.write)

    def write(self) -> None:
        """Write what was gathered; at the end of the process too."""
        self._loop, gathered = None, self._gathered
        self._gathered = {}
        for (method, route, status), same in gathered.items():
            tell = _log.debug if route in QUIET and status < 400 else _log.info
            tell(
                "web.answered",
                message=f"{method} {route} {status}",
                method=method,
                route=route,
                status=status,
                count=same.count,
                milliseconds=round(same.total / same.count * 1000, 1),
                longest=round(same.longest * 1000, 1),
            )
