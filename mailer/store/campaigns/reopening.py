"""Lets deliveries be tried again that had ended, or counts as accepted what nobody can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Campaign
from mailer.domain.campaigns.delivery import Outcome
from mailer.domain.campaigns.report import is_passing
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.campaigns import outcome_windows
from mailer.store.campaigns.chunks import pack
from mailer.store.segments import bitmaps
from mailer.store.segments.bitmaps import Key, Without
from mailer.store.server.connection import Store

MOST: Final = 50_000
"""Deliveries of one call: the store does nothing else for some tenths of a second meanwhile."""
_READ: Final = 1000


def unresolved(store: Store, number: int, most: int = MOST) -> list[int]:
    """List deliveries whose outcome is unknown, and that are not sent again by themselves."""
    wanted = Without(Key(keys.ledger(number, "unknown")), Key(keys.ledger(number, "resend")))
    (found,) = bitmaps.of_now(store, wanted)
    return _first(bitmaps.numbers_in(found), most)


def passing(store: Store, campaign: Campaign, most: int = MOST) -> list[int]:
    """List deliveries that were rejected for a reason that may be over; see `is_passing`."""
    return _first(_passing(store, campaign), most)


def _first(numbers: Iterator[int], most: int) -> list[int]:
    return [number for number, _ in zip(numbers, range(most), strict=False)]


def _passing(store: Store, campaign: Campaign) -> Iterator[int]:
    rejected = Outcome.REJECTED.value
    for window in outcome_windows.each(store, campaign, [rejected]):
        numbers = [number for number, _ in window.numbers()]
        for at in range(0, len(numbers), _READ):
            batch = numbers[at : at + _READ]
            found = outcome_windows.details(store, campaign.number, batch)
            for number, detail in zip(batch, found, strict=True):
                severity, code = str(detail.get("severity", "")), int(detail.get("code", 0))
                if is_passing(severity, code // 100):
                    yield number


def reopen(
    store: Store, number: int, numbers: Sequence[int], what: Outcome, now: datetime
) -> tuple[int, str]:
    """Let deliveries be tried again; on disk when this returns.

    Args:
        store: the open store.
        number: the campaign's.
        numbers: the subscribers'; those whose outcome is another by now are left alone.
        what: their outcome by now: rejected or unknown.
        now: the time.

    Returns:
        How many, and in which state the campaign was; none in a state that does not allow it.
    """
    fields: dict[str, str | int] = {"campaign": number, "count": events.COUNT, "was": what.value}
    ways = {
        state.value: move.to.value
        for (state, action), move in TRANSITIONS.items()
        if action is Action.REOPEN
    }
    count, state = store.scripts.run(
        "reopen",
        keys={
            "campaign": keys.campaign(number),
            "open": keys.CAMPAIGNS_OPEN,
            **keys.ledgers(number, "claimed", "rejected", "unknown", "resend", "resent"),
            "attempts": keys.attempts(number),
            "due": keys.chunks_due(number),
            "chunks": keys.chunks(number),
            "events": keys.EVENTS,
        },
        args={
            "number": number,
            "numbers": pack(numbers),
            "what": what.value,
            "ways_json": json.dumps(ways),
            "event_json": events.for_script(Event("campaign.reopened", now, fields)),
        },
    )
    store.durable()
    return int(count), state.decode()


def believe(store: Store, number: int, now: datetime) -> int:
    """Count as accepted what is unknown and not sent again; returns how many."""
    fields: dict[str, str | int] = {"campaign": number, "count": events.COUNT}
    count = store.scripts.run(
        "believe",
        keys={
            **keys.ledgers(number, "accepted", "unknown", "resend", "scratch", "scratch2"),
            "events": keys.EVENTS,
        },
        args={"event_json": events.for_script(Event("campaign.resolved", now, fields))},
    )
    store.durable()
    return int(count)
