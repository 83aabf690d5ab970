"""Lets what ended badly be tried again, resolves what nobody can tell, and mails those missed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Campaign, Content, State
from mailer.domain.campaigns.delivery import Outcome
from mailer.domain.campaigns.size import Expected
from mailer.errors import StateError
from mailer.services.access.acting import act, tell
from mailer.services.calendar.forecast import forecast
from mailer.services.campaigns.drafting import missed_of
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.sizes import agree
from mailer.store import queue
from mailer.store.campaigns import records as campaigns
from mailer.store.campaigns import reopening
from mailer.store.server.connection import Store

MOST: Final = reopening.MOST
"""Deliveries that one call lets be tried again; of more, the first ones."""


class Resolution(StrEnum):
    """What becomes of deliveries whose outcome is unknown."""

    SENT = "sent"
    """They count as accepted: nobody gets it twice, and some may not have it."""
    AGAIN = "again"
    """They are sent again, with the same Message-ID: nobody misses it, and some may get it twice.
    """


class Again:
    """The use cases around deliveries that ended otherwise than accepted, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("campaigns.retry", "number")
    def retry(self, number: int, expected: Expected | None = None) -> int:
        """Let those be tried again whom a relay refused for a reason that may be over.

        A campaign that was sent is sending again, for them. Readers who left since, or whom
        bounces suspended, are skipped as ever. What was approved stays approved: nobody gets it
        who was not to get it.

        Args:
            number: the campaign's.
            expected: how many whoever asks has in view; None: a person has seen it.

        Returns:
            How many; at most `MOST`.

        Raises:
            OtherSizeError: it would be another number.
            StateError: it was not started, or was cancelled; or what it is about is over.
        """
        campaign = self._open(number)
        numbers = reopening.passing(self._store, campaign)
        agree(expected, len(numbers))
        return self._reopen(campaign, numbers, Outcome.REJECTED)

    @act("campaigns.resolve", "number", "resolution")
    def resolve(self, number: int, resolution: Resolution, expected: Expected | None = None) -> int:
        """Decide what becomes of deliveries whose outcome is unknown and stays so.

        Args:
            number: the campaign's.
            resolution: count them as accepted, or send them again.
            expected: as by `retry`.

        Returns:
            How many; of those sent again at most `MOST`.

        Raises:
            OtherSizeError: it would be another number.
            StateError: as by `retry`.
        """
        campaign = self._open(number)
        numbers = reopening.unresolved(self._store, number)
        agree(expected, len(numbers))
        if resolution is Resolution.AGAIN:
            return self._reopen(campaign, numbers, Outcome.UNKNOWN)
        count = reopening.believe(self._store, number, self._clock.now())
        tell(count=count)
        return count

    @act("campaigns.create", "number")
    def make_for_missed(self, number: int) -> Campaign:
        """Make a draft with the same edition for those whom a campaign was meant for and missed.

        Those who subscribed since are not among them, nor those who had the edition by another
        campaign, by the time at which it is sent.

        Raises:
            StateError: it was not started, or sends no edition.
        """
        of = self._started(number)
        if of.content is not Content.EDITION:
            raise StateError("campaign", str(number), of.state.value, "repeat", _NO_EDITION)
        made = Campaigns(self._store, self._settings, self._clock).create(
            of.edition, of.topic, of.tags, not_yet=True, rule=of.rule, among=number
        )
        tell(campaign=made.number)
        return made

    def _started(self, number: int) -> Campaign:
        campaign = campaigns.get(self._store, number)
        if not campaign.started_at:
            remedy = TRANSITIONS.remedies.get((campaign.state, Action.REOPEN), "")
            raise StateError(
                "campaign", str(number), campaign.state.value, Action.REOPEN.value, remedy
            )
        return campaign

    def _open(self, number: int) -> Campaign:
        campaign = campaigns.get(self._store, number)
        TRANSITIONS.follow(campaign.state, Action.REOPEN, number)
        if campaign.is_over(self._clock.now()):
            said, action = "about something that is over", Action.REOPEN.value
            raise StateError("campaign", str(number), campaign.state.value, action, said=said)
        return campaign

    def _reopen(self, campaign: Campaign, numbers: list[int], what: Outcome) -> int:
        if not numbers:
            return 0
        number, now = campaign.number, self._clock.now()
        count, before = reopening.reopen(self._store, number, numbers, what, now)
        TRANSITIONS.follow(State(before), Action.REOPEN, number)
        if count:
            queue.enqueue_lanes(self._store, number, 1)
        tell(before={"state": before}, count=count)
        return count


def missed(store: Store, settings: Settings, campaign: Campaign) -> int:
    """Count whom a new campaign for those missed would reach now."""
    if campaign.content is not Content.EDITION or not campaign.started_at:
        return 0
    return sum(forecast(store, settings, missed_of(campaign)).values())


_NO_EDITION: Final = "Only an edition can be sent to those whom it missed."
