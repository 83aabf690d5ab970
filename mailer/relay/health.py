"""What a pool knows about each of its relays, and how connections are shared out among them.

Each worker process judges by what it sees itself, and tells the others nothing: a machine whose own
way to a relay is cut must not keep those of others from it, and a relay that is down for all is
found to be so by each within a second or two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mailer.domain.relay_url import RelayUrl
from mailer.relay.breaker import Breaker
from mailer.relay.client import Session
from mailer.relay.envelope import Envelope


@dataclass(slots=True, eq=False)
class Relay:
    """What the pool knows about one relay."""

    url: RelayUrl
    sessions: set[Session] = field(default_factory=set)
    dialing: int = 0
    target: int = 0
    """Connections that are its share now."""
    problem: str = ""
    failures: int = 0
    waiting: asyncio.TimerHandle | None = None
    """Set while it is left alone."""
    dry: bool = False
    """The feed had nothing for this relay, though it has something for others."""
    breaker: Breaker = field(default_factory=Breaker)
    probe: Envelope | None = None
    """In flight to see whether it still refuses everything."""

    @property
    def down(self) -> bool:
        """Tell whether it takes no mail, as far as is known."""
        return bool(self.problem) and (self.breaker.open or not self.sessions)

    @property
    def used(self) -> int:
        """Count its connections, with those being opened."""
        return len(self.sessions) + self.dialing

    @property
    def has_room(self) -> bool:
        """Tell whether another connection may be opened."""
        return self.waiting is None and not self.dry and self.used < self.target

    @property
    def may_take(self) -> bool:
        """Tell whether it may be given an envelope: when it refuses everything, one as a probe."""
        return not self.breaker.open or (self.waiting is None and self.probe is None)


def share_out(relays: Sequence[Relay], connections: int) -> None:
    """Set each relay's share of the connections: by weight among those that work.

    A relay that is down may have one connection, to see whether it works again. Sessions beyond a
    relay's share are ended at their next delivery's edge.
    """
    working = [relay for relay in relays if not relay.down]
    weights = sum(relay.url.weight for relay in working)
    for relay in relays:
        share = 1
        if not relay.down:
            share = max(1, round(connections * relay.url.weight / weights))
        relay.target = min(share, relay.url.connections or share)
    for relay in relays:
        kept = [session for session in relay.sessions if not session.retiring]
        kept.sort(key=lambda session: session.is_idle)
        for session in kept[relay.target :]:
            session.retire()


def usable_hosts(relays: Sequence[Relay], jitter: Callable[[], float]) -> list[str]:
    """List the hosts of the relays that take mail, or of all if none does, in lower case.

    In random order by weight, so that whoever takes the first one uses them in proportion.
    """
    working = [relay for relay in relays if not relay.down] or relays
    ranked = sorted(working, key=lambda relay: -(jitter() ** (1 / relay.url.weight)))
    return list(dict.fromkeys(relay.url.host.lower() for relay in ranked))
