"""Lists who did not get a campaign, and why: what the books only count, name by name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from mailer.domain.campaign import Campaign
from mailer.domain.delivery import Outcome, SkipReason
from mailer.store import keys
from mailer.store.connection import Store

OUTCOMES: Final = (Outcome.REJECTED, Outcome.SKIPPED, Outcome.UNKNOWN, Outcome.DEFERRED)
"""Those that are listed; the first that applies counts."""

_WINDOW: Final = 1024
"""Bytes of a bitmap looked at together: 8192 subscriber numbers."""
_READ: Final = 1000
"""Details fetched in one round trip."""

_WHY: Final = {
    SkipReason.INACTIVE: "no longer an active subscriber when the turn came",
    SkipReason.SUPPRESSED: "the address is suppressed",
    SkipReason.GONE: "removed after the start",
    SkipReason.CANCELLED: "the campaign was cancelled before the turn came",
    SkipReason.UNSENDABLE: "no message can be made for this address",
}


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One delivery that did not arrive, or not yet."""

    number: int
    """The subscriber's."""
    address: str
    """Empty if the subscriber was erased since."""
    language: str
    outcome: Outcome
    why: str
    """In words: the relay's, or ours."""
    code: int = 0
    """SMTP reply code, or 0 where there was none."""
    enhanced: str = ""
    relay: str = ""
    at: str = ""
    """ISO 8601, UTC; empty where nothing was tried."""


def each(
    store: Store, campaign: Campaign, outcomes: Collection[Outcome] = OUTCOMES
) -> Iterator[Undelivered]:
    """Yield the deliveries with one of these outcomes, by the subscriber's number.

    Memory stays the same however many there are.
    """
    number = campaign.number
    length = int(store.redis.strlen(keys.ledger(number, "audience")))
    for start in range(0, length, _WINDOW):
        window = _Window(store, campaign, start)
        found = (one for one in window.numbers() if one[1] in outcomes)
        while batch := list(islice(found, _READ)):
            yield from _described(store, number, batch, window)


class _Window:
    """A stretch of a campaign's bitmaps, read at one instant."""

    def __init__(self, store: Store, campaign: Campaign, start: int) -> None:
        number = campaign.number
        bitmaps: dict[str, str] = {outcome: keys.ledger(number, outcome) for outcome in OUTCOMES}
        for reason in SkipReason:
            bitmaps[f"skipped:{reason}"] = keys.skipped_for(number, reason)
        for language in campaign.languages:
            bitmaps[f"language:{language}"] = keys.delivery_language(number, language)
        pipe = store.redis.pipeline(transaction=True)
        for bitmap in bitmaps.values():
            pipe.getrange(bitmap, start, start + _WINDOW - 1)
        self._parts: dict[str, bytes] = dict(zip(bitmaps, pipe.execute(), strict=True))
        self._first = start * 8
        self._languages = campaign.languages

    def numbers(self) -> Iterator[tuple[int, Outcome]]:
        """Yield the numbers that have one of the outcomes, ascending."""
        for octet in range(_WINDOW):
            if not any(self._parts[o][octet : octet + 1].strip(b"\0") for o in OUTCOMES):
                continue
            for number in range(self._first + octet * 8, self._first + octet * 8 + 8):
                if outcome := next((o for o in OUTCOMES if self._has(o, number)), None):
                    yield number, outcome

    def language(self, number: int) -> str:
        return next((c for c in self._languages if self._has(f"language:{c}", number)), "")

    def reason(self, number: int) -> SkipReason | None:
        return next((r for r in SkipReason if self._has(f"skipped:{r}", number)), None)

    def _has(self, name: str, number: int) -> bool:
        octet, bit = divmod(number - self._first, 8)
        part = self._parts[name]
        return octet < len(part) and bool(part[octet] & (128 >> bit))


def _described(
    store: Store, campaign: int, batch: list[tuple[int, Outcome]], window: _Window
) -> Iterator[Undelivered]:
    pipe = store.redis.pipeline(transaction=False)
    pipe.hmget(keys.details(campaign), [str(number) for number, _ in batch])
    for number, _ in batch:
        pipe.hget(keys.subscriber(number), "a")
    details, *addresses = pipe.execute()
    for (number, outcome), detail, address in zip(batch, details, addresses, strict=True):
        told: Mapping[str, Any] = json.loads(detail) if detail else {}
        if told.get("outcome") != outcome.value:
            told = {}
        reason = window.reason(number) if outcome is Outcome.SKIPPED else None
        text = str(told.get("text", ""))
        why = _WHY[reason] if reason else text
        if reason is SkipReason.UNSENDABLE and text:
            why = text
        yield Undelivered(
            number=number,
            address=address.decode() if address else "",
            language=window.language(number),
            outcome=outcome,
            why=why or _DEFAULT_WHY.get(outcome, ""),
            code=int(told.get("code", 0)),
            enhanced=str(told.get("enhanced", "")),
            relay=str(told.get("relay", "")),
            at=str(told.get("at", "")),
        )


_DEFAULT_WHY: Final = {Outcome.UNKNOWN: "the worker ended before it could tell"}
