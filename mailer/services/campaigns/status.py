"""Tells how a campaign stands: its books at one instant, its speed, and what holds it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mailer.config import Settings
from mailer.domain.campaigns.campaign import Campaign, Counts, State
from mailer.domain.campaigns.hold import Code, Hold, limit_facts
from mailer.domain.campaigns.rate_limit import RateLimit
from mailer.store import queue
from mailer.store.campaigns import books, relays, throttle
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

NO_WORKER: Final = Hold(Code.NO_WORKER).words
"""The gravest that can hold a campaign back."""
RATE_SECONDS: Final = 10
"""Over how long the rate is told: the store keeps about a minute."""


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a campaign at one instant."""

    campaign: Campaign
    counts: Counts
    rate: float
    """Deliveries settled a second, over the last ten seconds or since the start."""
    holds: tuple[Hold, ...] = ()
    """What holds it back now, the gravest first."""
    throttled: int = 0
    """The number of deferred ones that wait for a rate limit."""

    @property
    def held_by(self) -> tuple[str, ...]:
        """Say what holds it back in English; only while it is sending."""
        if self.campaign.state is not State.SENDING:
            return ()
        return tuple(hold.words for hold in self.holds)

    @property
    def remaining_seconds(self) -> float | None:
        """Return the time it takes at the present rate, or None if that cannot be told."""
        left = self.counts.outstanding + self.counts.resend
        if not left:
            return 0.0
        going = self.campaign.state is State.SENDING and self.rate
        return round(left / self.rate, 1) if going else None

    def as_json(self) -> dict[str, Any]:
        """Return what `status --json` prints."""
        campaign, counts = self.campaign, self.counts
        return {
            "campaign": campaign.number,
            "content": campaign.content.value,
            "edition": campaign.edition,
            **_about(campaign),
            "topic": " ".join(campaign.topics),
            "not_yet": campaign.not_yet,
            "rule": campaign.rule,
            "resolved": campaign.resolved,
            "state": campaign.state.value,
            "pauses_itself": campaign.pauses_itself,
            "reason": campaign.reason,
            "held_by": list(self.held_by),
            "holds": [hold.as_json() for hold in self.holds],
            "speed": campaign.speed,
            "among": campaign.among or None,
            "wanted_at": _iso(campaign.wanted_at),
            "wanted_zone": campaign.wanted_zone,
            "planned": counts.planned,
            "accepted": counts.accepted,
            "rejected": counts.rejected,
            "skipped": counts.skipped,
            "unknown": counts.unknown,
            "outstanding": counts.outstanding,
            "deferred": counts.deferred,
            "throttled": self.throttled,
            "in_flight": counts.in_flight,
            "resend": counts.resend,
            "resent": counts.resent,
            "bounced": counts.bounced,
            "complained": counts.complained,
            "balanced": counts.balanced,
            "by_language": {name: dict(found) for name, found in counts.by_language.items()},
            "by_skip_reason": {name: n for name, n in counts.by_skip_reason.items() if n},
            "rate": round(self.rate, 1),
            "remaining_seconds": self.remaining_seconds,
            "scheduled_at": _iso(campaign.scheduled_at),
            "started_at": _iso(campaign.started_at),
            "finished_at": _iso(campaign.finished_at),
        }


def status_of(store: Store, settings: Settings, number: int, now: datetime) -> Status:
    """Tell how a campaign stands.

    Raises:
        NotFoundError: there is none of that number.
    """
    campaign = campaigns.get(store, number)
    counts = books.count(store, number, campaign.languages)
    running = (now - (campaign.started_at or now)).total_seconds()
    span = min(max(int(running), 1), RATE_SECONDS)
    rate = books.settled_per_second(store, number, now, span)
    waiting = throttle.waiting(store, number, settings.rate_limits) if counts.deferred else {}
    holds: tuple[Hold, ...] = ()
    if campaign.state is State.SENDING and not counts.complete:
        holds = tuple(_sending(store, settings, campaign, waiting, now))
    elif campaign.state in _BY_PEOPLE:
        holds = (Hold(_BY_PEOPLE[campaign.state], {"reason": campaign.reason}),)
    return Status(campaign, counts, rate, holds, sum(waiting.values()))


_BY_PEOPLE: Final = {State.PAUSED: Code.PAUSED, State.HELD: Code.HELD}


def _sending(
    store: Store,
    settings: Settings,
    campaign: Campaign,
    waiting: Mapping[RateLimit, int],
    now: datetime,
) -> Iterator[Hold]:
    """List what holds a sending campaign back, the gravest first."""
    if not queue.count_workers(store):
        yield Hold(Code.NO_WORKER)
    if campaign.reason:
        yield Hold(Code.NO_RELAY, {"reason": campaign.reason})
    names = [relay.name for relay in settings.relays]
    for name, why in relays.failing(store, names).items():
        if name not in campaign.reason:
            yield Hold(Code.RELAY, {"relay": name, "reason": why})
    for name, late in relays.late(store, names).items():
        code = Code.SILENT if late.silent else Code.LATE
        since = late.since.isoformat(timespec="seconds")
        yield Hold(code, {"relay": name, "answers": late.answers, "since": since})
    limits = settings.rate_limits
    for limit in throttle.pacing(store, campaign.number, limits, now):
        yield Hold(Code.PACED, limit_facts(limit))
    if campaign.speed and throttle.paces_itself(store, campaign.number, now):
        yield Hold(Code.SPEED, {"speed": campaign.speed})
    for limit, count in waiting.items():
        yield Hold(Code.LIMIT, {"readers": count, **limit_facts(limit)})


def _about(campaign: Campaign) -> dict[str, str]:
    """Return what `status --json` prints of a campaign about a calendar entry."""
    about = campaign.about
    if about is None:
        return {}
    found = {"entry": about.entry, "occurrence": about.occurrence, "offset": about.offset}
    return {name: value for name, value in found.items() if value}


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
