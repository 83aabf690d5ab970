"""Endpoints of web hooks as the API writes and reads them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from mailer.services.webhooks.managing import Answer, Endpoint, Seen, Standing, State, Verdict
from mailer.web.api.models import Line, Model

LONGEST_URL = 2000
_TYPES = Field(
    min_length=1,
    max_length=200,
    description="Of events, such as `campaign.finished`, `campaign.*` or `*`.",
)


class Fares(Model):
    """How far an endpoint was told of events, and how it takes them."""

    position: str = Field(description="Id of the event up to which the log was read for it.")
    replay: str | None = Field(description="Likewise for a replay; null: there is none.")
    waiting: int = Field(description="Events that it has not taken yet.")
    next_try: datetime | None
    failures: int = Field(description="Tries in a row that failed.")
    failing_since: datetime | None
    taken: int
    taken_at: datetime | None
    given_up: int


class Hook(Model):
    """Where events are sent to, and which."""

    id: str
    url: str
    types: tuple[str, ...]
    note: str
    state: State
    reason: str = Field(description="Why it is not active.")
    by: str = Field(description="By whom it was paused; empty: the service itself.")
    added_at: datetime
    state_since: datetime | None


class Listed(Hook):
    """An endpoint, and how it fares."""

    fares: Fares


class WithSecret(Hook):
    """An endpoint with the secrets by which its receiver checks signatures."""

    secret: str
    old_secret: str | None = Field(description="Still good for 24 hours after `rotate`.")


class Attempt(Model):
    """One try to have an endpoint take an event."""

    at: datetime
    event: str
    type: str
    number: int = Field(description="Which try of that event it was.")
    outcome: str
    reason: str
    status: int = Field(description="Of HTTP; 0: no answer came.")
    seconds: float
    words: str = Field(description="How the answer's body begins.")


class Attempts(Model):
    """How an endpoint fares, and its last tries."""

    fares: Fares
    attempts: tuple[Attempt, ...] = Field(description="The newest first.")


class NewHook(Model):
    """An endpoint to be added."""

    url: str = Field(min_length=1, max_length=LONGEST_URL, description="https.")
    types: tuple[Line, ...] = _TYPES
    note: Line = Field(default="", description="What it is for; no secrets.")


class HookChange(Model):
    """What is to be changed of an endpoint; what is left out stays as it is."""

    url: str | None = Field(default=None, min_length=1, max_length=LONGEST_URL)
    types: tuple[Line, ...] | None = Field(default=None, min_length=1, max_length=200)
    note: Line | None = None


class Pausing(Model):
    """Why an endpoint is paused."""

    reason: Line = ""


class Replay(Model):
    """Which events are sent once more."""

    since: str = Field(
        pattern=r"^[0-9]{1,15}(-[0-9]{1,15})?$",
        description="Id of the event after which it begins, or Unix milliseconds.",
        examples=["1681282800000-0"],
    )
    until: str = Field(
        default="",
        pattern=r"^([0-9]{1,15}(-[0-9]{1,15})?)?$",
        description="Id of the last one; empty: the last there is now.",
    )


class Tested(Model):
    """How an endpoint answered a test."""

    outcome: Verdict
    reason: str
    status: int = Field(description="Of HTTP; 0: no answer came.")
    seconds: float
    words: str = Field(description="How the body begins.")


def listed_of(one: Endpoint, standing: Standing) -> Listed:
    """Write an endpoint without its secret."""
    return Listed(**_hook(one).model_dump(), fares=fares_of(standing))


def with_secret(seen: Seen) -> WithSecret:
    """Write an endpoint with its secrets."""
    shown = _hook(seen.endpoint).model_dump()
    return WithSecret(**shown, secret=seen.secret, old_secret=seen.old_secret or None)


def attempts_of(seen: Seen) -> Attempts:
    """Write how an endpoint fares."""
    tries = tuple(Attempt.model_validate(one, from_attributes=True) for one in seen.attempts)
    return Attempts(fares=fares_of(seen.standing), attempts=tries)


def tested_of(answer: Answer) -> Tested:
    """Write what came of a test."""
    return Tested(
        outcome=answer.verdict,
        reason=answer.reason,
        status=answer.status,
        seconds=round(answer.seconds, 3),
        words=answer.words,
    )


def fares_of(one: Standing) -> Fares:
    """Write a standing."""
    return Fares(
        position=one.position,
        replay=one.replay or None,
        waiting=one.waiting,
        next_try=one.next_try,
        failures=one.failures,
        failing_since=one.since,
        taken=one.taken,
        taken_at=one.taken_at,
        given_up=one.dropped,
    )


def _hook(one: Endpoint) -> Hook:
    return Hook(
        id=one.id,
        url=one.url,
        types=one.types,
        note=one.note,
        state=one.state,
        reason=one.reason,
        by=one.by,
        added_at=one.created,
        state_since=one.changed,
    )
