"""The reasons why a session with a relay ends."""

from __future__ import annotations

from enum import Enum, auto


class Loss(Enum):
    """The reason why a session ended."""

    OURS = auto()
    """We closed it."""
    UNUSED = auto()
    """The relay closed it while nothing was in flight."""
    CLOSED = auto()
    """The relay closed it while something was in flight, with a 421 or without."""
    SURPRISE = auto()
    """The relay said what it must not say there."""
    STALLED = auto()
    """The relay said nothing for too long."""
    REFUSED = auto()
    """The relay wants a login or TLS first: no delivery's fault."""
