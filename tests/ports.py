"""Ports for servers that must be told theirs before they listen."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import cycle
from typing import Final

_PORTS: Final = range(20_000, 32_000)
"""Below those that Linux deals out by itself (ip_local_port_range, from 32768 on): no client's end
of a connection gets one between our look at it and the server's start."""

_turn: Final[Iterator[int]] = cycle(
    [*_PORTS[os.getpid() % len(_PORTS) :], *_PORTS[: os.getpid() % len(_PORTS)]]
)
_ours: Final[list[socket.socket]] = []


def free_port() -> int:
    """Find a port of this machine that nobody has, and that no test gets beside or after this one."""
    for port in _turn:
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0mailer-tests-{port}")  # unix(7): an abstract name, for as long as we live
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
        else:
            _ours.append(mark)
            return port
    raise AssertionError("there are more ports than tests")
