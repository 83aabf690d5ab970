"""What holds a campaign back: a code and facts, for programs and for pages in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from mailer.domain.campaigns.rate_limit import RateLimit


class Code(StrEnum):
    """The kinds of what can hold a campaign back; stable, for programs."""

    NO_WORKER = "no_worker"
    """No worker process runs: nothing leaves at all."""
    NO_RELAY = "no_relay"
    """Nothing can be handed over at present; `reason` has the relay's words and the next try."""
    RELAY = "relay"
    """One of several relays gets no mail."""
    SILENT = "silent"
    """A relay answers nothing."""
    LATE = "late"
    """Some of a relay's answers are late."""
    PACED = "paced"
    """A rate limit of the settings paces all of it."""
    SPEED = "speed"
    """Its own limit paces it."""
    LIMIT = "limit"
    """Some readers wait for a rate limit."""
    PAUSED = "paused"
    """Somebody paused it."""
    HELD = "held"
    """It waits for a person to decide."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that holds a campaign back."""

    code: Code
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Say it in English."""
        facts: dict[str, Any] = dict(self.facts)
        if "since" in facts:
            since = datetime.fromisoformat(facts["since"]).astimezone(UTC)
            facts["since"] = f"{since:%H:%M:%S} UTC"
        return _WORDS[self.code].format(**facts)

    def as_json(self) -> dict[str, Any]:
        """Return the code and the facts."""
        return {"code": self.code.value, "facts": dict(self.facts)}


_WORDS: Final = {
    Code.NO_WORKER: "no worker is running",
    Code.NO_RELAY: "{reason}",
    Code.RELAY: "{relay}: {reason}; the other relays carry its share",
    Code.SILENT: "{relay} is silent since {since}; {answers:,} answers are awaited",
    Code.LATE: "{answers:,} late answers of {relay} are awaited, the oldest since {since}",
    Code.PACED: "waiting for {subject}: {limit}",
    Code.SPEED: "waiting for its own limit: {speed}",
    Code.LIMIT: "{readers:,} waiting for {subject}: {limit}",
    Code.PAUSED: "paused {reason}",
    Code.HELD: "{reason}",
}


def limit_facts(limit: RateLimit) -> dict[str, str | int]:
    """Return what a rate limit is about, and its pace, in English; and the parts it is made of."""
    subject = " through ".join(filter(None, (limit.domain, limit.relay)))
    return {
        "subject": subject or "the limit on all mail",
        "limit": str(replace(limit, domain=None, relay=None)),
        "domain": limit.domain or "",
        "relay": limit.relay or "",
    }
