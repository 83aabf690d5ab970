"""An entry of the calendar as the API tells of it, and as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, cast

from pydantic import Field, StringConstraints

from mailer.content.parsing.manifest import LONGEST_TEXT
from mailer.domain.calendar import entry as domain
from mailer.domain.calendar.entry import Kind, Status
from mailer.errors import InputError
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.revising import Given
from mailer.web.api.models import Model, Name, Size
from mailer.web.site import Site

MOST: Final = 50
"""Most topics, tags, offsets or rules of an entry, and most languages of a text."""
When = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$")
]
"""A day, or a local time in the entry's zone."""
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Texts = Annotated[dict[str, Text], Field(max_length=MOST, description="By language.")]
Words = Annotated[tuple[Name, ...], Field(max_length=MOST)]


class Repetition(Model):
    """How an entry repeats (RFC 5545 section 3.8.5)."""

    rules: tuple[str, ...]
    also: tuple[str, ...] = Field(description="Further starts.")
    left_out: tuple[str, ...] = Field(description="Starts at which it does not take place.")
    different: tuple[str, ...] = Field(description="Occurrences that differ; see `occurrence`.")


class Entry(Model):
    """A meeting, an observance or a deadline; or one occurrence of one that repeats."""

    id: str
    kind: Kind
    status: Status
    start: str = Field(description="Local time in `zone`, or a day.")
    end: str | None = Field(description="As `start`; a last day is included.")
    zone: str
    starts_at: datetime
    ends_at: datetime
    title: Mapping[str, str]
    description: Mapping[str, str]
    place: Mapping[str, str]
    city: Mapping[str, str]
    registration: Mapping[str, str] = Field(description="By language; `*`: for all.")
    reason: Mapping[str, str] = Field(description="Why it is cancelled.")
    url: str
    online: str
    topics: tuple[str, ...]
    tags: tuple[str, ...]
    rule: str = Field(description="The audience rule that its readers fit; empty: none.")
    listed: bool
    invite: bool
    remind: tuple[str, ...] | None = Field(description="Null: as usual for its kind.")
    reminders: tuple[str, ...] = Field(description="The offsets at which reminders go out.")
    repeats: Repetition | None
    occurrence: str | None = Field(description="Which one of an entry that repeats it is.")
    sequence: int
    uid: str


class Fields(Model):
    """The fields of an entry; texts are added to those that are there, an empty one removes."""

    kind: Kind | None = None
    start: When | None = None
    end: When | None = Field(default=None, description="Null: none.")
    zone: Name | None = None
    title: Texts | None = None
    description: Texts | None = None
    place: Texts | None = None
    city: Texts | None = None
    registration: Texts | None = Field(default=None, description="By language; `*`: for all.")
    url: Text | None = None
    online: Text | None = None
    topics: Words | None = None
    tags: Words | None = None
    rule: Text | None = Field(default=None, description="An audience rule; empty: none.")
    listed: bool | None = None
    invite: bool | None = None
    remind: Words | None = Field(
        default=None, description="Offsets such as P14D or PT1H; null: as usual for its kind."
    )
    repeat: Annotated[tuple[Text, ...], Field(max_length=MOST)] | None = Field(
        default=None, description="Rules such as FREQ=MONTHLY;BYDAY=1TU;COUNT=6; none: once."
    )

    def given(self) -> Given:
        """Return what was said.

        Raises:
            InputError: a time is none, or a field is null that cannot be.
        """
        said: dict[str, Any] = {
            name: getattr(self, name) for name in Fields.model_fields.keys() & self.model_fields_set
        }
        for name in ("start", "end"):
            if said.get(name) is not None:
                said[name] = moment(name, said[name])
        for name, value in said.items():
            if value is None and name not in _NULL:
                said_of = "it cannot be null"
                raise InputError.of(name, said_of, "leave it out, or give one", code="missing")
        return cast("Given", said)


_NULL: Final = ("end", "remind")


class NewEntry(Fields):
    """An entry to be added; needs a start, a zone and a title."""

    id: Name = Field(description="Small letters, digits and hyphens; stands in web addresses.")
    kind: Kind | None = Kind.MEETING


class Change(Fields, Size):
    """What is to change, and how many readers you expect to be told (see `told`); default: none."""

    status: Status | None = Field(default=None, description="Whether it takes place.")


class Cancellation(Size):
    """Why it does not take place, and how many readers you expect to be told; default: none."""

    reason: Texts = Field(description="Readers see it.")


def moment(field: str, text: str) -> datetime | date:
    """Read a day, or a local time.

    Raises:
        InputError: there is none such.
    """
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        said = f"{text!r} is no local time and no date"
        raise InputError.of(field, said, "write 2023-04-26T14:00", code="bad_time") from None


def entry_of(one: domain.Entry) -> Entry:
    """Return the model of an entry."""
    repeats = one.recurrence
    return Entry(
        id=one.id,
        kind=one.kind,
        status=one.status,
        start=one.start.isoformat(),
        end=one.end.isoformat() if one.end else None,
        zone=one.zone,
        starts_at=one.starts_at(),
        ends_at=one.ends_at(),
        title=dict(one.title),
        description=dict(one.description),
        place=dict(one.place),
        city=dict(one.city),
        registration=dict(one.registration),
        reason=dict(one.reason),
        url=one.url,
        online=one.online,
        topics=one.topics,
        tags=one.tags,
        rule=one.rule,
        listed=one.listed,
        invite=one.invite,
        remind=None if one.remind is None else tuple(map(str, one.remind)),
        reminders=tuple(map(str, one.offsets)),
        repeats=_repetition(repeats) if repeats else None,
        occurrence=one.occurrence_key or None,
        sequence=one.sequence,
        uid=one.uid,
    )


def _repetition(repeats: domain.Recurrence) -> Repetition:
    return Repetition(
        rules=repeats.rules,
        also=tuple(each.isoformat() for each in repeats.added),
        left_out=tuple(each.isoformat() for each in repeats.left_out),
        different=tuple(each.occurrence_key for each in repeats.overrides),
    )


def calendar_of(site: Site) -> Calendar:
    """Return the use cases."""
    return Calendar(site.store, site.settings, site.clock)
