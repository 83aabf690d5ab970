"""Cuts what a relay says into replies (RFC 5321 section 4.2), however it arrives."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from mailer.domain.bounces.refusal import Stage
from mailer.domain.campaigns.delivery import Attempt, accepted, deferred, rejected

LONGEST_LINE: Final = 2048
"""Bytes; four times what RFC 5321 section 4.5.3.1.5 grants, for relays that talk much."""
MOST_LINES: Final = 100
"""Lines of one reply; an EHLO reply, the longest there is, has about 20."""

# RFC 5321 section 4.2: the first digit is 2 to 5. A table is quicker than int(), and stricter.
_CODES: Final = {b"%d" % code: code for code in range(200, 600)}
# RFC 3463 section 2: class "." subject "." detail, each up to three digits.
_ENHANCED: Final = re.compile(r"\A([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)", re.ASCII)
_REMEMBERED: Final = 16
_SENT: Final = "the relay sent "


class Reply(NamedTuple):
    """One reply of a relay, of one line or several."""

    code: int
    """From 200 to 599."""
    lines: tuple[bytes, ...]
    """The text after the code on each line, without line ends; never empty."""

    def enhanced(self) -> str:
        """Return the enhanced status code (RFC 2034) such as `5.1.1`, or empty.

        One whose class contradicts the reply code (RFC 3463 section 3.1) is ignored.
        """
        found = _ENHANCED.match(self.lines[0].decode("ascii", "replace"))
        return found[1] if found and found[1][0] == str(self.code)[0] else ""

    def text(self) -> str:
        """Return the relay's words on one line, printable, without the codes; maybe empty."""
        said = " ".join(_ENHANCED.sub("", line.decode("utf-8", "replace")) for line in self.lines)
        if not said.isprintable():
            said = "".join(sign if sign.isprintable() else " " for sign in said)
        return said.strip()

    def attempt(self, stage: Stage = Stage.UNKNOWN) -> Attempt:
        """Return how an attempt ends that this reply to the command of that stage decides.

        Raises:
            ValueError: the reply is 3xx, which decides nothing.
        """
        return _attempt(self, stage)


@lru_cache(maxsize=64)
def _attempt(reply: Reply, stage: Stage) -> Attempt:
    """Judge a reply; relays say the same to thousands of messages."""
    code, enhanced, text = reply.code, reply.enhanced(), reply.text()
    if code < 300:
        return accepted(code, enhanced, text)
    if code < 400:
        raise ValueError("A 3xx reply asks for more; it ends no attempt.")
    end = deferred if code < 500 else rejected
    return replace(end(code, enhanced, text or "the relay gave no reason"), stage=stage)


class ReplyParser:
    """Takes bytes in pieces of any size and gives the replies that they complete.

    Never raises on what a relay says. After anything that is no reply, `broken` says what it was,
    and no more replies come; those that were complete before it are given.
    """

    __slots__ = ("_known", "_lines", "_open", "_rest", "broken")

    def __init__(self) -> None:
        self.broken = ""
        self._rest = b""
        self._open = 0
        """The code of a reply whose last line is still to come, or 0."""
        self._lines: list[bytes] = []
        self._known: dict[bytes, Reply] = {}
        """Replies of one line seen before: a relay says the same few thousands of times."""

    def feed(self, data: bytes) -> list[Reply]:
        """Read the next bytes; return the replies that they complete, in order."""
        replies: list[Reply] = []
        if self.broken:
            return replies
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        known = self._known
        for line in lines:
            reply = None if self._open else known.get(line)
            if reply is None:
                reply = self._read(line)
                if self.broken:
                    return replies
            if reply is not None:
                replies.append(reply)
        if len(self._rest) > LONGEST_LINE:
            self.broken = _SENT + "a line without end"
        return replies

    def _read(self, line: bytes) -> Reply | None:
        self.broken = self._flaw(line)
        if self.broken:
            return None
        code, text = _CODES[line[:3]], line[4:].rstrip(b"\r")
        self._lines.append(text)
        if line[3:4] == b"-":
            self._open = code
            return None
        reply = Reply(code, tuple(self._lines))
        if not self._open and len(self._known) < _REMEMBERED:
            self._known[line] = reply
        self._open = 0
        self._lines.clear()
        return reply

    def _flaw(self, line: bytes) -> str:
        code = _CODES.get(line[:3])
        if len(line) > LONGEST_LINE:
            return _SENT + "a line without end"
        # RFC 5321 section 4.2.1: "-" continues, a space or nothing ends; CR belongs to the end.
        if code is None or line[3:4] not in {b" ", b"-", b"\r", b""}:
            return _SENT + "what is no SMTP reply"
        if self._open not in {0, code}:
            return _SENT + "a reply whose lines disagree on its code"
        if len(self._lines) >= MOST_LINES:
            return _SENT + "a reply of too many lines"
        return ""
