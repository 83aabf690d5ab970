"""Tells what came of a campaign: sums that balance, by language, by domain, by reason, over time.

What is counted by subscriber (domains, reasons) takes a pass over all deliveries. For small
campaigns that is done when the report is asked for; for others by a job after the end, which keeps
the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import Campaign, Counts, State
from mailer.domain.campaigns.report import Slot, Tally, buckets
from mailer.services.access.acting import act
from mailer.services.campaigns.again import missed
from mailer.store import queue
from mailer.store.campaigns import books, reopening, tallies
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

AT_ONCE: Final = 20_000
"""Deliveries that are counted while somebody waits: some tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a campaign, as far as is known."""

    campaign: Campaign
    counts: Counts
    left: int
    """Of the readers, how many left the list by this campaign's mail."""
    over_time: tuple[Slot, ...]
    """Accepted and rejected, in stretches of the same length; empty if that was not noted."""
    tally: Tally | None
    """By domain and by reason; None: it is counted by a job, which has not come to it yet."""
    counted_at: datetime | None
    """When that was counted; what changed since is not in it."""
    recounting: bool
    """Whether a job counts it anew."""
    passing: int
    """Rejected ones that may be tried again."""
    unresolved: int
    """Those whose outcome is unknown, and stays so."""
    missed: int
    """Whom a new campaign for those missed would reach now."""

    @property
    def reached(self) -> int:
        """Return how many were accepted and, as far as is known, did not come back."""
        return self.counts.accepted - self.counts.bounced

    def as_json(self) -> dict[str, Any]:
        """Return what `report --json` prints."""
        counts = self.counts
        return {
            "campaign": self.campaign.number,
            "state": self.campaign.state.value,
            "planned": counts.planned,
            "accepted": counts.accepted,
            "rejected": counts.rejected,
            "skipped": counts.skipped,
            "unknown": counts.unknown,
            "outstanding": counts.outstanding,
            "balanced": counts.balanced,
            "bounced": counts.bounced,
            "complained": counts.complained,
            "left": self.left,
            "by_language": {name: dict(found) for name, found in counts.by_language.items()},
            "by_skip_reason": {name: n for name, n in counts.by_skip_reason.items() if n},
            "over_time": [_slot(one) for one in self.over_time],
            "tally": self.tally.as_json() if self.tally else None,
            "counted_at": self.counted_at.isoformat() if self.counted_at else None,
            "recounting": self.recounting,
            "passing": self.passing,
            "unresolved": self.unresolved,
            "missed": self.missed,
        }


class Reports:
    """The reports of campaigns, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("campaigns.report")
    def of(self, number: int) -> Report:
        """Tell what came of a campaign.

        Raises:
            NotFoundError: there is none of that number.
        """
        campaign = campaigns.get(self._store, number)
        counts = books.count(self._store, number, campaign.languages)
        left = tallies.left(self._store, number)
        tally, at, recounting = self._tally(campaign, counts, left)
        passing = sum(one.count for one in tally.refused if one.passing) if tally else 0
        return Report(
            campaign,
            counts,
            left,
            tuple(buckets(tallies.over_time(self._store, number))),
            tally,
            at,
            recounting,
            passing,
            len(reopening.unresolved(self._store, number)) if counts.unknown else 0,
            missed(self._store, self._settings, campaign),
        )

    def count(self, number: int) -> None:
        """Count by domain and by reason, and keep that; done by a job after a campaign's end."""
        campaign = campaigns.find(self._store, number)
        if campaign is None or not campaign.started_at:
            return
        counts = books.count(self._store, number)
        mark = _mark(counts, tallies.left(self._store, number))
        tally = tallies.count(self._store, number)
        tallies.keep(self._store, number, tally, mark, self._clock.now())

    def _tally(
        self, campaign: Campaign, counts: Counts, left: int
    ) -> tuple[Tally | None, datetime | None, bool]:
        """Return what is known by domain and reason, since when, and whether it is counted anew."""
        number = campaign.number
        kept = tallies.kept(self._store, number)
        if kept is not None and kept.mark == _mark(counts, left):
            return kept.tally, kept.at, False
        if counts.planned <= AT_ONCE:
            return tallies.count(self._store, number), self._clock.now(), False
        if campaign.state in {State.SENDING, State.PAUSED} and kept is not None:
            return kept.tally, kept.at, False  # it is counted at the end
        queue.enqueue_tally(self._store, number)
        return (kept.tally, kept.at, True) if kept else (None, None, True)


def _mark(counts: Counts, left: int) -> str:
    """Return what tells these books from any others of the campaign."""
    told = (counts.planned, counts.accepted, counts.rejected, counts.skipped, counts.unknown)
    return " ".join(map(str, (*told, counts.bounced, counts.complained, left)))


def _slot(one: Slot) -> Mapping[str, str | int]:
    begin = datetime.fromtimestamp(one.begin, UTC).isoformat()
    return {
        "begin": begin,
        "seconds": one.seconds,
        "accepted": one.accepted,
        "rejected": one.rejected,
    }
