"""What each endpoint was sent of the event log, what waits for it, and what the tries came to.

A worker takes endpoints for a while (`turns`); only it moves them on, until it gives them back or
its lease ends. A try is written down, with the next one, before it is made: whatever dies, the
event comes again, under the same id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mailer.domain.events import Event
from mailer.store import keys
from mailer.store.server.connection import Store

MOST_WAITING: Final = 1000
"""Events that may wait for one endpoint; beyond that they stay where they are, in the log."""
MOST_ATTEMPTS: Final = 50
"""Of the last tries, how many are shown."""
POSITION: Final = "position"
REPLAY: Final = "replay"
"""Names of an endpoint's two places in the log: how far it was read, and where a replay stands."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An endpoint that a worker has for a while."""

    endpoint: str
    failures: int
    """Tries in a row that failed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an endpoint was told of events, and how it fares."""

    position: str
    """Id of the event up to which the log was read for it."""
    replay: str = ""
    """Likewise for a replay; empty: there is none."""
    replay_until: str = ""
    waiting: int = 0
    """Events that it has not taken yet."""
    next_try: datetime | None = None
    """When the first of them is tried, if any waits."""
    failures: int = 0
    since: datetime | None = None
    """When the first of the tries was that failed in a row."""
    taken: int = 0
    """Events that it ever took; `dropped`: that it never did."""
    taken_at: datetime | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as it is kept."""

    at: datetime
    event: str
    type: str
    number: int
    """Which try of that event it was."""
    outcome: str
    reason: str
    status: int
    seconds: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """What a try came to."""

    attempt: Attempt
    kept: bool
    """Whether the event waits on."""
    again: datetime | None = None
    """After a failure: when the endpoint may be tried next. None: it took the event."""
    told: Event | None = None


def any_due(store: Store, now: datetime) -> bool:
    """Tell whether a worker should look at an endpoint."""
    return bool(store.redis.zcount(keys.WEBHOOKS_DUE, "-inf", ms(now)))


def standing(store: Store, endpoint: str) -> Standing | None:
    """Tell how an endpoint fares; none: there is no such endpoint."""
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.hgetall(keys.webhook(endpoint))
        pipe.zcard(keys.webhook_waiting(endpoint))
        pipe.zrange(keys.webhook_waiting(endpoint), 0, 0, withscores=True)
        return parse_standing(*pipe.execute())


def parse_standing(
    found: Mapping[bytes, bytes], waiting: int, first: Sequence[tuple[bytes, float]]
) -> Standing | None:
    """Read a standing from an endpoint's hash, its waiting events' count, and the first of them."""
    text = {name.decode(): value.decode() for name, value in found.items()}
    if POSITION not in text:
        return None
    return Standing(
        position=text[POSITION],
        replay=text.get(REPLAY, ""),
        replay_until=text.get("replay_until", ""),
        waiting=waiting,
        next_try=_at(max(first[0][1], float(text.get("again", 0)))) if first else None,
        failures=int(text.get("failures", 0)),
        since=_at(text["since"]) if "since" in text else None,
        taken=int(text.get("taken", 0)),
        taken_at=_at(text["taken_at"]) if "taken_at" in text else None,
        dropped=int(text.get("dropped", 0)),
    )


def replay(
    store: Store, endpoint: str, *, after: str, until: str, now: datetime, pipe: Any
) -> None:
    """Add to a transaction that events are sent again: those after one, up to another."""
    store.scripts.run(
        "replay_hook",
        keys={"hook": keys.webhook(endpoint), "due": keys.WEBHOOKS_DUE},
        args={"endpoint": endpoint, "after": after, "until_": until, "now": ms(now)},
        pipe=pipe,
    )


def attempts(store: Store, endpoint: str) -> list[Attempt]:
    """List the last tries, the newest first."""
    return [_attempt(json.loads(one)) for one in _listed(store, endpoint)]


def _listed(store: Store, endpoint: str) -> list[bytes]:
    found: list[bytes] = store.redis.lrange(keys.webhook_attempts(endpoint), 0, -1)
    return found


def _attempt(kept: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**kept, "at": datetime.fromisoformat(kept["at"])})


def ms(at: datetime) -> int:
    """Write an instant as Unix milliseconds."""
    return int(at.timestamp() * 1000)


def _at(milliseconds: str | float) -> datetime:
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
