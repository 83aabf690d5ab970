"""A mailbox at a provider, for tests, that tells of a new mail in the very packet with an answer."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_COMMAND: Final = re.compile(rb"(\S+) (?:UID )?(\w+) ?(.*)", re.IGNORECASE)


class _Session(socketserver.StreamRequestHandler):
    """One client; knows as many words as our reader says."""

    server: _Server

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline().strip():
            found = _COMMAND.fullmatch(line)
            assert found, line
            tag, word, rest = found[1], found[2].decode().upper(), found[3]
            said = self.server.answer(word, rest)
            if word == "IDLE":
                self.wfile.write(b"+ idling\r\n" + said)
                assert self.rfile.readline() == b"DONE\r\n"
                said = b""
            self.wfile.write(said + tag + b" OK done\r\n")
            if word == "LOGOUT":
                return


class _Server(socketserver.ThreadingTCPServer):
    """The mailbox itself."""

    daemon_threads = True

    def __init__(self, mails: Sequence[bytes], moment: str, before: int) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self._here = dict(enumerate(mails[:before], 1))
        self._later, self._moment = list(mails[before:]), moment

    def answer(self, word: str, rest: bytes) -> bytes:
        """Return the untagged answers to a command (RFC 3501 section 7)."""
        answers: dict[str, Callable[[], bytes]] = {
            "LOGOUT": lambda: b"* BYE\r\n",
            "CAPABILITY": lambda: b"* CAPABILITY IMAP4rev1 IDLE MOVE\r\n",
            "LIST": lambda: b'* LIST () "/" ' + rest.split()[-1] + b"\r\n",
            "SELECT": self._exists,
            "SEARCH": lambda: b"* SEARCH %b\r\n" % b" ".join(b"%d" % uid for uid in self._here),
            "FETCH": lambda: self._fetch(rest),
            "MOVE": lambda: self._move(rest),
        }
        said = answers.get(word, lambda: b"")()
        if word == self._moment and self._later and (word == "IDLE" or not self._here):
            self._here[100] = self._later.pop()
            said += self._exists()
        return said

    def _exists(self) -> bytes:
        return b"* %d EXISTS\r\n" % len(self._here)

    def _fetch(self, rest: bytes) -> bytes:
        uids = [int(uid) for uid in rest.split()[0].split(b",")]
        if b"SIZE" in rest:
            lines = (
                b"* 1 FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, len(self._here[uid]))
                for uid in uids
            )
            return b"".join(lines)
        content = self._here[uids[0]]
        return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uids[0], len(content), content)

    def _move(self, rest: bytes) -> bytes:
        for uid in rest.split()[0].split(b","):
            del self._here[int(uid)]
        return b"* 1 EXPUNGE\r\n"


@contextmanager
def chatty_server(mails: Sequence[bytes], moment: str, before: int) -> Iterator[int]:
    """Run it for the length of a `with` block; yields its port.

    Args:
        mails: what it holds in the end.
        moment: the command (SEARCH, IDLE) with whose answer the last mail is told of, once.
        before: how many are there from the beginning.
    """
    with _Server(mails, moment, before) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
