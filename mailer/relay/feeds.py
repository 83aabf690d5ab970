"""The feeds of a pool: which is asked first, and what was taken from them and given back."""

from __future__ import annotations

from collections import deque

from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope, Feed, Nothing


class Feeds:
    """One urgent feed and one ordinary one; the urgent one is asked first."""

    def __init__(self) -> None:
        self._urgent: Feed | None = None
        self._ordinary: Feed | None = None
        self._all: tuple[Feed, ...] = ()
        """Both, in order: kept ready, since each envelope asks."""
        self._returned: deque[Envelope] = deque()

    def __contains__(self, feed: Feed | None) -> bool:
        return feed in self._all

    @property
    def empty(self) -> bool:
        """Tell whether there is none."""
        return not self._all

    @property
    def returned(self) -> tuple[Envelope, ...]:
        """Return the envelopes that were given back and not taken again."""
        return tuple(self._returned)

    def serve(self, feed: Feed, *, urgent: bool) -> None:
        """Ask that feed from now on, instead of the one before of its kind."""
        if urgent:
            self._urgent = feed
        else:
            self._ordinary = feed
        self._line_up()

    def leave(self, feed: Feed) -> None:
        """Ask that feed no more."""
        self._urgent = None if self._urgent is feed else self._urgent
        self._ordinary = None if self._ordinary is feed else self._ordinary
        self._line_up()

    def give_back(self, envelope: Envelope) -> None:
        """Keep an envelope for whoever asks next."""
        self._returned.append(envelope)

    def recall(self, envelope: Envelope) -> bool:
        """Remove an envelope that was given back; false if it is not here any more."""
        if envelope not in self._returned:
            return False
        self._returned.remove(envelope)
        return True

    def again(self) -> Envelope | None:
        """Return what was given back first, if anything was."""
        return self._returned.popleft() if self._returned else None

    def next(self, relay: Destination) -> Envelope | Nothing | None:
        """Ask for the next envelope for a relay; what a feed raises comes through."""
        answer: Nothing | None = None
        for feed in self._all:
            found = feed.take(relay)
            if isinstance(found, Envelope):
                found.feed = feed
                return found
            answer = found if found is Nothing.FOR_THIS_RELAY else answer or found
        return answer

    def next_urgent(self, relay: Destination) -> Envelope | Nothing | None:
        """Ask the urgent feed alone for its next envelope."""
        found = self._urgent.take(relay) if self._urgent is not None else None
        if isinstance(found, Envelope):
            found.feed = self._urgent
        return found

    def _line_up(self) -> None:
        feeds = (self._urgent, self._ordinary)
        self._all = tuple(feed for feed in feeds if feed is not None)
