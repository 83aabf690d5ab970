"""What the service tells of templates, and of mail to one address.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

Kind: TypeAlias = Literal["text", "number", "date", "url", "list"]


class Listed(TypedDict):
    """A template, as of its last import."""

    template: str
    """Its short name."""
    version: str
    """Changes with its files."""
    topic: str | None
    """Only its subscribers get it; null: any address."""
    languages: list[str]
    description: str
    imported_at: str


class Imported(TypedDict):
    """A template that was imported."""

    changed: bool
    """Whether it differs from what was known of it."""
    template: Listed


class Declared(TypedDict):
    """Something that a program gives for each mail."""

    type: Kind
    required: bool
    example: Any
    description: str
    of: Kind | dict[str, Kind] | None
    """Of a list: the type of its items, or the types of their fields."""


class Template(TypedDict):
    """A template with what it needs."""

    template: str
    """Its short name."""
    version: str
    """Changes with its files."""
    topic: str | None
    """Only its subscribers get it; null: any address."""
    languages: list[str]
    description: str
    imported_at: str
    variables: dict[str, Declared]


class Use(TypedDict):
    """What became of a template's mails, and of which versions there can be any."""

    versions: list[str]
    """Those that can still be sent."""
    mails: dict[str, dict[str, int]]
    """Language -> state -> how many came to that."""


class Preview(TypedDict):
    """A mail as somebody would get it."""

    language: str
    subject: str
    html: str
    """Of others' making: show it in a sandbox."""
    text: str


class Accepted(TypedDict):
    """A mail that is queued."""

    mail: int
    """Its number."""
    repeated: bool
    """Whether it was queued before, under the same key."""
    template: str
    version: str
    language: str


class Mail(TypedDict):
    """A mail and what became of it. Its recipient is not kept."""

    mail: int
    template: str
    version: str
    language: str
    topic: str | None
    subscriber: int | None
    who: str
    """Keyed hash of the address."""
    state: str
    """queued, claimed, deferred, sent, failed, unknown or skipped."""
    reason: str
    """The relay's answer, or why it was skipped."""
    attempts: int
    asked_at: str | None
    at: str
    """When it came to its state."""
    bounced: str | None
    """Why it came back later; null: it did not."""
