"""Does the work of a scheduler's tick: starts what is due, and finds what was left over."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.approval import Lack
from mailer.domain.campaigns.campaign import Campaign, Content, State, is_too_late
from mailer.domain.events import Event
from mailer.errors import StateError
from mailer.services.campaigns.approving import ApprovalNeededError, Approvals
from mailer.services.campaigns.lifecycle import Campaigns, lanes
from mailer.services.sending.contents import NothingError
from mailer.store import queue
from mailer.store.campaigns import books
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store


class Tick:
    """The scheduler's work at each of its ticks; doing it twice does no harm."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._campaigns = Campaigns(store, settings, clock)
        self._approvals = Approvals(store, settings, clock)

    def start_due(self) -> list[int]:
        """Start the scheduled campaigns whose time has come; hold those that are too late."""
        now = self._clock.now()
        started = []
        for number in campaigns.due_numbers(self._store, now):
            campaign = campaigns.get(self._store, number)
            due = campaign.scheduled_at or now
            try:
                if is_too_late(due, now, self._settings.lateness_limit):
                    late = _words(now - due)
                    self._campaigns.hold(number, f"came due {late} ago, while the service was down")
                else:
                    self._campaigns.send(number)
                    started.append(number)
            except StateError as error:
                self._not_started(campaign, error)
        return started

    def _end_if_over(self, number: int) -> None:
        """End a reminder of what is over: deferred deliveries would come after the meeting."""
        campaign = campaigns.get(self._store, number)
        if campaign.state in {State.SENDING, State.PAUSED} and campaign.is_over(self._clock.now()):
            with suppress(StateError):
                self._campaigns.cancel(number)

    def _not_started(self, campaign: Campaign, error: StateError) -> None:
        """Deal with a campaign that could not start, unless somebody else has done so.

        What a person scheduled waits for a person; a reminder that nobody would get just ends.
        """
        number = campaign.number
        now = campaigns.get(self._store, number)
        if now.state is not State.SCHEDULED or now.scheduled_at != campaign.scheduled_at:
            return
        if isinstance(error, NothingError) and campaign.content is not Content.EDITION:
            self._campaigns.cancel(number)
            return
        self._campaigns.hold(number, str(error))
        missing = isinstance(error, ApprovalNeededError) and error.lack is Lack.NOT_PROPOSED
        if missing and campaign.content is not Content.EDITION:
            # What the service made by itself is proposed by it: any person is a second one. Of what
            # a person made, and scheduled before it needed consent or withdrew, they are the first.
            self._approvals.propose(number)

    def tend(self) -> None:
        """Give every open campaign the workers it wants, and close those that are complete.

        Finds chunks whose worker died (their lease is over), deferred deliveries whose next try
        has come, and jobs that were lost with a worker.
        """
        for number in campaigns.open_numbers(self._store):
            self._end_if_over(number)
            if self._campaigns.close_if_complete(number):
                continue
            now = self._clock.now()
            wanted = books.unfinished_chunks(self._store, number, now)
            wanted = min(wanted, lanes(self._store, self._settings))
            wanted -= queue.waiting_lanes(self._store, number)
            queue.enqueue_lanes(self._store, number, max(wanted, 0))
            self._report_imbalance(number)

    def _report_imbalance(self, number: int) -> None:
        """Report once a campaign whose books do not balance; and give its chunks another look.

        A campaign with deliveries outstanding but no chunk left to do them would never end.
        """
        counts = books.count(self._store, number)
        stuck = not counts.complete and not books.chunks_left(self._store, number)
        if stuck:
            books.reopen_chunks(self._store, number)
        if counts.balanced and not stuck:
            return
        told = json.dumps(
            {name: getattr(counts, name) for name in ("planned", "settled", "outstanding")}
        )
        fields: dict[str, str | int] = {"campaign": number, "counts": told}
        unbalanced = Event("campaign.unbalanced", self._clock.now(), fields)
        books.note_imbalance(self._store, number, unbalanced)


def _words(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min"
