"""Tells a relay that refuses everything from mail that is refused one by one.

A relay that will not relay for us, or has us on a blocklist, answers 5xx to every message. Taken at
its word, it would turn a whole list into rejected deliveries within seconds. So refusals that are
about us, not about the reader, are held back until the next answers tell which of the two it is.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.domain.delivery import Attempt, Outcome, deferred
from mailer.relay.envelope import Envelope

MOST_REFUSALS: Final = 10
"""That many refusals of us, with nothing accepted between them, open the breaker."""
FEW_REFUSALS: Final = 3
"""So few of them open it where a relay never accepted anything, and has nothing more to answer."""

_SENDERS_FAULT: Final = re.compile(r"[45]\.(?:7|5|3)\.\d+|[45]\.1\.[78]")
"""RFC 3463: security or policy, protocol, mail system; X.1.7 and X.1.8 are the sender's address."""
_DISORDER: Final = frozenset({500, 502, 503, 504})
"""The relay did not understand us (RFC 5321 section 4.2.4): never a reader's fault."""
_CODES: Final = _DISORDER | {421, 451, 452, 454, 521, 530, 534, 535, 538}
"""Where there is no enhanced code: about the service or the login (RFC 5321 4.2.3, RFC 4954 6)."""
_WORDS: Final = re.compile(
    r"\b(?:relay\w*|polic\w+|block\w*|blacklist\w*|denied|spam\w*|reputation|authent\w+|sender)\b",
    re.IGNORECASE,
)
"""Where there is no enhanced code: about us, in the relay's words."""
_ADDRESS: Final = re.compile(r"\S+@\S+")

Settled = list[tuple[Envelope, Attempt]]


def refuses_us(attempt: Attempt) -> bool:
    """Tell whether a refusal seems to be about us, not about the reader or their mailbox."""
    if attempt.outcome not in {Outcome.REJECTED, Outcome.DEFERRED}:
        return False
    if attempt.enhanced:
        return _SENDERS_FAULT.fullmatch(attempt.enhanced) is not None
    if not attempt.code:
        return False  # our own words, say of a lost connection
    return attempt.code in _CODES or _WORDS.search(attempt.text) is not None


class Breaker:
    """Judges one relay by its answers; open, nothing but a probe may be handed to it."""

    __slots__ = ("_held", "_proven", "_run", "open", "reason")

    def __init__(self) -> None:
        """Start closed, knowing nothing."""
        self.open = False
        self.reason = ""
        """Why it is open, in words for people, without any address."""
        self._run = 0
        """Refusals of us since the last message that was accepted."""
        self._proven = False
        """The relay accepted a message since the breaker was open last."""
        self._held: Settled = []

    @property
    def held(self) -> int:
        """How many outcomes are held back."""
        return len(self._held)

    def accept(self) -> Settled:
        """Learn that a message was accepted; returns what was held back: it stands."""
        self.open, self._run, self._proven = False, 0, True
        return self._let_go()

    def hear(self, envelope: Envelope, attempt: Attempt) -> Settled:
        """Take an outcome other than accepted; returns what can be settled now, and how."""
        if not refuses_us(attempt):
            return [(envelope, attempt)]
        if attempt.code in _DISORDER:
            attempt = deferred(attempt.code, attempt.enhanced, attempt.text)
        self._run += 1
        if self.open or self._run >= MOST_REFUSALS:
            self._held.append((envelope, attempt))
            return self._break()
        if attempt.outcome is Outcome.DEFERRED:
            return [(envelope, attempt)]
        self._held.append((envelope, attempt))
        return []

    def let_go(self) -> Settled:
        """Settle what is held back, since no further answer will come to judge it by."""
        if self._held and self._run >= FEW_REFUSALS and not self._proven:
            return self._break()
        return self._let_go()

    def _break(self) -> Settled:
        """Open, and put off what was refused: it is no reader's fault."""
        self.open, self._proven = True, False
        last = self._held[-1][1]
        words = " ".join(part for part in (str(last.code or ""), last.enhanced, last.text) if part)
        self.reason = f"refuses all mail: {_ADDRESS.sub('…', words)}"
        return [(envelope, _put_off(attempt)) for envelope, attempt in self._let_go()]

    def _let_go(self) -> Settled:
        held, self._held = self._held, []
        return held


def _put_off(attempt: Attempt) -> Attempt:
    return deferred(attempt.code, attempt.enhanced, f"{attempt.text} (the relay refuses all mail)")
