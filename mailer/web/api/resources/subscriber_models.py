"""Subscribers as the API writes and reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mailer.domain.subscribers.subscriber import LONGEST_NAME, MOST_TAGS, Status
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.listing import Entry, Known, Suppression
from mailer.web.api.paging import LONGEST, MOST

Word = Annotated[str, Field(min_length=1, max_length=40)]
Reason = Annotated[
    str, Field(max_length=200, description="For the record; no names and no addresses.")
]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Address = Annotated[
    str,
    Field(
        min_length=3,
        max_length=320,
        examples=["ana@example.org"],
        json_schema_extra={"format": "email"},
    ),
]
Topics = Annotated[Sequence[Word], Field(max_length=100)]
Tags = Annotated[Sequence[Word], Field(max_length=MOST_TAGS)]
_EXACT = ConfigDict(frozen=True, extra="forbid")
_GIVEN = ConfigDict(frozen=True, extra="forbid", strict=True)


class Suppressed(BaseModel):
    """Why an address is never mailed, and since when."""

    model_config = _EXACT

    reason: str
    since: datetime


class Asked(BaseModel):
    """A moderated topic that a reader asked for, and since when they wait or have a no."""

    model_config = _EXACT

    topic: str
    since: datetime


class Subscriber(BaseModel):
    """What is known of one reader."""

    model_config = _EXACT

    number: int
    address: str
    language: str
    topics: Sequence[str]
    waiting: Sequence[Asked] = Field(description="Topics that wait for the secretariat's yes.")
    declined: Sequence[Asked] = Field(description="Topics that it said no to.")
    tags: Sequence[str]
    name: str
    attributes: dict[str, str]
    status: Status
    status_since: datetime
    added: datetime
    source: str = Field(description="import, secretariat, mail, web or api.")
    consent: dict[str, Any] | None = Field(
        description="To what the owner agreed, how and when; null: the secretariat vouched."
    )
    paused_until: datetime | None
    left: datetime | None
    bounced: dict[str, Any] | None = Field(description="The last mail that came back.")
    suppressed: Suppressed | None = Field(description="Whether the address is never mailed.")


class Finding(BaseModel):
    """Which subscribers, and which page of them."""

    model_config = _EXACT

    q: str = Field(
        default="", max_length=320, description="A text anywhere in the address or the name."
    )
    status: Status | None = None
    language: str = Field(default="", max_length=40)
    topic: str = Field(default="", max_length=40)
    tag: str = Field(default="", max_length=40)
    rule: str = Field(default="", max_length=2000, description="An audience rule.")
    cursor: str = Field(default="", max_length=LONGEST, description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=MOST, description="Most items of the page.")


class Adding(BaseModel):
    """A reader to be put on the list."""

    model_config = _GIVEN

    address: Address
    confirm: bool = Field(
        description="True: the owner of the address gets a mail and has to confirm. False: you"
        " answer for the consent, and nobody is mailed."
    )
    language: Annotated[str, Field(max_length=40)] = ""
    topics: Topics = ()
    tags: Annotated[Tags, Field(description="Only without `confirm`.")] = ()
    name: Name = ""
    attributes: Annotated[
        dict[Word, Annotated[str, Field(max_length=500)]],
        Field(max_length=100, description="Only without `confirm`."),
    ] = Field(default_factory=dict)


class Added(BaseModel):
    """What became of it."""

    model_config = _EXACT

    result: Literal["added", "updated", "unchanged", "asked", "asked_lately", "subscribed"]
    number: int | None = Field(description="The subscriber's number, where one is known.")


class Change(BaseModel):
    """What is to be changed of a reader; what is left out stays as it is."""

    model_config = _GIVEN

    language: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    topics: Annotated[Topics, Field(min_length=1)] | None = None
    tags: Tags | None = None
    name: Name | None = None
    attributes: (
        Annotated[
            dict[Word, Annotated[str, Field(max_length=500)]],
            Field(max_length=100, description="Those that change; an empty value is taken away."),
        ]
        | None
    ) = None


class Because(BaseModel):
    """Why something is done."""

    model_config = _GIVEN

    reason: Annotated[Reason, Field(min_length=1)]


class Standing(BaseModel):
    """A reader's status now."""

    model_config = _EXACT

    status: Status


class Event(BaseModel):
    """One event about a reader; docs/events.md lists their types and fields."""

    model_config = _EXACT

    id: str
    type: str
    at: datetime
    fields: dict[str, str]


class Received(BaseModel):
    """A campaign whose mail to a reader was accepted."""

    model_config = _EXACT

    campaign: int
    edition: str
    language: str
    later: Literal["", "bounced", "complained"] = Field(description="What came of it later.")


class Counts(BaseModel):
    """The number of subscribers; by language, topic and tag only the active ones."""

    model_config = _EXACT

    total: int
    by_status: dict[str, int]
    by_language: dict[str, int]
    by_topic: dict[str, int]
    by_tag: dict[str, int]
    suppressed: int = Field(description="Suppressed addresses, those of nobody included.")


def suppressed_of(record: Suppression | None) -> Suppressed | None:
    """Write a suppression."""
    return Suppressed(reason=record.reason, since=record.since) if record else None


def subscriber_of(known: Known) -> Subscriber:
    """Write a subscriber.

    Raises:
        ValueError: nobody is known.
    """
    one = known.subscriber
    if one is None:
        raise ValueError("There is no subscriber to write.")
    return Subscriber(
        number=one.number,
        address=one.address,
        language=one.language,
        topics=one.topics,
        waiting=[Asked(topic=each.topic, since=each.at) for each in one.waiting],
        declined=[Asked(topic=each.topic, since=each.at) for each in one.declined],
        tags=one.tags,
        name=one.name,
        attributes=dict(one.attributes),
        status=one.status,
        status_since=one.changed_at,
        added=one.added_at,
        source=one.source,
        consent=json.loads(one.consent) if one.consent else None,
        paused_until=one.paused_until,
        left=one.left_at,
        bounced=json.loads(one.bounced) if one.bounced else None,
        suppressed=suppressed_of(known.suppression),
    )


def event_of(entry: Entry) -> Event:
    """Write an event."""
    fields = {name: value for name, value in entry.fields.items() if name not in {"type", "at"}}
    at = datetime.fromisoformat(entry.fields["at"])
    return Event(id=entry.id, type=entry.fields["type"], at=at, fields=fields)


def counts_of(found: subscribers.Counts) -> Counts:
    """Write counts."""
    return Counts(
        total=found.total,
        by_status=dict(found.by_status),
        by_language=dict(found.by_language),
        by_topic=dict(found.by_topic),
        by_tag=dict(found.by_tag),
        suppressed=found.suppressed,
    )
