"""Outcomes as they go into the ledger: outcome, detail, event, and what they count."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mailer.domain.bounces.policy import Said
from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.events import Event
from mailer.store import events
from mailer.store.subscribers import bounces
from mailer.store.subscribers.bounces import Desk, Fact


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of one delivery, as it goes into the ledger."""

    number: int
    attempt: Attempt
    relay: str = ""
    next_try: datetime | None = None
    """Needed where the attempt may be repeated: deferred or unknown."""
    number_of_attempt: int = 1
    """The number of the attempt, as its claim told."""
    given_up: bool = False
    """Rejected because its time is over, not because a relay refused it for good."""
    said: Said | None = None
    """For a rejected one: what that says about the address."""


def for_script(campaign: int, settled: Settled, now: datetime, desk: Desk) -> list[Any]:
    """Write what became of a delivery as the script `settle` takes it.

    Args:
        campaign: the number of the campaign.
        settled: what became of it.
        now: the present.
        desk: whom to tell of refusals that are about us.
    """
    attempt, number = settled.attempt, settled.number
    detail = {
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "enhanced": attempt.enhanced,
        "text": attempt.text,
        "relay": settled.relay,
        "at": now.isoformat(timespec="seconds"),
    }
    if settled.said is not None:
        detail |= {"severity": settled.said.severity, "reason": settled.said.reason}
    event: list[str] = []
    if attempt.outcome is Outcome.REJECTED:
        fields: dict[str, str | int] = {"campaign": campaign, "subscriber": number}
        fields |= {"code": attempt.code, "enhanced": attempt.enhanced}
        event = json.loads(events.for_script(Event("delivery.rejected", now, fields)))
    elif attempt.outcome is Outcome.UNKNOWN:
        fields = {"campaign": campaign, "count": 1, "reason": attempt.text}
        event = json.loads(events.for_script(Event("delivery.unknown", now, fields)))
    return [
        number,
        "given up" if settled.given_up else attempt.outcome.value,
        json.dumps(detail, ensure_ascii=False),
        int((settled.next_try or now).timestamp() * 1000),
        attempt.skip_reason.value if attempt.skip_reason else "",
        event,
        settled.number_of_attempt,
        _counted(campaign, settled, now, desk),
    ]


def _counted(
    campaign: int, settled: Settled, now: datetime, desk: Desk
) -> dict[str, Any] | Literal[False]:
    """Write what a refusal counts for the subscriber; false: it says nothing about one."""
    if settled.said is None:
        return False
    return bounces.for_script(settled.number, Fact(settled.said, campaign, now), now, desk)
