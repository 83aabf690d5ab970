"""Servers that take mail and keep none; each counts what it took, and the count must be right."""

from __future__ import annotations

import atexit
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Final

from benchmarks.processes import cpu_of

START_SECONDS: Final = 10.0
POSTFIX: Final = ("/usr/sbin/smtp-sink", "/usr/sbin/smtp-source")
FAST_SOURCE: Final = Path(__file__).with_name("sink.c")
_COUNT: Final = re.compile(rb"mesg=(\d+)")
_DEEP: Final = "256"
"""Connections that may wait to be accepted."""


class SinkError(Exception):
    """A sink cannot be used, or its count is not what it must be."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place where a sink listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The same as a relay's setting."""
        return f"smtp://{self.host}:{self.port}?starttls=no"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read HOST:PORT."""
        host, _, port = text.rpartition(":")
        return cls(host or "127.0.0.1", int(port))

    def listens(self) -> bool:
        """Tell whether something answers there."""
        with suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            return True
        return False


@dataclass
class Sink:
    """A running sink of one or more processes, or somebody else's."""

    places: Sequence[Place]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    outputs: list[IO[bytes]] = field(default_factory=list)
    expected: int = 0
    """The number of messages that it must have counted in the end, set by whoever sends them."""

    def cpu(self) -> float:
        """Tell the seconds of CPU that its processes have used."""
        return sum(cpu_of(process.pid) for process in self.processes)

    def stop(self) -> int:
        """End it and return how many messages it took."""
        total = 0
        for process, output in zip(self.processes, self.outputs, strict=True):
            process.send_signal(signal.SIGTERM)
            process.wait(START_SECONDS)
            output.seek(0)
            found = _COUNT.findall(output.read())
            total += int(found[-1]) if found else 0
            output.close()
        self.processes, self.outputs = [], []
        return total


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sink: a fresh one is started for each run, so that its count is that run's."""

    name: str
    command: str = ""
    """With {port} and {host}; empty: somebody else's, that runs already."""
    processes: int = 1
    place: Place | None = None

    @contextmanager
    def running(self, expected: int = 0) -> Iterator[Sink]:
        """Run it for the length of a `with` block; at its end it must have counted `expected`.

        Raises:
            SinkError: its port is taken, it does not start, or its count is another.
        """
        if not self.command:
            yield self._foreign()
            return
        with ExitStack() as stack:
            sink = Sink([], expected=expected)
            stack.callback(sink.stop)
            for _ in range(self.processes):
                self._start(sink)
            yield sink
            stack.pop_all()
            took = sink.stop()
        if took != sink.expected:
            raise SinkError(f"{self.name} took {took} messages where {sink.expected} were sent")

    def _foreign(self) -> Sink:
        if self.place is None or not self.place.listens():
            raise SinkError(f"nothing listens at {self.place}; start the sink first")
        return Sink([self.place])

    def _start(self, sink: Sink) -> None:
        place = Place("127.0.0.1", free_port())
        if place.listens():  # smtp-sink shares a port with whoever has it: half would be lost
            raise SinkError(f"{place} is in use already")
        output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        words = shlex.split(self.command.format(host=place.host, port=place.port))
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.DEVNULL)
        sink.processes.append(process)
        sink.outputs.append(output)
        sink.places = [*sink.places, place]
        deadline = time.monotonic() + START_SECONDS
        while not place.listens():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SinkError(f"{words[0]} does not start")
            time.sleep(0.02)


def postfix(processes: int = 1) -> Kind:
    """Postfix's smtp-sink.

    Raises:
        SinkError: it is not installed.
    """
    if missing := [file for file in POSTFIX if not Path(file).exists()]:
        raise SinkError(f"{missing[0]} is missing: apt-get install postfix")
    count = f" × {processes}" if processes > 1 else ""
    user = "-u nobody " if os.geteuid() == 0 else ""  # it refuses to run as root
    return Kind(f"smtp-sink{count}", f"{POSTFIX[0]} {user}-c {{host}}:{{port}} {_DEEP}", processes)


def fast() -> Kind:
    """Our own fast sink, compiled when first needed."""
    return Kind("fast sink", f"{shlex.quote(str(_compiled()))} {{port}}")


def foreign(text: str) -> Kind:
    """Return a sink run by others at HOST:PORT, or a command that starts one, with {port} in it."""
    if "{port}" in text:
        return Kind(Path(shlex.split(text)[0]).name, text)
    return Kind(text, place=Place.parse(text))


@cache
def _compiled() -> Path:
    folder = tempfile.mkdtemp(prefix="mailer-sink-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = Path(folder) / "sink"
    subprocess.run(["/usr/bin/gcc", "-O2", "-o", str(program), str(FAST_SOURCE)], check=True)
    return program


def free_port() -> int:
    """Find a port of this machine that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
