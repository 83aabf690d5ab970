"""The whole service as `mailer up` runs it, and ways to kill its parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Self

from rq import Worker

from mailer.config import Settings
from mailer.errors import StoreLostError
from mailer.store.server.connection import Store
from support.patience import PATIENCE

WORKERS: Final = 4
STOP_SECONDS: Final = 5.0
"""Asked to stop, the service has ended by then, unless the machine is so busy that a start takes
longer."""
CONFIGURATION: Final = """\
data_dir = "data"
sender_address = "bulletin@lists.example.org"
list_domain = "lists.example.org"
relays = ["{relay}"]
workers = {workers}
chunk_size = 1000
lease_seconds = {lease}
log_level = "error"
"""


class Part(StrEnum):
    """The parts that can be killed, each found by a text in its command line."""

    WORKER = "mailer.workers\0run"
    SCHEDULER = "mailer.workers\0schedule"
    STORE = "valkey-server"
    SUPERVISOR = "cli.main import main"
    MACHINE = "(everything at once, as when the power fails)"


class Process(NamedTuple):
    """A process of the service; the start tells it from a later one of the same number."""

    pid: int
    start: int
    part: Part


class Service:
    """`mailer up` in a folder of its own; use it as a context: nothing of it is left at the end."""

    def __init__(self, folder: Path, relay: str, lease_seconds: int) -> None:
        """Write its configuration; nothing is started yet."""
        self.folder = folder
        self._file = folder / "mailer.toml"
        written = CONFIGURATION.format(relay=relay, workers=WORKERS, lease=lease_seconds)
        self._file.write_text(written, encoding="utf-8")
        self.settings = self.settings_with()
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MAILER_")
        } | {"MAILER_CONFIG": str(self._file)}
        self._supervisor: subprocess.Popen[bytes] | None = None

    def settings_with(self, **changes: str) -> Settings:
        """Return its settings, with changes."""
        return Settings.load(self._file, **changes)

    def start(self) -> None:
        """Start it; returns at once."""
        with (self.folder / "service.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-c", "from mailer.cli.main import main; main()", "up"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for_workers(self, store: Store) -> None:
        """Return once all its workers take jobs.

        Raises:
            TimeoutError: they do not.
        """
        deadline, ready = time.monotonic() + PATIENCE, 0
        while ready < WORKERS:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The service does not start: {list(self.processes())}")
            time.sleep(0.02)
            with suppress(StoreLostError):
                known = {worker.pid for worker in Worker.all(connection=store.redis)}
                running = {one.pid for one in self.processes() if one.part is Part.WORKER}
                ready = len(known & running)

    def stop(self) -> float:
        """Ask it to stop; returns how many seconds it took until none but the store was left."""
        began = time.monotonic()
        if self._supervisor is not None:
            self._supervisor.terminate()
            self._supervisor.wait(PATIENCE)
        while any(process.part is not Part.STORE for process in self.processes()):
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"The service does not stop: {list(self.processes())}")
            time.sleep(0.02)
        return time.monotonic() - began

    def kill(self, process: Process) -> None:
        """Kill a process without warning."""
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        if process.part is Part.SUPERVISOR:
            assert self._supervisor is not None
            self._supervisor.wait()

    def processes(self) -> Iterator[Process]:
        """Find its processes, those included that outlived their supervisor."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with suppress(OSError):  # it ended meanwhile
                command = (entry / "cmdline").read_bytes()
                part = next((part for part in Part if part.encode() in command), None)
                if part is None or not self._is_ours(entry, command):
                    continue
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                if fields[0] not in "ZX":  # proc(5): state
                    yield Process(int(entry.name), int(fields[19]), part)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind, however the test ended."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.terminate()
            with suppress(subprocess.TimeoutExpired):
                supervisor.wait(PATIENCE)
        for process in list(self.processes()):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        if supervisor is not None:
            supervisor.wait()

    def _is_ours(self, entry: Path, command: bytes) -> bool:
        if Part.STORE.encode() in command:  # which writes its title over its environment
            file = self.settings.data_dir / "store.pid"
            return file.read_text(encoding="ascii").strip() == entry.name
        return os.fsencode(self.folder) + b"/" in (entry / "environ").read_bytes()
