"""Hands each message to a command, such as the `sendmail` of the MTA on this machine.

What became of it is told by the command's exit status, as in BSD's `sysexits.h`.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import tempfile
from contextlib import suppress
from typing import IO, Final, NamedTuple

from mailer.domain.bounces.refusal import Stage
from mailer.domain.campaigns.delivery import Attempt, accepted, unknown
from mailer.domain.settings.transport_url import RECIPIENT, SENDER
from mailer.errors import RelayError
from mailer.relay.envelope import Envelope
from mailer.relay.file_form import address, file_form
from mailer.relay.smtp.replies import Reply

SECONDS: Final = 60.0
"""A command that takes longer is killed; nobody can tell then whether it took the message."""
_LONGEST: Final = 500
"""Bytes of what the command says that are kept."""
_OURS: Final = "MAILER_"
"""Variables that may hold secrets of ours, which are none of the command's business."""


class Exit(NamedTuple):
    """The meaning of an exit status for a message, in the words of SMTP."""

    name: str
    code: int
    enhanced: str
    stage: Stage


EXITS: Final = {
    65: Exit("EX_DATAERR", 554, "5.6.0", Stage.DOT),
    67: Exit("EX_NOUSER", 550, "5.1.1", Stage.RCPT),
    68: Exit("EX_NOHOST", 550, "5.1.2", Stage.RCPT),
    69: Exit("EX_UNAVAILABLE", 554, "5.3.0", Stage.DOT),
    75: Exit("EX_TEMPFAIL", 451, "4.3.0", Stage.DOT),
    77: Exit("EX_NOPERM", 554, "5.7.0", Stage.DOT),
}
"""A status about one message, or perhaps so; any other is about the command or this machine."""


class Pipe:
    """A command that takes one message on its standard input, and its envelope as arguments."""

    def __init__(self, place: str, *, seconds: float = SECONDS) -> None:
        """Use the command, with `{sender}` and `{recipient}`, and the time it may take."""
        self._words, self._seconds = shlex.split(place), seconds

    async def ready(self) -> None:
        """Make sure that the command is there.

        Raises:
            RelayError: it is not.
        """
        program = self._words[0]
        if not os.access(program, os.X_OK):
            raise _failed(f"{program} cannot be run")

    async def carry(self, envelope: Envelope) -> Attempt:
        """Run the command with one message.

        Raises:
            RelayError: the command cannot be run, or failed for a reason that is not the message's.
        """
        given = {SENDER: address(envelope.sender), RECIPIENT: address(envelope.recipient)}
        words = [given.get(word, word) for word in self._words]
        with _output() as said:
            process = await _run(words, said)
            try:
                async with asyncio.timeout(self._seconds):
                    await asyncio.gather(_write(process, file_form(envelope)), process.wait())
            except TimeoutError:
                return unknown(f"the command did not end within {self._seconds:g} seconds")
            finally:
                await _end(process)
            said.seek(0)
            told = " ".join(said.read(_LONGEST).decode(errors="replace").split())
        return _judge(process.returncode or 0, told)

    async def close(self) -> None:
        """Nothing is kept between messages."""


def _output() -> IO[bytes]:
    """Open a file for what a command says.

    No pipe: what the command leaves running, such as a delivery in the background, may hold that
    open for long after it has ended.
    """
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise _failed(_words(error)) from error


async def _run(words: list[str], said: IO[bytes]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=said,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
        )
    except OSError as error:
        raise _failed(_words(error)) from error


async def _write(process: asyncio.subprocess.Process, content: bytes) -> None:
    stream = process.stdin
    if stream is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):  # its exit status tells why
        stream.write(content)
        await stream.drain()
    stream.close()
    with suppress(BrokenPipeError, ConnectionResetError):
        await stream.wait_closed()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what is left of a command, with all that it started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _judge(status: int, said: str) -> Attempt:
    """Return how an attempt ended that a command ended with that status.

    Raises:
        RelayError: it failed for a reason that is not the message's.
    """
    if status == 0:
        return accepted(250, "", said)
    if status < 0:
        return unknown(f"the command was ended by signal {-status}")
    known = EXITS.get(status)
    if known is None:
        raise _failed(f"the command failed with status {status}" + (f": {said}" if said else ""))
    words = said or f"the command ended with {known.name}"
    return Reply(known.code, (f"{known.enhanced} {words}".encode(),)).attempt(known.stage)


def _words(error: OSError) -> str:
    return (error.strerror or "it cannot be run").lower()


def _failed(text: str) -> RelayError:
    return RelayError(permanent=False, reply=0, enhanced="", command="run", text=text)
