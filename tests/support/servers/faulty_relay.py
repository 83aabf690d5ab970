"""An SMTP server for tests that does everything wrong on demand.

It listens on a free port of 127.0.0.1 and keeps what it accepts. A fault is asked for by a marker
in the address that a command carries, `name+STAGE-FAULT@…`:

- stages: `mail` (read from the sender), `rcpt`, `data`, `body` (on its first bytes) and `dot` (read
  from the recipient);
- faults: a code from `REPLIES`; `drop` (cut; at `dot` after keeping the message), `stall` (never
  say anything again), `garbage`, `twice` (one reply too many), `none` (one too few).

Faults of the whole relay are arguments.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from mailer.domain.settings.relay_url import RelayUrl

REPLIES: Final = {
    "421": b"421 4.3.2 Going away\r\n",
    "451": b"451 4.3.0 Not just now\r\n",
    "452": b"452 4.2.2 Mailbox full\r\n",
    "530": b"530 5.7.0 Log in first\r\n",
    "550": b"550-5.1.1 No such\r\n550 5.1.1 mailbox\r\n",
    "554": b"554 5.7.1 Looks like advertising\r\n",
    "garbage": b"*** core dumped ***\r\n",
    "none": b"",
}
EXTENSIONS: Final = ("PIPELINING", "SIZE 1000000", "SMTPUTF8", "8BITMIME", "ENHANCEDSTATUSCODES")
_MARKER: Final = re.compile(rb"\+(mail|rcpt|data|body|dot)-(\w+)@")
_PATH: Final = re.compile(rb"<(.*)>")


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the relay took, or took and then pretended not to have."""

    sender: str
    recipient: str
    content: bytes
    """Without dot-stuffing."""
    connection: int
    """The number of its connection, from 1."""


@dataclass(eq=False)
class FaultyRelay:
    """The server; use as `async with FaultyRelay(...) as relay`."""

    extensions: Sequence[str] = EXTENSIONS
    pieces: bool = False
    """Send each byte of a reply by itself."""
    per_connection: int | None = None
    """Messages taken on one connection."""
    farewell: str = "close"
    """After those: `close` at once, `reset` the connection rudely, or answer `421` to the next
    command."""
    session_over: bytes = b""
    """After those: what it answers to each further MAIL, staying there, instead of the farewell."""
    greeting: bytes = b"220 relay.example.org ESMTP\r\n"
    tls: ssl.SSLContext | None = None
    """Offer STARTTLS, or with `implicit` speak TLS at once."""
    implicit: bool = False
    broken_handshake: bool = False
    """Agree to STARTTLS, then talk nonsense and hang up."""
    login: tuple[str, str] | None = None
    refusing: bytes = b""
    """The reply to everything, if any; `%d` in it is another number each time."""
    refusing_at: str = "rcpt"
    """The command: `mail`, `rcpt`, `data` or `dot`."""
    refusing_after: int = 0
    """The number of messages it takes before it refuses."""
    eager_data: bool = False
    """Answer 354 to DATA even where no recipient was accepted."""
    received: list[Received] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    connections: int = 0
    refused: int = 0
    port: int = 0
    live: set[_Conversation] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the same port as before, if it did before."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Conversation(self),
            "127.0.0.1",
            self.port,
            ssl=self.tls if self.implicit else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and cut those that are open."""
        self.refuse()
        gone = [conversation.gone.wait() for conversation in self.live]
        self.cut()
        await asyncio.gather(*gone)

    def refuse(self) -> None:
        """Refuse new connections."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def cut(self) -> None:
        """Cut all connections."""
        for conversation in tuple(self.live):
            conversation.cut()

    def say(self, words: bytes) -> None:
        """Say something on all connections, without having been asked."""
        for conversation in tuple(self.live):
            conversation.say(words)

    def url(
        self, options: str = "starttls=no", *, login: str = "", scheme: str = "smtp"
    ) -> RelayUrl:
        """Return where it is."""
        return RelayUrl.parse(f"{scheme}://{login}127.0.0.1:{self.port}?{options}")

    def refuses(self, stage: str) -> bool:
        """Tell whether it refuses everything at that command by now."""
        return (
            bool(self.refusing)
            and stage == self.refusing_at
            and len(self.received) >= self.refusing_after
        )

    def recipients(self) -> list[str]:
        """Return who got something, in order, repeats and all."""
        return [message.recipient for message in self.received]


class _Conversation(asyncio.Protocol):
    def __init__(self, relay: FaultyRelay) -> None:
        self.relay = relay
        self.transport: asyncio.Transport | None = None
        self.number = 0
        self.gone = asyncio.Event()
        self.input = b""
        self.output = bytearray()
        self.pumping = False
        self.closing = False
        self.mute = False
        self.in_body = False
        self.upgrading: asyncio.Task[None] | None = None
        self.taken = 0
        self.sender: bytes | None = None
        self.recipient: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        again = self.transport is not None
        self.transport = transport
        if not again:
            self.relay.connections += 1
            self.number = self.relay.connections
            self.relay.live.add(self)
            self.say(self.relay.greeting)
            self.closing = not self.relay.greeting.startswith(b"220")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._forget()

    def _forget(self) -> None:
        self.relay.live.discard(self)
        self.gone.set()

    def cut(self) -> None:
        self.mute = True
        if self.transport is not None:
            self.transport.abort()

    def say(self, words: bytes) -> None:
        if not self.mute:
            self.output += words
            if not self.pumping:
                self.pumping = True
                asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        """Send what is to be said, all in one bunch or byte by byte."""
        count = 1 if self.relay.pieces else len(self.output)
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(bytes(self.output[:count]))
        del self.output[:count]
        if self.output:
            asyncio.get_running_loop().call_soon(self._pump)
            return
        self.pumping = False
        if self.closing:
            if self.relay.farewell == "reset":
                # What a close comes to while the next commands lie unread: RST instead of FIN.
                linger = struct.pack("ii", 1, 0)
                sock = self.transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.input += data
        while self.input and not (self.mute or self.closing or self.upgrading):
            if self.in_body:
                if not self._body():
                    return
                continue
            line, end, rest = self.input.partition(b"\r\n")
            if not end:
                return
            self.input = rest
            self.relay.commands.append(line)
            self._command(line)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        full = self.relay.per_connection is not None and self.taken >= self.relay.per_connection
        if full and not self.relay.session_over and verb != b"QUIT":
            self._answer("421")
        elif verb in {b"EHLO", b"HELO"}:
            self._hello(verb)
        elif verb == b"STAR":
            self._starttls()
        elif verb == b"AUTH":
            self._auth(line)
        elif verb == b"MAIL":
            self._mail(line)
        elif verb == b"RCPT":
            self._rcpt(line)
        elif verb == b"DATA":
            self._data()
        elif verb == b"RSET":
            self.sender = self.recipient = None
            self.say(b"250 2.0.0 Ok\r\n")
        elif verb == b"QUIT":
            self.say(b"221 2.0.0 Bye\r\n")
            self.closing = True
        else:
            self.say(b"500 5.5.2 What?\r\n")

    def _hello(self, verb: bytes) -> None:
        if verb == b"HELO" or not self.relay.extensions:
            self.say(b"250 relay.example.org\r\n" if verb == b"HELO" else b"502 5.5.1 What?\r\n")
            return
        words = ["relay.example.org", *self.relay.extensions]
        if self.relay.tls is not None and not self.relay.implicit:
            words.append("STARTTLS")
        if self.relay.login is not None:
            words.append("AUTH PLAIN")
        lines = [f"250-{word}\r\n" for word in words[:-1]] + [f"250 {words[-1]}\r\n"]
        self.say("".join(lines).encode())

    def _starttls(self) -> None:
        # In one piece and at once, for TLS begins right after it.
        assert self.transport is not None
        self.transport.write(b"220 2.0.0 Go ahead\r\n")
        if self.relay.broken_handshake:
            self.say(b"this is no TLS")
            self.closing = True
        else:
            self.upgrading = asyncio.get_running_loop().create_task(self._upgrade())

    async def _upgrade(self) -> None:
        assert self.transport is not None
        assert self.relay.tls is not None
        try:
            upgraded = await asyncio.get_running_loop().start_tls(
                self.transport, self, self.relay.tls, server_side=True
            )
        except OSError:
            upgraded = None
        if not isinstance(upgraded, asyncio.Transport):
            # The other side hung up, most likely since it does not like our certificate.
            self._forget()
            return
        self.transport = upgraded
        self.upgrading = None
        self.data_received(b"")

    def _auth(self, line: bytes) -> None:
        given = base64.b64decode(line.split()[-1]).split(b"\0")[1:]
        right = (
            self.relay.login is not None and [part.encode() for part in self.relay.login] == given
        )
        self.say(b"235 2.7.0 Welcome\r\n" if right else b"535 5.7.8 Wrong password\r\n")

    def _mail(self, line: bytes) -> None:
        if self.sender is not None:
            self.say(b"503 5.5.1 Nested MAIL\r\n")
        elif self.relay.refuses("mail"):
            self._refuse()
        elif self.relay.session_over and self.taken >= (self.relay.per_connection or 0):
            self.say(self.relay.session_over)
        elif self._answer(_fault(line, b"mail"), b"250 2.1.0 Ok\r\n"):
            self.sender = _path(line)

    def _rcpt(self, line: bytes) -> None:
        if self.sender is None:
            self.say(b"503 5.5.1 MAIL first\r\n")
        elif self.relay.refuses("rcpt"):
            self._refuse()
        elif self._answer(_fault(line, b"rcpt"), b"250 2.1.5 Ok\r\n"):
            self.recipient = _path(line)

    def _data(self) -> None:
        if self.recipient is None and not (self.relay.eager_data and self.sender is not None):
            self.say(
                b"554 5.5.1 No valid recipients\r\n" if self.sender else b"503 5.5.1 MAIL first\r\n"
            )
            return
        if self.relay.refuses("data"):
            self._refuse()
            return
        words = b"354 End data with <CR><LF>.<CR><LF>\r\n"
        if self._answer(_fault(self.recipient, b"data"), words):
            self.in_body = True

    def _body(self) -> bool:
        if _fault(self.recipient, b"body") == "drop":
            self.cut()
            return False
        content, end, rest = (b"\r\n" + self.input).partition(b"\r\n.\r\n")
        if not end:
            return False
        self.input, self.in_body = rest, False
        self._dot(content[2:] + b"\r\n")
        self.sender = self.recipient = None
        return True

    def _dot(self, content: bytes) -> None:
        if self.recipient is None or self.sender is None:
            self.say(b"554 5.5.1 No valid recipients\r\n")
            return
        if self.relay.refuses("dot"):
            self._refuse()
            return
        fault = _fault(self.recipient, b"dot")
        taken = self._answer(fault, b"250 2.0.0 Ok: queued as %d\r\n" % len(self.relay.received))
        if taken or fault in {"drop", "stall", "none"}:
            plain = re.sub(rb"(?m)^\.", b"", content)
            self.relay.received.append(
                Received(self.sender.decode(), self.recipient.decode(), plain, self.number)
            )
            self.taken += 1
            leaves = self.relay.farewell != "421" and not self.relay.session_over
            if self.taken == self.relay.per_connection and leaves:
                self.closing = True

    def _refuse(self) -> None:
        self.relay.refused += 1
        words = self.relay.refusing
        self.say(words.replace(b"%d", b"%d" % self.relay.refused))

    def _answer(self, fault: str, words: bytes = b"") -> bool:
        """Answer as the fault wants it; tell whether the command was carried out."""
        if fault == "drop":
            self.cut()
        elif fault == "stall":
            self.mute = True
        elif fault in REPLIES:
            self.say(REPLIES[fault])
            self.closing = fault == "421"
        else:
            self.say(words * 2 if fault == "twice" else words)
        return fault in {"", "twice", "none"}


def _path(line: bytes) -> bytes:
    found = _PATH.search(line)
    return found[1] if found else b""


def _fault(address: bytes | None, stage: bytes) -> str:
    found = _MARKER.search(address or b"")
    return found[2].decode() if found and found[1] == stage else ""
