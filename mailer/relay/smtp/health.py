"""Health of each relay of a pool, and sharing of the connections among them.

Each worker process judges by what it sees itself, and tells the others nothing: a machine whose own
way to a relay is cut must not keep those of others from it, and a relay that is down for all is
found to be so by each within a second or two.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailer.domain.settings.relay_url import RelayUrl
from mailer.relay.breaker import Breaker
from mailer.relay.envelope import Envelope
from mailer.relay.smtp.client import Session
from mailer.relay.transport import Wait

LOOK_SECONDS: Final = 0.25
"""The interval at which the age of awaited answers is checked, while some come."""
LATE_SECONDS: Final = 1.0
"""An answer that takes longer may be late: if it takes so many times what others take, too."""
LATE_TIMES: Final = 10.0
SILENT_SECONDS: Final = 10.0
"""A relay that has answered nothing for that long, while we wait for answers, is silent."""
SPARE_TIMES: Final = 4
"""Connections whose answer is late are replaced by others, up to so many times a relay's share,
unless its own setting bounds its connections."""


PROMPT: Final = Wait()


@dataclass(slots=True, eq=False)
class Relay:
    """The pool's knowledge about one relay."""

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
    """In flight to see whether it still refuses everything, or is still silent."""
    most: int = 0
    """Connections that it may have, with those whose answer is late."""
    answered: int = 0
    """Envelopes that were settled."""
    wait: Wait = PROMPT
    _answered_before: int = 0
    _looked_at: float = 0.0

    @property
    def doubted(self) -> bool:
        """Tell whether it takes no mail although it may be connected to."""
        return self.breaker.open or self.wait.silent

    @property
    def down(self) -> bool:
        """Tell whether it takes no mail, as far as is known."""
        return bool(self.problem) and (self.doubted or not self.sessions)

    @property
    def used(self) -> int:
        """Count its connections, with those being opened, without those whose answer is late."""
        return len(self.sessions) + self.dialing - self.wait.late

    @property
    def has_room(self) -> bool:
        """Tell whether another connection may be opened."""
        return (
            self.waiting is None
            and not self.dry
            and self.used < self.target
            and len(self.sessions) + self.dialing < self.most
        )

    @property
    def may_take(self) -> bool:
        """Tell whether it may be given an envelope: when it is in doubt, one as a probe."""
        return not self.doubted or (self.waiting is None and self.probe is None)

    @property
    def late_envelopes(self) -> int:
        """Count the envelopes whose answer is late."""
        return sum(session.envelopes for session in self.sessions if session.late)

    @property
    def is_probe_late(self) -> bool:
        """Tell whether the probe is late, too: all that waits for an answer is."""
        waiting = [session for session in self.sessions if not session.is_idle]
        return self.probe is not None and all(session.late for session in waiting)

    def look(self, now: float, stood_still: float = 0.0) -> float:
        """See which answers are late, and whether the relay is silent.

        How long an answer usually takes follows from how many connections were busy, and how many
        answers came (Little's law): no answer has to be timed.

        Args:
            now: the loop's time.
            stood_still: for how many seconds we ourselves did nothing, say because the machine was
                suspended: that is no relay's delay.

        Returns:
            In how many seconds to look again at the latest.
        """
        for session in self.sessions:
            session.asked = min(now, session.asked + stood_still)
        waits = {session: session.waits_since(now) for session in self.sessions}
        since = {session: at for session, at in waits.items() if at is not None}
        answers, seconds = self.answered - self._answered_before, now - self._looked_at
        self._answered_before, self._looked_at = self.answered, now
        bound = SILENT_SECONDS
        if answers:
            prompt = sum(not session.late for session in since)
            bound = max(LATE_SECONDS, LATE_TIMES * prompt * seconds / answers)
        for session in self.sessions:
            at = since.get(session)
            # What was late stays so until it is answered, whatever is usual by now.
            session.late = at is not None and now - at > (LATE_SECONDS if session.late else bound)
        late = [at for session, at in since.items() if session.late]
        last = max((session.asked for session in self.sessions), default=now)
        # Where a connection is free, the next message tells whether the relay is silent; and it is
        # silent until it answers one.
        silent = 0 < len(late) == len(self.sessions) and now - last > SILENT_SECONDS
        silent = not answers and (silent or (bool(since) and self.wait.silent))
        self.wait = Wait(len(late), min(late, default=0.0), silent)
        if answers:
            return LOOK_SECONDS
        # The next moment at which something may turn out to be late, or the relay silent.
        moments = [at + SILENT_SECONDS for session, at in since.items() if not session.late]
        if since and len(late) == len(self.sessions) and not silent:
            moments.append(last + SILENT_SECONDS)
        return max(min(moments, default=math.inf) - now, 0.0) + LOOK_SECONDS


def share_out(relays: Sequence[Relay], connections: int) -> None:
    """Set each relay's share of the connections: by weight among those that work.

    Connections whose answer is late do not count: others take their place.

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
        relay.most = relay.url.connections or max(connections, share) * SPARE_TIMES
    for relay in relays:
        kept = [session for session in relay.sessions if not (session.retiring or session.late)]
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
