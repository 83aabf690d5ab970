"""What a session asks and tells whoever runs it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from mailer.domain.campaigns.delivery import Attempt
from mailer.relay.envelope import Envelope

if TYPE_CHECKING:
    from mailer.relay.client import Session


class Loss(Enum):
    """Why a session ended."""

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


class Owner(Protocol):
    """Whoever runs sessions: the pool."""

    def take(self, session: Session, *, rolling: bool) -> Envelope | None:
        """Return the next envelope to hand over, if there is one.

        `rolling` tells that the session asks again at once, having had one just before: a sign
        that more connections would be of use.
        """

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Take the outcome of an envelope: once for each that is not given back."""

    def give_back(self, envelope: Envelope) -> None:
        """Take back an envelope of which no body left, to be handed over elsewhere at once."""

    def ended(self, session: Session, loss: Loss, reason: str) -> None:
        """Learn that a session is over; all it had in flight is settled. Called once."""
