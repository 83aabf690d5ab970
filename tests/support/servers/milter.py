"""A milter that writes down what it found, as filters that check DKIM do; in a thread of its own."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_VERSION: Final = 6
_ADDS_HEADERS: Final = 0x01 | 0x10
"""Actions that it may take (SMFIF_ADDHDRS, SMFIF_CHGHDRS)."""


@contextmanager
def milter(findings: str, index: int) -> Iterator[int]:
    """Insert an Authentication-Results field into each mail; yields the port to connect to.

    Args:
        findings: the value of the field; empty: nothing is written.
        index: where: 0 above all fields, 1 above the first that the sender wrote.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=_serve, args=(server, findings, index), daemon=True)
        serving.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        serving.join()


def _serve(server: socket.socket, findings: str, index: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            threading.Thread(target=_answer, args=(client, findings, index), daemon=True).start()


def _answer(client: socket.socket, findings: str, index: int) -> None:
    with client, client.makefile("rb") as read:
        while len(size := read.read(4)) == 4:
            command = read.read(struct.unpack(">I", size)[0])[:1]
            if command == b"Q":
                return
            if command == b"O":
                _send(client, b"O" + struct.pack(">III", _VERSION, _ADDS_HEADERS, 0))
                continue
            if command == b"E" and findings:
                field = f"Authentication-Results\0{findings}\0".encode()
                _send(client, b"i" + struct.pack(">I", index) + field)
            if command not in {b"D", b"A"}:  # macros and aborts get no answer
                _send(client, b"c")


def _send(client: socket.socket, packet: bytes) -> None:
    client.sendall(struct.pack(">I", len(packet)) + packet)
