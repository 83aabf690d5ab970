"""What the service tells of users, tokens and the audit log.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

Role: TypeAlias = Literal["owner", "sender", "editor", "reader", "operator"]
Standing: TypeAlias = Literal["invited", "active", "disabled"]
Right: TypeAlias = Literal[
    "subscribers:read",
    "subscribers:write",
    "subscribers:import",
    "subscribers:export",
    "subscribers:erase",
    "segments:write",
    "editions:read",
    "editions:write",
    "campaigns:read",
    "campaigns:write",
    "campaigns:approve",
    "campaigns:send",
    "campaigns:stop",
    "calendar:read",
    "calendar:write",
    "calendar:export",
    "inbound:read",
    "inbound:write",
    "mail:send",
    "templates:write",
    "events:read",
    "settings:read",
    "settings:write",
    "words:write",
    "webhooks:manage",
    "users:manage",
    "audit:read",
    "operation",
]
Phase: TypeAlias = Literal["begun", "done", "refused", "failed"]


class User(TypedDict):
    """Somebody who may sign in, and with which role."""

    number: int
    address: str
    name: str
    role: Role
    standing: Standing
    language: str
    added_at: str
    signed_in_at: str | None


class Token(TypedDict):
    """What a program may do; without its secret."""

    id: str
    name: str
    user: int
    """The user for whom it acts."""
    scopes: list[Right]
    made_at: str
    expires_at: str | None
    """Null: it is good until it is revoked."""
    used_at: str | None


class MadeToken(TypedDict):
    """A token, with its text."""

    token: Token
    text: str
    """Shown once; nobody can read it again."""


class Entry(TypedDict):
    """One act, as it ended."""

    number: int
    at: str
    actor: str
    name: str
    via: str
    origin: str
    act: str
    phase: Phase
    begun: int
    """Number of the entry with which it began; 0: this one."""
    facts: dict[str, Any] | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    code: str
    """Of the error that ended it."""
    mac: str


class Flaw(TypedDict):
    """A place where the chain does not hold."""

    number: int
    text: str


class Verdict(TypedDict):
    """Whether the log is whole."""

    whole: bool
    first: int
    last: int
    """0: the log is empty."""
    note: str
    """Keep it elsewhere: as `noted` it shows what was cut off."""
    flaws: list[Flaw]
