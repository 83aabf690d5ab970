"""Limits of the wait for a relay, and of the pause after a failure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The waits, in seconds (RFC 5321 section 4.5.3.2 for those of the protocol)."""

    connect: float = 30.0
    """For each step of opening a connection."""
    command: float = 300.0
    """For the reply to MAIL, RCPT, DATA or RSET."""
    final: float = 600.0
    """For the body to leave and the reply to its final dot."""
    idle: float = 60.0
    """Unused connections are closed after this; relays close them after minutes."""
    quit: float = 2.0
    """For the reply to QUIT."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pause for a relay after a failure: doubling, in seconds."""

    first: float = 1.0
    longest: float = 60.0

    def after(self, failures: int, jitter: float) -> float:
        """Return the wait after so many failures in a row; jitter is in [0, 1)."""
        wait: float = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return wait * (0.5 + 0.5 * jitter)
