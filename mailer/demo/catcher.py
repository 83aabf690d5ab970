"""An SMTP server that delivers nothing: what it is given it keeps in a Maildir, to be looked at.

It runs as a process of its own, listens on a free port of this machine only, and ends with whoever
started it. Addresses that begin with `no-such-mailbox` are refused, as a real relay would.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailer.demo import maildir
from mailer.errors import MailerError

REFUSED: Final = "no-such-mailbox"
LARGEST: Final = 32 * 1024 * 1024
"""Octets of a message (RFC 1870)."""
_HOST: Final = "127.0.0.1"
_STOP_SECONDS: Final = 5.0


class Catcher:
    """The catcher's process; use as `with Catcher(folder) as catcher`."""

    def __init__(self, folder: Path, delay_seconds: float = 0.0) -> None:
        """Catch messages into a folder, with a delay for each."""
        self.folder, self._delay = folder, delay_seconds
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Return its address, in the form of the setting `relays`."""
        return f"smtp://{_HOST}:{self.port}?starttls=no"

    def __enter__(self) -> Self:
        """Start it; returns once it listens.

        Raises:
            MailerError: it does not start.
        """
        try:
            maildir.make(self.folder)
        except OSError as error:
            raise MailerError(
                f"The folder {self.folder} for captured mail cannot be used: {error.strerror}."
            ) from error
        command = [sys.executable, "-m", "mailer.demo.catcher", str(self.folder)]
        # A session of its own: Ctrl-C in a terminal is for us, who end it after the workers.
        self._process = subprocess.Popen(
            [*command, "--delay", str(self._delay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101  # we asked for it
        said = self._process.stdout.readline().strip()
        if not said.isdecimal():
            self.close()
            raise MailerError(
                f"The mail catcher for {self.folder} did not start; the lines above tell why."
            )
        self.port = int(said)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; what it took is kept."""
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


class _Server(SMTP):
    """aiosmtpd, with a way of reading messages that costs no work for each line."""

    line_length_limit = LARGEST
    """Also the limit of the stream's buffer, in which a whole message stands."""

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's name
        """Receive a message (RFC 5321 section 4.1.1.4)."""
        envelope = self.envelope
        if arg or envelope is None or not envelope.rcpt_tos:
            words = "501 5.5.4 DATA stands alone" if arg else "503 5.5.1 No recipient"
            await self.push(words)
            return
        await self.push("354 End with a dot on a line of its own")
        raw = bytearray()
        while not (raw == b".\r\n" or raw.endswith(b"\r\n.\r\n")):
            raw += await self._reader.readuntil(b".\r\n")
        # RFC 5321 section 4.5.2: the dot before each line that begins with one goes.
        envelope.original_content = (b"\r\n" + raw[:-3]).replace(b"\r\n.", b"\r\n")[2:]
        status = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(status)


class _Handler:
    """The replies of the catcher."""

    def __init__(self, folder: Path, delay_seconds: float) -> None:
        self._folder, self._delay = folder, delay_seconds

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, session: Session, _envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        """Offer PIPELINING (RFC 2920), which reading from a buffer line by line gives by itself."""
        session.host_name = name
        return [*replies[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", replies[-1]]

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse who asks for it by name."""
        if address.startswith(REFUSED):
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message, once for each recipient."""
        if self._delay:
            await asyncio.sleep(self._delay)
        sender, content = envelope.mail_from or "", envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            maildir.deliver(self._folder, sender, recipient, content)
        return "250 2.0.0 Kept"


async def serve(folder: Path, delay_seconds: float = 0.0) -> None:
    """Catch mail until standard input ends; writes the port to standard output."""
    loop = asyncio.get_running_loop()
    handler = _Handler(folder, delay_seconds)
    server = await loop.create_server(
        # Without a name given, aiosmtpd would ask the network for ours.
        lambda: _Server(
            handler,
            hostname="catcher.localhost",
            ident="Mailer's catcher",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            loop=loop,
        ),
        _HOST,
        0,
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()


def main() -> None:
    """Run as a process."""
    parser = argparse.ArgumentParser(description="Catch mail in a Maildir.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds for each message")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.folder, arguments.delay))


if __name__ == "__main__":
    main()
