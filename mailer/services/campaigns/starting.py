"""The start of a campaign: its audience is frozen, and divided into chunks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailer.config import Settings
from mailer.domain.campaigns.campaign import Action, Campaign
from mailer.domain.events import Event
from mailer.errors import StateError
from mailer.services.campaigns import readers
from mailer.services.campaigns.languages import delivery_languages
from mailer.services.sending.contents import Translated
from mailer.store import queue
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store


class OvertakenError(Exception):
    """Another campaign began between a look at what others send and a start."""


class Start:
    """The start of a campaign: who gets it, in which language, in which chunks."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        content: Translated,
        now: datetime,
        approved: Callable[[int, str], None],
    ) -> None:
        self._store, self._settings, self.now = store, settings, now
        self._approved = approved
        self._languages, self._default = delivery_languages(store, settings, content)
        self._planned = self._starts = 0
        self._by_language: dict[str, int] = {}

    def freeze(self, campaign: Campaign) -> None:
        """Freeze the audience; done once more if another start comes between.

        Raises:
            UnclearReadersError: nobody can tell any more whom the campaign is for.
        """
        store, settings = self._store, self._settings
        self._starts = campaigns.starts(store)
        self.concerned = readers.concerned(store, settings, campaign)
        wanted = self.concerned.wanted
        audience.freeze(store, campaign, self._languages, self._default, wanted)

    def thaw(self, campaign: Campaign) -> None:
        """Let the audience go: it was not started after all, and a draft has no books."""
        languages = {*self._languages.values(), self._default}
        audience.thaw(self._store, campaign.number, languages)

    def follow_up(self, campaign: Campaign) -> Callable[[Any], None]:
        """Divide what is frozen into chunks; called with the audience watched.

        Raises:
            OvertakenError: it leaves out whom others reach, and others began since.
            NothingError: nobody would get it.
            ApprovalNeededError: a second person must consent to it as it is now.
        """
        if self.concerned.asks_others and campaigns.starts(self._store) != self._starts:
            raise OvertakenError
        number, size = campaign.number, self._settings.chunk_size
        delivered = sorted(set(self._languages.values()))
        self._by_language = audience.frozen_by_language(self._store, number, delivered)
        self._planned = audience.frozen(self._store, number)
        if not self._planned:
            raise readers.nobody(campaign)
        # Asked of the rule that was frozen: a segment may have changed since, and changed back.
        self._approved(self._planned, self.concerned.rule)
        borders = audience.chunk_borders(self._store, number, size)
        chunks = len(borders) - 1
        spoken = [code for code in delivered if self._by_language[code]]

        def add(pipe: Any) -> None:
            audience.divide(pipe, number, self._planned, spoken, borders)
            wanted = min(chunks, self._settings.workers)
            queue.enqueue_lanes(self._store, number, wanted, pipe)

        return add

    def event(self, campaign: Campaign) -> Event:
        """Tell of the start; called after `follow_up`."""
        shares = ", ".join(f"{code}:{n}" for code, n in self._by_language.items() if n)
        return Event(
            "campaign.started",
            self.now,
            {"campaign": campaign.number, "planned": self._planned, "languages": shares},
        )


def and_told(
    follow_up: Callable[[Campaign], campaigns.FollowUp], version: str
) -> Callable[[Campaign], campaigns.FollowUp]:
    """Note as well which version of a calendar entry readers are told, if it is about one."""

    def follow(campaign: Campaign) -> campaigns.FollowUp:
        add = follow_up(campaign)

        def both(pipe: Any) -> None:
            add(pipe)
            if campaign.about:
                calendar.note_told(pipe, campaign.about.entry, int(version))

        return both

    return follow


def unless_moved(
    campaign: Campaign, follow_up: Callable[[Campaign], campaigns.FollowUp]
) -> Callable[[Campaign], campaigns.FollowUp]:
    """Refuse to start what was given another time, or other readers, since it was looked at."""

    def follow(before: Campaign) -> campaigns.FollowUp:
        fewer = before.not_yet and not campaign.not_yet
        if fewer or before.scheduled_at != campaign.scheduled_at:
            said, action = "scheduled anew while it was being started", Action.SEND.value
            state, remedy = before.state.value, "Look at it again."
            raise StateError("campaign", str(before.number), state, action, remedy, said=said)
        return follow_up(before)

    return follow
