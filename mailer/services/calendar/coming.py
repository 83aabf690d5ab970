"""Listing of future mailings about the calendar: times and numbers; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.recurrence import occurrence_of
from mailer.domain.campaigns.campaign import Campaign, Content, State
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.services.calendar.forecast import forecast
from mailer.services.calendar.reminders import Reminders
from mailer.services.campaigns.readers import UnclearReadersError
from mailer.store.calendar import entries as calendar
from mailer.store.calendar import reminders
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store


class Standing(StrEnum):
    """The state of a mailing about the calendar."""

    COMING = "coming"
    DUE = "due"
    """Its time has come, and the scheduler has not been there yet."""
    PENDING = "pending"
    """A change waits for the time of grace to pass; put it right, and nothing is sent."""
    HELD = "held"
    """Came due too late: a person decides."""
    STARTING = "starting"


@dataclass(frozen=True, slots=True)
class Coming:
    """One mailing that is to go out."""

    at: datetime
    """The instant at which it goes out, UTC."""
    standing: Standing
    content: Content
    entry: Entry
    """As it is now; the occurrence, if it repeats."""
    by_language: Mapping[str, int]
    """The number of readers who would get it in each language, as of now."""
    offset: str = ""
    """For a reminder: the offset, in ISO 8601."""
    change: str = ""
    """For a notice: the change that readers hear of."""
    campaign: int = 0
    """Its number, if it is made already."""

    @property
    def readers(self) -> int:
        """Return the number of readers who would get it."""
        return sum(self.by_language.values())

    def as_json(self) -> dict[str, Any]:
        """Return what `mailer calendar reminders --json` prints."""
        return {
            "at": self.at.isoformat(),
            "state": self.standing.value,
            "content": self.content.value,
            "entry": self.entry.id,
            "occurrence": self.entry.occurrence_key,
            "offset": self.offset,
            "change": self.change,
            "campaign": self.campaign or None,
            "readers": self.readers,
            "by_language": dict(self.by_language),
        }


@act("calendar.reminders")
def coming(
    store: Store,
    settings: Settings,
    clock: Clock,
    until: datetime,
    entry: str = "",
    *,
    most: int | None = None,
) -> list[Coming]:
    """List what is to go out up to an instant, in order; what waits for a person comes first.

    Args:
        store: the open store.
        settings: for languages and the time of grace.
        clock: tells what is due.
        until: leaves out reminders that come later; the present: tells only what waits.
        entry: only of this entry; empty: of all.
        most: no more reminders than so many, the next; None: all.
    """
    look = _Look(store, settings, clock, entry)
    found = [*look.made(), *look.notices(), *look.reminders(until, most)]
    return sorted(found, key=lambda one: (one.standing is not Standing.HELD, one.at))


class _Look:
    """Gathers it, and counts each audience once."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, entry: str = "") -> None:
        self._store, self._settings, self._now = store, settings, clock.now()
        self._entry, self._entries = entry, dict[str, Entry]()
        self._service = Reminders(store, settings, clock)
        self._counted: dict[Campaign, Mapping[str, int]] = {}

    def reminders(self, until: datetime, most: int | None) -> Iterator[Coming]:
        for one in calendar.coming(self._store, until, self._entry, most):
            try:
                entry = occurrence_of(self._get(one.entry), one.occurrence)
            except NotFoundError:
                continue
            if entry is None:
                continue
            standing = Standing.COMING if one.at > self._now else Standing.DUE
            draft = self._service.draft(entry, one)
            audience = self._count(draft)
            yield Coming(
                one.at, standing, Content.REMINDER, entry, audience, offset=str(one.offset)
            )

    def _get(self, name: str) -> Entry:
        if name not in self._entries:
            self._entries[name] = calendar.get(self._store, name)
        return self._entries[name]

    def notices(self) -> Iterator[Coming]:
        for news, at in self._service.pending():
            if self._entry not in {"", news.entry.id}:
                continue
            shown = occurrence_of(news.entry, news.occurrence) or news.entry
            audience = self._count(self._service.draft_notice(news, at))
            yield Coming(
                at, Standing.PENDING, Content.NOTICE, shown, audience, change=news.change.value
            )

    def made(self) -> Iterator[Coming]:
        """Yield the campaigns that are made and have not begun."""
        for name in calendar.all_by_id(self._store).values():
            if self._entry not in {"", name.id}:
                continue
            for number in reminders.made(self._store, name.id).values():
                campaign = campaigns.get(self._store, number)
                if campaign.is_over(self._now):
                    continue
                if campaign.about and campaign.state in {State.HELD, State.SCHEDULED}:
                    held = campaign.state is State.HELD
                    yield Coming(
                        campaign.about.due,
                        Standing.HELD if held else Standing.STARTING,
                        campaign.content,
                        occurrence_of(name, campaign.about.occurrence) or name,
                        self._count(campaign),
                        offset=campaign.about.offset,
                        campaign=number,
                    )

    def _count(self, campaign: Campaign) -> Mapping[str, int]:
        """Count an audience; reminders of the same topics have the same.

        Empty where nobody can tell any more whom its rule means; it is held when it comes due.
        """
        try:
            return self._counted_or_not(campaign)
        except UnclearReadersError:
            return {}

    def _counted_or_not(self, campaign: Campaign) -> Mapping[str, int]:
        if campaign.content is not Content.REMINDER:
            return forecast(self._store, self._settings, campaign)
        alike = replace(
            campaign,
            number=0,
            about=None,
            created_at=self._now,
            scheduled_at=None,
            zone="",
            reason="",
            state=State.SCHEDULED,
        )
        if alike not in self._counted:
            self._counted[alike] = forecast(self._store, self._settings, campaign)
        return self._counted[alike]
