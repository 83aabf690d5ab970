"""A small calendar beside the small service: entries, the scheduler's tick, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from mailer.domain.calendar.entry import Entry, Kind, created, revised
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.events import Event
from mailer.services.calendar.reminders import Reminders
from mailer.services.operation.tick import Tick
from mailer.store import events, keys
from mailer.store.calendar import entries as calendar
from mailer.store.calendar.entries import Change
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService

MEETING: Final = Entry(
    id="private-sector",
    kind=Kind.MEETING,
    start=datetime(2023, 5, 10, 14),  # noqa: DTZ001 - local, as all entries are
    end=datetime(2023, 5, 10, 16),  # noqa: DTZ001 - as above
    zone="Europe/Zurich",
    title={"en": "Meeting with the private sector", "fr": "Réunion avec le secteur privé"},
    city={"en": "Geneva", "fr": "Genève"},
    place={"en": "Online", "fr": "En ligne"},
    registration={"en": "https://example.org/register"},
    topics=("bulletin",),
)


def put(store: Store, entry: Entry, now: datetime) -> Entry:
    """Keep an entry, new or changed, as the calendar's service does; returns what is kept."""

    def decide(known: Any) -> list[Change]:
        before = known.get(entry.id)
        if before is None:
            after = created(entry, now, "lists.example.org")
            facts = {"entry": after.id, "kind": after.kind.value, "start": str(after.start)}
            return [Change(after, Event("calendar.added", now, facts))]
        after = revised(before, entry, now)
        if after is before:
            return []
        facts = {"entry": after.id, "sequence": after.sequence, "fields": ""}  # type: ignore[dict-item]
        return [Change(after, Event("calendar.changed", now, facts), before)]

    calendar.change(store, decide, now)
    return calendar.get(store, entry.id)


class SmallCalendar:
    """The calendar of a small service."""

    def __init__(self, service: SmallService) -> None:
        """Use the service; there is no entry yet."""
        self.service, self.store, self.clock = service, service.store, service.clock
        self.reminders = Reminders(service.store, service.settings, service.clock)
        self.ticks = Tick(service.store, service.settings, service.clock)

    def put(self, entry: Entry = MEETING, /, **changes: Any) -> Entry:
        """Keep an entry, or change it."""
        return put(self.store, replace(entry, **changes), self.clock.now())

    def change(self, entry: str = MEETING.id, /, **changes: Any) -> Entry:
        """Change an entry that is kept."""
        return self.put(calendar.get(self.store, entry), **changes)

    def tick(self) -> list[int]:
        """Do what the scheduler does; returns the campaigns that began."""
        self.reminders.run()
        return self.ticks.start_due()

    def go_to(self, instant: datetime) -> list[int]:
        """Let the time pass without a tick, then tick."""
        self.clock.advance(instant - self.clock.now())
        return self.tick()

    def pass_time(self, **span: float) -> list[int]:
        """Let a span pass without a tick, then tick."""
        return self.go_to(self.clock.now() + timedelta(**span))

    def accept_all(self, number: int) -> None:
        """Write down that a relay took all of a campaign, and close its books."""
        redis = self.store.redis
        for name in ("claimed", "accepted"):
            from_bits = keys.ledger(number, "audience")
            redis.bitop("OR", keys.ledger(number, name), from_bits)
        redis.delete(keys.chunks_due(number))
        assert self.service.campaigns.close_if_complete(number)

    def made(self) -> list[Campaign]:
        """List all campaigns, the oldest first."""
        return sorted(campaigns.newest_first(self.store), key=lambda one: one.number)

    def seen(self, kind: str) -> list[dict[str, str]]:
        """List the events of a type."""
        return [fields for _, fields in self.all_events() if fields["type"] == kind]

    def all_events(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the log."""
        return events.read(self.store)
