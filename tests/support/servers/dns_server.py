"""A name server on this machine, by UDP and TCP, that says what a test has it say."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from mailer.domain.settings.name_server import NameServer

TTL: Final = 60
Records = Mapping[str, Sequence[str]]
"""`TXT lists.example.org` -> texts, `MX …`, `A …`, `CNAME …`; `PTR 192.0.2.1` -> names.

A TXT is given as its text, and cut into strings of 100 octets, as no other reader would.
"""
SERVFAIL: Final = "SERVFAIL"
"""As the only answer to a question: the server says that it cannot tell."""
SILENCE: Final = "SILENCE"
"""As the only answer: it says nothing."""


class DnsServer:
    """The server's data, which a test may change while it runs."""

    def __init__(self, records: Records) -> None:
        """Keep the records; nothing listens yet."""
        self.records = {key: list(answers) for key, answers in records.items()}
        self.port = 0
        self.asked: list[str] = []

    @property
    def place(self) -> NameServer:
        """Where it is."""
        return NameServer("127.0.0.1", self.port)

    def answer(self, wire: bytes, *, most: int) -> bytes | None:
        """Answer one question; None: with silence."""
        query = dns.message.from_wire(wire)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        [question] = query.question
        kind, name = dns.rdatatype.to_text(question.rdtype), question.name
        self.asked.append(f"{kind} {_text(name, kind)}")
        known = False
        for _ in range(5):
            answers = self._answers(kind, name)
            if answers in ([SERVFAIL], [SILENCE]):
                response.set_rcode(dns.rcode.SERVFAIL)
                return response.to_wire() if answers == [SERVFAIL] else None
            known = known or self._is_known(name)
            if answers:
                response.answer.append(dns.rrset.from_text_list(name, TTL, "IN", kind, answers))
                break
            alias = self._answers("CNAME", name)
            if not alias:
                break
            response.answer.append(dns.rrset.from_text_list(name, TTL, "IN", "CNAME", alias))
            name = dns.name.from_text(alias[0])
        if not known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        found = response.to_wire()
        if len(found) <= most:
            return found
        response.answer.clear()
        response.flags |= dns.flags.TC
        return response.to_wire()

    def _answers(self, kind: str, name: dns.name.Name) -> list[str]:
        found = self.records.get(f"{kind} {_text(name, kind)}", [])
        if kind != "TXT" or found in ([SERVFAIL], [SILENCE]):
            return found
        return [_quoted(text) for text in found]

    def _is_known(self, name: dns.name.Name) -> bool:
        plain = (_text(name, "PTR"), _text(name, "A"))
        return any(key.partition(" ")[2] in plain for key in self.records)


def _text(name: dns.name.Name, kind: str) -> str:
    if kind == "PTR":
        try:
            return dns.reversename.to_address(name)
        except Exception:  # noqa: BLE001  # it is no name of an address
            return ""
    return name.to_text(omit_final_dot=True).lower()


def _quoted(text: str) -> str:
    pieces = [text[at : at + 100] for at in range(0, len(text), 100)] or [""]
    escaped = (one.replace("\\", "\\\\").replace('"', '\\"') for one in pieces)
    return " ".join(f'"{one}"' for one in escaped)


@contextmanager
def serving_dns(records: Records) -> Iterator[DnsServer]:
    """Serve records on a free port for the length of a `with` block."""
    server = DnsServer(records)

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            if (answer := server.answer(data, most=512)) is not None:
                sock.sendto(answer, self.client_address)

    class Tcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            sock: socket.socket = self.request
            (size,) = struct.unpack("!H", _exactly(sock, 2))
            answer = server.answer(_exactly(sock, size), most=65_535)
            if answer is not None:
                sock.sendall(struct.pack("!H", len(answer)) + answer)

    udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Udp)
    server.port = udp.server_address[1]
    servers: list[Any] = [udp]
    try:
        servers.append(socketserver.ThreadingTCPServer(("127.0.0.1", server.port), Tcp))
        for one in servers:
            threading.Thread(target=one.serve_forever, args=(0.02,), daemon=True).start()
        yield server
    finally:
        for one in servers:
            one.shutdown()
            one.server_close()


def _exactly(sock: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size and (piece := sock.recv(size - len(read))):
        read += piece
    return read
