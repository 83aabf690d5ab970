"""Has signatures made by a process beside the worker's, so that both work at the same time.

An RSA signature takes a quarter of a millisecond or more. Threads would make it too, but each would
have to wait for its turn to run Python before and after, as would the loop.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Final, Self

from mailer import log
from mailer.message.outgoing.dkim import Key
from mailer.services.sending.prewriting.signer import NUMBER

AGAIN_SECONDS: Final = 10.0
"""The least time between two starts of one that died."""
ANSWER_SECONDS: Final = 30.0
"""The silence after which one has failed; a machine may stand still for a while."""
END_SECONDS: Final = 5.0
"""The time for it to end by itself; after that it is killed."""

_log = log.get_logger(__name__)


class Signing:
    """Makes signatures with some keys; use it within one event loop, and close it."""

    def __init__(self, keys: Sequence[Key], clock: Callable[[], float] = time.monotonic) -> None:
        """Start the process; this takes milliseconds, and the process is ready soon after.

        Args:
            keys: each digest is of one of them, in turn.
            clock: tells seconds.
        """
        self._keys, self._clock = keys, clock
        self._process: _Process | None = None
        self._started = -AGAIN_SECONDS
        self._start()

    @classmethod
    def worth_it(cls, keys: Sequence[Key]) -> Self | None:
        """Start one if a key is slow enough for that; Ed25519 is faster than the asking."""
        return cls(keys) if any(key.algorithm.startswith("rsa") for key in keys) else None

    @property
    def pid(self) -> int | None:
        """The process id, if there is one."""
        return self._process.pid if self._process is not None else None

    async def sign(self, digests: Sequence[bytes]) -> list[bytes]:
        """Return the signature of each digest; if the process fails, they are made in this one.

        Args:
            digests: any number of rounds of one for each key, in the order of the keys.
        """
        if self._process is None and self._clock() - self._started > AGAIN_SECONDS:
            self._start()
        process = self._process
        if process is not None and digests:
            try:
                return await process.sign(digests)
            except OSError as error:
                await self._lose(process, error)
        return [key.sign(digest) for key, digest in zip(cycle(self._keys), digests, strict=False)]

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _start(self) -> None:
        self._started = self._clock()
        try:
            self._process = _Process(self._keys)
        except OSError as error:
            self._tell(error)

    async def _lose(self, process: _Process, error: OSError) -> None:
        if process is self._process:  # the first of those who asked it tells
            self._process = None
            self._tell(error)
            await process.kill()

    def _tell(self, error: OSError) -> None:
        said = f"The process that signs has failed ({error}); the worker signs by itself meanwhile."
        _log.warning("signing.failed", message=said)


class _Process:
    """A running signer, and the connection with it."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._sizes = [key.octets for key in keys]
        self._turn = asyncio.Lock()
        self._socket, theirs = socket.socketpair()
        with theirs:
            try:
                self._process: subprocess.Popen[bytes] = subprocess.Popen(
                    [sys.executable, "-m", "mailer.services.sending.prewriting.signer"],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    start_new_session=True,  # Ctrl-C in a terminal is for us
                )
                self._socket.sendall(NUMBER.pack(len(keys)))
                for key in keys:
                    self._socket.sendall(NUMBER.pack(len(key.pem)) + key.pem)
            except OSError:
                self._socket.close()
                raise
        self._socket.setblocking(False)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def sign(self, digests: Sequence[bytes]) -> list[bytes]:
        """Ask, and wait for the answer; several may do so at once.

        Raises:
            OSError: the process has ended, or cannot be asked.
        """
        question = NUMBER.pack(len(digests)) + b"".join(digests)
        if self._socket.send(question) != len(question):
            raise BlockingIOError("it does not read")
        sizes = [size for size, _ in zip(cycle(self._sizes), digests, strict=False)]
        async with self._turn:  # answers come in the order of the questions
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    octets = await self._answer(sum(sizes))
            except BaseException:
                self._hang_up()  # whose answer would be next is not known any more
                raise
        made, at = [], 0
        for size in sizes:
            made.append(octets[at : at + size])
            at += size
        return made

    def close(self) -> None:
        """End it; nobody may be waiting for an answer."""
        self._socket.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def kill(self) -> None:
        """End it at once; those who wait for an answer hear that none comes."""
        self._hang_up()
        self._process.kill()
        async with self._turn:  # to close what another one waits at would leave it waiting
            self.close()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    async def _answer(self, size: int) -> bytes:
        loop, answer = asyncio.get_running_loop(), b""
        while len(answer) < size:
            octets = await loop.sock_recv(self._socket, size - len(answer))
            if not octets:
                raise ConnectionResetError("it has ended")
            answer += octets
        return answer
