"""What the service tells of endpoints of web hooks.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

State: TypeAlias = Literal["active", "paused", "stopped"]
Verdict: TypeAlias = Literal["delivered", "failed", "gone"]


class Fares(TypedDict):
    """How far an endpoint was told of events, and how it takes them."""

    position: str
    """Id of the event up to which the log was read for it."""
    replay: str | None
    """Likewise for a replay; null: there is none."""
    waiting: int
    """Events that it has not taken yet."""
    next_try: str | None
    failures: int
    """Tries in a row that failed."""
    failing_since: str | None
    taken: int
    taken_at: str | None
    given_up: int


class Listed(TypedDict):
    """An endpoint, and how it fares."""

    id: str
    url: str
    types: list[str]
    note: str
    state: State
    reason: str
    """Why it is not active."""
    by: str
    """By whom it was paused; empty: the service itself."""
    added_at: str
    state_since: str | None
    fares: Fares


class WithSecret(TypedDict):
    """An endpoint with the secrets by which its receiver checks signatures."""

    id: str
    url: str
    types: list[str]
    note: str
    state: State
    reason: str
    """Why it is not active."""
    by: str
    """By whom it was paused; empty: the service itself."""
    added_at: str
    state_since: str | None
    secret: str
    old_secret: str | None
    """Still good for 24 hours after `rotate`."""


class Attempt(TypedDict):
    """One try to have an endpoint take an event."""

    at: str
    event: str
    type: str
    number: int
    """Which try of that event it was."""
    outcome: str
    reason: str
    status: int
    """Of HTTP; 0: no answer came."""
    seconds: float
    words: str
    """How the answer's body begins."""


class Attempts(TypedDict):
    """How an endpoint fares, and its last tries."""

    fares: Fares
    attempts: list[Attempt]
    """The newest first."""


class Tested(TypedDict):
    """How an endpoint answered a test."""

    outcome: Verdict
    reason: str
    status: int
    """Of HTTP; 0: no answer came."""
    seconds: float
    words: str
    """How the body begins."""
