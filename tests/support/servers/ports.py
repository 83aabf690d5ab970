"""Servers that must be told their port before they listen: a free one, their start, and their end."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from typing import Final

from support.patience import PATIENCE

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


def wait_for(
    port: int, server: subprocess.Popen[bytes], name: str, said: Callable[[], str]
) -> None:
    """Return once a server listens; fails with what it said if it ended, or took too long."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{name} does not start: {said()}")
        time.sleep(0.02)


def end(server: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, and see to it."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
