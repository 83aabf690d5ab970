"""Keeps the service running: store, workers and scheduler; starts again what dies."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final, Self

from mailer import log
from mailer.config import Settings
from mailer.errors import StoreError
from mailer.services.operation.opening import open_for
from mailer.store.server.connection import Store
from mailer.workers import lifeline

LOOK_SECONDS: Final = 0.1
STOP_LOOK_SECONDS: Final = 0.02
STOP_SECONDS: Final = 10.0
"""A child that is asked to stop has that long; then it is killed."""
FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 10.0
"""Waits before a child that keeps dying is started again: doubled each time."""
STEADY_SECONDS: Final = 10.0
"""One that lived that long is taken to be well."""

_log = log.get_logger(__name__)


@dataclass
class Child:
    """One process of the service."""

    name: str
    module: str
    """Its name in `mailer.workers`."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    again_at: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        """Its process id, if it runs."""
        running = self.process is not None and self.process.poll() is None
        return self.process.pid if self.process and running else None


class Supervisor:
    """Runs the processes of one service; use it as a context, or call `run`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        names = [f"worker-{number}" for number in range(1, settings.workers + 1)]
        self.children = [Child(name, "run") for name in names]
        self.children.append(Child("urgent", "urgent"))
        self.children.append(Child("scheduler", "schedule"))
        if settings.listen:
            self.children.append(Child("listener", "listen"))
        if settings.imap_url:
            self.children.append(Child("mailbox", "mailbox"))
        if settings.web_listen:
            self.children.append(Child("web", "web"))
        self.store: Store | None = None
        self._stopping = False
        self._lock: IO[bytes] | None = None

    def start(self) -> Store:
        """Open the store and start every process; returns the store.

        Raises:
            ConfigError: the settings do not allow sending, or the secret key is another's.
            StoreError: the store cannot be used, or another supervisor uses it.
        """
        self._settings.check_for_sending()
        self.store = open_for(self._settings)
        if self.store.embedded is not None:
            try:
                self._lock = _alone_in(self._settings.data_dir)
            except StoreError:
                self.stop()
                raise
        for said in self.store.weaknesses():
            _log.warning("store.weak", message=said)
        for child in self.children:
            self._spawn(child)
        return self.store

    def look(self) -> None:
        """Start again what has died; to be called often."""
        self._tend_store()
        now = time.monotonic()
        for child in self.children:
            if child.pid is not None:
                continue
            if child.process is not None:
                self._mourn(child, now)
            if now >= child.again_at:
                self._spawn(child)

    def stop(self) -> None:
        """Ask every process to stop, wait, and close the store."""
        running = [child for child in self.children if child.pid is not None]
        for child in running:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.pid is not None for child in running) and time.monotonic() < deadline:
            self._tend_store()  # they have outcomes to write down
            time.sleep(STOP_LOOK_SECONDS)
        for child in running:
            if child.pid is not None and child.process is not None:
                _log.warning("child.killed", message=f"{child.name} did not stop and is killed.")
                child.process.kill()
                child.process.wait()
        if self.store is not None:
            self.store.close()
            self.store = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def run(self, ready: Callable[[Store], None] | None = None) -> None:
        """Run the service until SIGTERM or SIGINT; `ready` is called once it is up."""
        with _signals(self._ask_to_stop):
            try:
                store = self.start()
                if ready:
                    ready(store)
                while not self._stopping:
                    self.look()
                    time.sleep(LOOK_SECONDS)
            finally:
                self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask_to_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _tend_store(self) -> None:
        """Start our own store again if it has died."""
        if self.store is not None and self.store.embedded is not None:
            try:
                self.store.embedded.revive()
            except StoreError as error:
                _log.error("store.down", message=f"The store does not start: {error}")

    def _spawn(self, child: Child) -> None:
        environment = os.environ | self._settings.environment()
        environment[lifeline.VARIABLE] = str(os.getpid())
        # A session of its own: Ctrl-C in a terminal comes to us, and we stop things in order.
        with lifeline.birth():
            child.process = subprocess.Popen(
                [sys.executable, "-m", "mailer.workers", child.module],
                env=environment,
                start_new_session=True,
            )
        child.started = time.monotonic()

    def _mourn(self, child: Child, now: float) -> None:
        status = child.process.returncode if child.process else 0
        child.wait = (
            FIRST_WAIT
            if now - child.started > STEADY_SECONDS
            else min(child.wait * 2, LONGEST_WAIT)
        )
        child.again_at, child.process = now + child.wait, None
        _log.warning(
            "child.died",
            message=f"{child.name} ended with status {status}; it is started again.",
            status=status,
            wait=child.wait,
        )


def _alone_in(data_dir: Path) -> IO[bytes]:
    """Keep a second service out of a data directory for as long as what is returned is open.

    It would do no harm, as the store is shared; but whoever starts it believes that the first one
    has ended, or is about to stop the wrong one. The system frees the lock when we die.
    """
    lock = (data_dir / "up.lock").open("a+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read(20).decode("ascii", "replace").strip()
        lock.close()
        raise StoreError(
            f"The service runs already, as process {holder}, with the data in {data_dir}. "
            "For more processes that send, raise `workers`, or start `mailer worker` beside it."
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n".encode("ascii"))
    lock.flush()
    return lock


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process is not None:
        child.process.send_signal(number)


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
