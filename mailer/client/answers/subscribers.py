"""What the service tells of subscribers and suppressed addresses.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

Status: TypeAlias = Literal[
    "pending", "active", "suspended", "unsubscribed", "withdrawn", "complained"
]


class Suppressed(TypedDict):
    """Why an address is never mailed, and since when."""

    reason: str
    since: str


class Asked(TypedDict):
    """A moderated topic that a reader asked for, and since when they wait or have a no."""

    topic: str
    since: str


class Waiting(TypedDict):
    """A reader who waits for a topic."""

    subscriber: int
    address: str
    name: str
    language: str
    status: Status
    topic: str
    since: str


class Subscriber(TypedDict):
    """What is known of one reader."""

    number: int
    address: str
    language: str
    topics: list[str]
    waiting: list[Asked]
    """Topics that wait for the secretariat's yes."""
    declined: list[Asked]
    """Topics that it said no to."""
    tags: list[str]
    name: str
    attributes: dict[str, str]
    status: Status
    status_since: str
    added: str
    source: str
    """import, secretariat, mail, web or api."""
    consent: dict[str, Any] | None
    """To what the owner agreed, how and when; null: the secretariat vouched."""
    paused_until: str | None
    left: str | None
    bounced: dict[str, Any] | None
    """The last mail that came back."""
    suppressed: Suppressed | None
    """Whether the address is never mailed."""


class Added(TypedDict):
    """What became of it."""

    result: Literal["added", "updated", "unchanged", "asked", "asked_lately", "subscribed"]
    number: int | None
    """The subscriber's number, where one is known."""


class Standing(TypedDict):
    """A reader's status now."""

    status: Status


class Event(TypedDict):
    """One event about a reader; docs/events.md lists their types and fields."""

    id: str
    type: str
    at: str
    fields: dict[str, str]


class Received(TypedDict):
    """A campaign whose mail to a reader was accepted."""

    campaign: int
    edition: str
    language: str
    later: Literal["", "bounced", "complained"]
    """What came of it later."""


class Counts(TypedDict):
    """The number of subscribers; by language, topic and tag only the active ones."""

    total: int
    by_status: dict[str, int]
    by_language: dict[str, int]
    by_topic: dict[str, int]
    by_tag: dict[str, int]
    suppressed: int
    """Suppressed addresses, those of nobody included."""


class Done(TypedDict):
    """Whether anything changed."""

    changed: bool


class Checked(TypedDict):
    """What is known of each, in the order in which they were asked for."""

    found: list[Suppressed | None]
    """null: it is not suppressed."""
