"""Servers in processes of their own: started, waited for, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks import sinks
from benchmarks.sinks import Place, SinkError

START_SECONDS: Final = 20.0


def environment() -> dict[str, str]:
    """Return the environment in which modules of ours are found."""
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}


@contextmanager
def served(module: str, *arguments: str) -> Iterator[tuple[Place, int]]:
    """Run a module of ours that serves at the port it is given; yields place and process id.

    Raises:
        SinkError: it does not begin to listen.
    """
    place = Place("127.0.0.1", sinks.free_port())
    server = subprocess.Popen(
        [sys.executable, "-m", module, str(place.port), *arguments], env=environment()
    )
    try:
        wait_for(place)
        yield place, server.pid
    finally:
        server.terminate()
        server.wait()


def wait_for(place: Place) -> None:
    """Wait until something listens there.

    Raises:
        SinkError: nothing does.
    """
    deadline = time.monotonic() + START_SECONDS
    while not place.listens():
        if time.monotonic() > deadline:
            raise SinkError(f"nothing listens at {place}")
        time.sleep(0.05)
