"""Reads a client's command lines, and knows what no mail server would send.

A line ends with CR LF alone (RFC 5321 sections 2.3.8 and 4.1.1.4): where two servers disagree about
that, one mail is made of two, and the second under a name that nobody vouched for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn

BARE: Final = "554 5.5.2 Lines end with CR LF (RFC 5321 section 2.3.8)"
WEB: Final = "554 5.5.1 This is a mail server"

_WEB: Final = re.compile(
    rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH|PRI)(?:[ \t]|\r?\n)", re.IGNORECASE
)
"""The beginning of a request (RFC 9110 section 9, RFC 9113 section 3.4): somebody makes a browser
talk to us, and what follows may look like commands."""
_SMUGGLED: Final = re.compile(rb"(?<!\r)\n\.\r?\n|\r\n\.\n")
"""A dot that some servers take for a mail's end, and others for text."""


class Lines:
    """A stream of which aiosmtpd reads commands; else as the one within."""

    def __init__(
        self, within: asyncio.StreamReader, part: Callable[[str], Awaitable[NoReturn]]
    ) -> None:
        object.__setattr__(self, "_within", within)
        object.__setattr__(self, "_part", part)

    async def readuntil(self) -> bytes:
        """Read one command line; one that no mail server would send is the last."""
        line: bytes = await self._within.readuntil()
        if _WEB.match(line):
            await self._part(WEB)
        if not line.endswith(b"\r\n"):
            await self._part(BARE)
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._within, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._within, name, value)


def is_smuggled(raw: bytearray, begin: int, end: int) -> bool:
    """Tell whether a message has, in that stretch, an end that is none.

    Args:
        raw: what came after DATA, with a line's end before it.
        begin: where to look from; what ends there may begin up to four octets before.
        end: where to look to; after the message's own end, if that came.
    """
    return _SMUGGLED.search(raw, max(0, begin - 4), end) is not None
