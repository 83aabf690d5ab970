"""One client's conversation, SMTP (RFC 5321) or LMTP (RFC 2033), on aiosmtpd's.

What differs from aiosmtpd's own:

- every reply has an enhanced status code (RFC 2034), and repeats nothing that could harm a log;
- a message is read in pieces, not lines: quicker, and without a limit on a line's length, which
  would refuse mail that others took;
- it ends at CR LF . CR LF alone, and whoever ends lines otherwise where it matters is sent away, as
  is whoever asks for a web page: so no second mail can be smuggled in one;
- connections, errors, recipients, memory and time have limits.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import suppress
from typing import Any, Final, Literal, NoReturn

from aiosmtpd.smtp import SMTP, Envelope

from mailer import log
from mailer.domain.inbound.received import Incoming, Way
from mailer.errors import StoreError
from mailer.inbound.committer import Committer
from mailer.inbound.door import Door, Limits, Share
from mailer.inbound.lines import BARE, Lines, is_smuggled
from mailer.services.inbound.intake import Intake

PIECE: Final = 64 * 1024
"""Octets that the stream holds before it makes the client wait."""
COMMAND_BYTES: Final = 2048
"""Longest command: RFC 5321 asks for 512, options and international addresses for more."""
END: Final = b"\r\n.\r\n"
_BEFORE: Final = b"\r\n"
"""Stands before a message while it is read, so that its first line is like any other."""
_ALL: Final = 2**24
"""More octets than a stream ever holds."""

_PATH: Final = re.compile(r"<(?:@[^<>\s:]+:)?([^<>\s]*|\"[^\"<>]*\"@[^<>\s]+)>(.*)", re.DOTALL)
"""A path (RFC 5321 section 4.1.2); a source route is ignored (appendix C)."""
_STATUS: Final = re.compile(r"([245]\d\d)([ -])(?![245]\.\d+\.\d+ )(?:Error: )?")
_GENERAL: Final = {"2": "2.0.0", "4": "4.3.0", "5": "5.5.0"}
_ENHANCED: Final = {
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "530": "5.7.0",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}
"""Codes for the replies that aiosmtpd gives without one (RFC 3463)."""

KEPT: Final = "250 2.6.0 Taken in"
REFUSED: Final = "550 5.1.1 No such address here"
NOT_KEPT: Final = "451 4.3.0 Cannot be kept at the moment; try again later"
NO_ROOM: Final = "452 4.3.1 No room at the moment; try again later"
OVER: Final = "451 4.7.1 Too much such mail waits to be looked at; try again later"
TOO_LARGE: Final = "552 5.3.4 Message is too large"
TOO_SLOW: Final = "421 4.4.2 Too slow; try again later"
LINGER_SECONDS: Final = 2.0
"""The time for which we read on after the last reply: unread data at the end could destroy it."""

_log = log.get_logger(__name__)


class Conversation(SMTP):
    """One connection."""

    line_length_limit = PIECE

    def __init__(
        self,
        intake: Intake,
        committer: Committer,
        door: Door,
        *,
        protocol: Literal["lmtp", "smtp"],
        **options: Any,
    ) -> None:
        """Serve one connection; all but aiosmtpd's `options` is shared by a listener."""
        self.command_size_limits = _Limits()
        super().__init__(
            _Handler(intake, door),
            data_size_limit=door.limits.message_bytes,
            enable_SMTPUTF8=True,
            timeout=door.limits.idle_seconds,
            ident="ESMTP" if protocol == "smtp" else "LMTP",
            **options,
        )
        self._committer, self._door = committer, door
        self._lmtp = protocol == "lmtp"
        self._way = Way.LMTP if self._lmtp else Way.SMTP
        self._errors = 0
        self._refused = self._parted = False
        self._peer: Any = None
        self._name = secrets.token_hex(8)
        """The name of the connection, for the limits of answers."""
        self.quiet = asyncio.Event()
        """Set while no message is being read or kept."""
        self.quiet.set()
        for name in ("AUTH", "EHLO", "HELO") if self._lmtp else ("AUTH", "LHLO"):
            self._smtp_methods.pop(name, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the client, or send it away; called again when TLS begins."""
        if self._original_transport is None:
            self._peer = transport.get_extra_info("peername")
            refusal = self._door.enter(self, self._peer)
            if refusal and isinstance(transport, asyncio.WriteTransport):
                self._refused = True
                transport.write(f"{refusal}\r\n".encode())
                transport.close()
                return
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Receive data from the client."""
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """End: nobody waits for our replies any more."""
        return None if self._refused else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client."""
        self._door.leave(self, self._peer)
        if not self._refused:
            super().connection_lost(error)

    def end(self) -> None:
        """Tell the client that the service stops, and close."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.quiet.is_set() and not self._parted:
            self._writer.write(b"421 4.3.2 The service stops; try again later\r\n")
        self.transport.close()

    def _cb_client_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read commands by our own rules."""
        lines: Any = Lines(reader, self._part)
        self._reader, self._writer = lines, writer

    async def _part(self, reply: str, times: int = 1) -> NoReturn:
        """Give the last reply, and end the connection; what follows is not looked at."""
        for _ in range(times):
            await self.push(reply)
        self._parted = True
        if self._writer.can_write_eof():
            self._writer.write_eof()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(_ALL):
                    pass
        self._writer.close()
        raise asyncio.CancelledError  # as aiosmtpd does when a connection ends

    async def push(self, status: str | bytes) -> None:
        """Send a reply, with an enhanced status code and nothing unprintable."""
        text = status if isinstance(status, str) else status.decode("utf-8", "replace")
        found = _STATUS.match(text)
        if found and not text.startswith(("220 ", "250-", "250 HELP")):
            code = _ENHANCED.get(found[1], _GENERAL[found[1][0]])
            text = f"{found[1]}{found[2]}{code} {text[found.end() :]}"
        if text.startswith("5"):
            self._errors += 1
        text = "".join(letter if " " <= letter <= "~" else "?" for letter in text)
        await super().push(text[:510])
        if self._errors > self._door.limits.errors:
            self._errors = 0
            await super().push("421 4.7.0 Too many errors")
            if self.transport is not None:
                self.transport.close()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Greet, and say what we can do."""
        if not hostname:
            await self.push("501 5.5.4 Say your name")
            return
        self._set_rset_state()  # type: ignore[no-untyped-call] # as aiosmtpd has it
        assert self.session is not None  # noqa: S101 - a connection has one
        self.session.extended_smtp, self.session.host_name = True, hostname
        offers = [
            self.hostname,
            "PIPELINING",  # RFC 2920
            f"SIZE {self.data_size_limit}",  # RFC 1870
            "8BITMIME",  # RFC 6152
            "SMTPUTF8",  # RFC 6531
            "ENHANCEDSTATUSCODES",  # RFC 2034
        ]
        if self.tls_context and not self._tls_protocol:
            offers.append("STARTTLS")  # RFC 3207
        lines = [f"250-{offer}\r\n" for offer in offers[:-1]] + [f"250 {offers[-1]}\r\n"]
        self._writer.write("".join(lines).encode("ascii", "replace"))
        await self._writer.drain()

    smtp_LHLO = smtp_EHLO  # noqa: N815 - aiosmtpd's name; RFC 2033 section 4.1

    async def smtp_VRFY(self, _arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Tell nobody which addresses exist (RFC 5321 section 7.3)."""
        await self.push("252 2.5.0 Send some mail, and see")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read a path and what follows it; aiosmtpd's own way is slow, and recurses."""
        found = _PATH.fullmatch(arg.strip())
        if not found or not found[1].isprintable() or len(found[1]) > 1024:
            return None, None
        if not found[1].isascii() and any("\ud800" <= letter <= "\udfff" for letter in found[1]):
            return None, None  # neither ASCII nor UTF-8 (RFC 6531 section 3.3)
        return found[1] or "<>", found[2]

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Receive a message (RFC 5321 section 4.1.1.4)."""
        envelope = self.envelope
        if arg:
            await self.push("501 5.5.4 DATA stands alone")
            return
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 No recipient was accepted")
            return
        await self.push("354 End with a dot on a line of its own")
        self.quiet.clear()
        try:
            with self._door.mail(self._peer) as share:
                content = await self._read_message(share, len(envelope.rcpt_tos))
                if isinstance(content, str):
                    reply = content
                else:
                    reply = await self._keep(envelope, content)
            self._set_post_data_state()  # type: ignore[no-untyped-call] # as aiosmtpd has it
            # RFC 2033 section 4.2: LMTP answers for each recipient.
            for _ in envelope.rcpt_tos if self._lmtp else (1,):
                await self.push(reply)
        finally:
            self.quiet.set()

    async def _keep(self, envelope: Envelope, content: bytes) -> str:
        sender = envelope.mail_from or ""
        mail = Incoming(
            self._way,
            "" if sender == "<>" else sender,
            tuple(dict.fromkeys(envelope.rcpt_tos)),
            content,
            str(self._peer[0]) if isinstance(self._peer, tuple) else "",
            self._name,
        )
        try:
            kept = await self._committer.keep(mail)
        except StoreError as error:
            _log.warning("inbound.not_kept", message=f"A mail was not taken in: {error}")
            return NOT_KEPT
        if kept.over:
            return OVER
        return KEPT if kept.taken else NO_ROOM

    async def _read_message(self, share: Share, recipients: int) -> bytes | str:
        """Read up to the final dot; returns the content, or why it is refused, as a reply.

        What is refused is read to its end all the same (RFC 5321 section 4.2.5), but not kept.
        """
        raw, size, refusal, end = bytearray(_BEFORE), 0, "", -1
        pace = _Pace(self._door.limits, self.loop.time())
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()  # the pace is stricter
        while end < 0:
            before = len(raw)
            raw += await self._read_piece(pace)
            came = len(raw) - before
            end = raw.find(END, max(0, before - len(END) + 1))
            if is_smuggled(raw, before, len(raw) if end < 0 else end + len(END)):
                await self._part(BARE, recipients if self._lmtp else 1)
            if end < 0 and not pace.keeps(self.loop.time(), came):
                await self._part(TOO_SLOW)
            size += came
            if end >= 0:
                size -= len(raw) - end
                # Commands may follow at once (RFC 2920 section 3.1). What was read is all that
                # the stream held, so that they are the next there.
                self._reader.feed_data(bytes(raw[end + len(END) :]))
                del raw[end + len(_BEFORE) :]
            refusal = refusal or self._refusal(size, share)
            if refusal:
                del raw[: -len(END)]
        self._reset_timeout()
        return refusal or unstuffed(raw)

    def _refusal(self, size: int, share: Share) -> str:
        """Tell why a mail that has reached that size is not taken, as a reply, or nothing."""
        if size > self._door.limits.message_bytes:
            return TOO_LARGE
        return "" if share.grow(size) else NO_ROOM

    async def _read_piece(self, pace: _Pace) -> bytes:
        """Return all that the stream holds, once it holds anything.

        Empty: nothing came for as long as one may be silent.
        """
        try:
            async with asyncio.timeout_at(pace.until):
                piece: bytes = await self._reader.read(_ALL)
        except TimeoutError:
            return b""
        if not piece:
            self._writer.close()
            raise asyncio.CancelledError  # as aiosmtpd does when a connection ends
        return piece


class _Pace:
    """Checks that a mail arrives fast enough: a slower client keeps memory from others."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits, self._came = limits, 0
        self._ends = now + limits.data_seconds
        self.until = now + limits.pace_seconds

    def keeps(self, now: float, octets: int) -> bool:
        """Tell whether it is fast enough, now that so much came."""
        self._came += octets
        if now < self.until:
            return True
        enough = self._came >= self._limits.pace_bytes and now < self._ends
        self._came, self.until = 0, now + self._limits.pace_seconds
        return enough


class _Handler:
    """The answers to aiosmtpd's questions about an envelope."""

    def __init__(self, intake: Intake, door: Door) -> None:
        self._intake, self._limits = intake, door.limits

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept a recipient that is ours (RFC 5321 section 3.3)."""
        if len(envelope.rcpt_tos) >= self._limits.recipients:
            return "452 4.5.3 Too many recipients"
        if self._intake.address(address) is None:
            return REFUSED
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ours"

    async def handle_exception(self, error: Exception) -> str:
        """Answer when something of ours failed: the client may try again."""
        _log.error("inbound.failed", message="A command failed.", exc_info=error)
        return "451 4.3.0 Something failed here; try again later"


class _Limits(dict[str, int]):
    """The length of each command, in the form that aiosmtpd wants it."""

    def __missing__(self, _command: str) -> int:
        return COMMAND_BYTES


def unstuffed(raw: bytes | bytearray) -> bytes:
    """Return a message without the dot that was put before lines that begin with one.

    Args:
        raw: a line's end, then what came after DATA, up to the final dot's line.
    """
    content = bytes(raw).replace(b"\r\n.", b"\r\n")  # RFC 5321 section 4.5.2
    return content[len(_BEFORE) :]
