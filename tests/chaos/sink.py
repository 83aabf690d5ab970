"""A relay that writes down what it takes: recipient, Message-ID and time of every message.

It runs as a process of its own, which nobody kills. Like a real relay it delivers what it has read
in full, even if the sender is gone before it hears so: that is where repeats come from.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

_HOST: Final = "127.0.0.1"
_STOP_SECONDS: Final = 5.0
_END: Final = b"\r\n.\r\n"
_PATH: Final = re.compile(rb"<([^>]*)>")
_MESSAGE_ID: Final = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_GREETING: Final = b"220 sink.localhost ESMTP\r\n"
_OFFER: Final = (
    b"250-sink.localhost\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
)


class Taken(NamedTuple):
    """One message that the sink took."""

    at: float
    """The instant, in seconds of the system's steady clock."""
    recipient: str
    message_id: str


class Sink:
    """The sink's process; use it as a context."""

    def __init__(self, file: Path, seconds_each: float, seed: int) -> None:
        """Keep the file to write to, and the time to take over a message, by half more or less."""
        self.file, self._seconds, self._seed = file, seconds_each, seed
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Return its address, in the form of the setting `relays`."""
        return f"smtp://{_HOST}:{self._port}?starttls=no"

    def __enter__(self) -> Self:
        """Start it; returns once it listens."""
        command = [sys.executable, __file__, str(self.file), str(self._seconds), str(self._seed)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        """End it; what it wrote is kept."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def taken(self) -> Iterator[Taken]:
        """Read what it took so far, in order."""
        with self.file.open(encoding="utf-8") as lines:
            for line in lines:
                at, recipient, message_id = line.split()
                yield Taken(float(at), recipient, message_id)

    def count(self) -> int:
        """Tell how many messages it took so far."""
        return self.file.read_bytes().count(b"\n")


class _Session(asyncio.Protocol):
    """One connection. Commands that come while a message is being kept wait their turn."""

    def __init__(self, record: int, seconds: float, dice: random.Random) -> None:
        self._record, self._seconds, self._dice = record, seconds, dice
        self._read = bytearray()
        self._recipients: list[str] = []
        self._in_data = self._keeping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        self._read += data
        self._go_on()

    def _go_on(self) -> None:
        replies = []
        while not self._keeping:
            end = self._read.find(_END if self._in_data else b"\r\n")
            if end < 0:
                break
            if self._in_data:
                content = bytes(self._read[:end])
                del self._read[: end + len(_END)]
                self._in_data, self._keeping = False, True
                wait = self._seconds * self._dice.uniform(0.5, 1.5)
                asyncio.get_running_loop().call_later(wait, self._keep, content)
            else:
                line = bytes(self._read[:end])
                del self._read[: end + 2]
                replies.append(self._answer(line))
        self._transport.write(b"".join(replies))

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return _OFFER
        if verb == b"RCPT":
            path = _PATH.search(line)
            self._recipients.append(path[1].decode() if path else "?")
            return b"250 2.1.5 OK\r\n"
        if verb == b"DATA":
            self._in_data = True
            return b"354 Go ahead\r\n"
        if verb in {b"MAIL", b"RSET"}:
            self._recipients = []
            return b"250 2.1.0 OK\r\n"
        if verb == b"QUIT":
            self._transport.close()
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.0.0 OK\r\n"

    def _keep(self, content: bytes) -> None:
        """Write a message down, then say so if anybody still listens."""
        found = _MESSAGE_ID.search(content)
        message_id = found[1].decode() if found else "?"
        for recipient in self._recipients:
            os.write(self._record, f"{time.monotonic()} {recipient} {message_id}\n".encode())
        self._keeping = False
        if not self._transport.is_closing():
            self._transport.write(b"250 2.0.0 Kept\r\n")
            self._go_on()


async def _serve(file: Path, seconds: float, seed: int) -> None:
    record = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    dice = random.Random(seed)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Session(record, seconds, dice), _HOST, 0, backlog=1024
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()


def _main() -> None:
    parser = argparse.ArgumentParser(description="Take mail and write down what was taken.")
    parser.add_argument("file", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int)
    asked = parser.parse_args()
    asyncio.run(_serve(asked.file, asked.seconds, asked.seed))


if __name__ == "__main__":
    _main()
