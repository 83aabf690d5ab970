"""The event log and the settings."""

from __future__ import annotations

from datetime import datetime

from mailer.client import reading
from mailer.client.answers.operation import Event, Examination, ReportedSources, Settings
from mailer.client.asking import Ask, Mode, Resource, call, events, listing


class Events(Resource[Mode]):
    """What happened, and what happens."""

    @listing("/events")
    def list(self, *, since: datetime | None = None, limit: int = 100) -> Ask[Event]:
        """Iterate over what happened, the oldest first; without `since`: all that is kept."""
        return Ask(reading.same, query={"since": since, "limit": limit})

    @events("/events/stream")
    def follow(self, *, since: datetime | None = None) -> Ask[Event]:
        """Iterate over what happens, for ever; without `since`: from now on.

        Nothing is missed or told twice if the connection breaks off meanwhile.
        """
        return Ask(reading.event, query={"since": since})


class Configuration(Resource[Mode]):
    """The settings."""

    @call("GET", "/settings")
    def get(self) -> Ask[Settings]:
        """Show each setting in force, and its origin; passwords are masked."""
        return Ask(reading.whole)


class Doctor(Resource[Mode]):
    """What the doctor found, and what others report."""

    @call("GET", "/doctor")
    def last(self) -> Ask[Examination]:
        """Tell what the doctor found last."""
        return Ask(reading.whole)

    @call("GET", "/domain-reports")
    def reports(self, *, days: int | None = None) -> Ask[ReportedSources]:
        """Add up what others report of mail in our name and to us; default: of 30 days."""
        return Ask(reading.whole, query={"days": days})
