"""The calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from mailer.client import reading
from mailer.client.answers.calendar import (
    Attendance,
    Coming,
    Entry,
    History,
    Kind,
    Preview,
    Report,
    Status,
    Told,
)
from mailer.client.asking import Ask, Mode, Resource, blocks, call, listing
from mailer.client.reading import Tagged
from mailer.client.uploads import File, Upload

Texts = Mapping[str, str]
"""Language -> text; `*`: for all."""


class Fields(TypedDict, total=False):
    """The fields of an entry. Texts are added to those that are there; an empty one removes."""

    kind: Kind
    start: str
    """A local time such as 2023-04-26T14:00, or a date."""
    end: str | None
    """None: the entry has none."""
    zone: str
    title: Texts
    description: Texts
    place: Texts
    city: Texts
    registration: Texts
    url: str
    online: str
    topics: Sequence[str]
    tags: Sequence[str]
    rule: str
    """An audience rule; empty: none."""
    listed: bool
    invite: bool
    remind: Sequence[str] | None
    """Offsets such as P14D or PT1H; None: as usual for its kind."""
    repeat: Sequence[str]
    """Rules such as FREQ=MONTHLY;BYDAY=1TU;COUNT=6; none: once."""


class Change(Fields, total=False):
    """What is to be changed, and how many readers you expect to be told of it."""

    status: Status
    readers: int
    tolerance: int
    any_size: bool


class Wanted(Fields, total=False):
    """What a change would be."""

    status: Status


class Calendar(Resource[Mode]):
    """Calendar entries, by their short names.

    A change of an entry that readers were told of wants to know how many are told of the change
    (`readers`, as `told` says), or `any_size`.
    """

    @listing("/calendar/entries")
    def list(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        past: bool = False,
        limit: int = 100,
    ) -> Ask[Entry]:
        """Iterate over entries, the earliest first; those that repeat with each date."""
        query = {"since": since, "until": until, "past": past, "limit": limit}
        return Ask(reading.same, query=query)

    @call("POST", "/calendar/entries")
    def add(self, id: str, **fields: Unpack[Fields]) -> Ask[Entry]:  # noqa: A002 - the API's name
        """Add an entry; it needs a start, a zone and a title. Reminders go out by themselves."""
        return Ask(reading.whole, json={"id": id}, exact=fields)

    @call("GET", "/calendar/entries/{name}")
    def get(self, name: str) -> Ask[Tagged[Entry]]:
        """Tell all of an entry."""
        return Ask(reading.tagged, path={"name": name})

    @call("GET", "/calendar/entries/{name}/told")
    def told(self, name: str) -> Ask[Told]:
        """Tell what readers know of an entry, and how many would be told of a change."""
        return Ask(reading.whole, path={"name": name})

    @call("PATCH", "/calendar/entries/{name}")
    def change(
        self, name: str, etag: str, *, occurrence: str = "", **fields: Unpack[Change]
    ) -> Ask[Tagged[Entry]]:
        """Change what is given. A new start also moves the end."""
        query, headers = {"occurrence": occurrence}, {"If-Match": etag}
        return Ask(
            reading.tagged,
            path={"name": name},
            query=query,
            json={},
            exact=fields,
            headers=headers,
        )

    @call("POST", "/calendar/entries/{name}/cancel")
    def cancel(
        self,
        name: str,
        reason: Texts,
        *,
        etag: str = "",
        occurrence: str = "",
        readers: int | None = None,
        tolerance: int = 0,
        any_size: bool = False,
    ) -> Ask[Tagged[Entry]]:
        """Cancel an entry; readers see the reason. It stays in the calendar, as cancelled."""
        size = {"readers": readers, "tolerance": tolerance, "any_size": any_size}
        return Ask(
            reading.tagged,
            path={"name": name},
            query={"occurrence": occurrence},
            json={**size, "reason": reason},
            headers={"If-Match": etag},
        )

    @call("POST", "/calendar/entries/{name}/preview")
    def preview(self, name: str, *, occurrence: str = "", **fields: Unpack[Wanted]) -> Ask[Preview]:
        """Tell what a change would mail, and to whom. Changes nothing."""
        query = {"occurrence": occurrence}
        return Ask(reading.whole, path={"name": name}, query=query, json={}, exact=fields)

    @call("POST", "/calendar/entries/{name}/undo")
    def undo(self, name: str, *, sequence: int | None = None) -> Ask[Tagged[Entry]]:
        """Take the last change back before its notice goes out: that of a version, or any."""
        return Ask(reading.tagged, path={"name": name}, json={"sequence": sequence})

    @call("GET", "/calendar/entries/{name}/history")
    def history(self, name: str) -> Ask[History]:
        """List the versions of an entry, and which mailings told readers of each."""
        return Ask(reading.whole, path={"name": name})

    @call("POST", "/calendar/import")
    def import_file(
        self,
        file: File,
        *,
        language: str = "",
        zone: str = "",
        topic: Sequence[str] = (),
        partly: bool = False,
        dry_run: bool = False,
    ) -> Ask[Report]:
        """Take in a calendar file: `.ics` of any program, or TOML.

        Args:
            file: its path, its octets, or it itself, opened for reading octets.
            language: of its texts, where it names none.
            zone: of its local times, where it names none.
            topic: the topics of its entries.
            partly: take in what is good, even if some of it is not.
            dry_run: change nothing, and tell what would happen.
        """
        query = {
            "language": language,
            "zone": zone,
            "topic": topic,
            "partly": partly,
            "dry_run": dry_run,
        }
        return Ask(reading.whole, query=query, file=Upload(file, "application/octet-stream"))

    @call("GET", "/calendar/export")
    def export(self, *, language: str = "") -> Ask[bytes]:
        """Return the whole calendar as iCalendar, which any calendar program reads."""
        return Ask(reading.octets, query={"language": language})

    @listing("/calendar/reminders")
    def reminders(self, *, until: datetime | None = None, limit: int = 100) -> Ask[Coming]:
        """Iterate over what will go out: reminders, notices of changes, and what is held."""
        return Ask(reading.same, query={"until": until, "limit": limit})

    @call("GET", "/calendar/entries/{name}/attendance")
    def attendance(self, name: str) -> Ask[Attendance]:
        """Count the answers to an invitation."""
        return Ask(reading.whole, path={"name": name})

    @blocks("/calendar/entries/{name}/attendees")
    def attendees(self, name: str) -> Ask[bytes]:
        """Iterate over the octets of a CSV file of who answered, with names and addresses."""
        return Ask(reading.same, path={"name": name})
