"""Lists who did not get a campaign, and why: what the books only count, name by name.

Also those who seemed to get it: whose message was accepted, and came back or was complained of.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import Outcome, SkipReason
from mailer.store import keys
from mailer.store.server.connection import Store


class Fate(StrEnum):
    """What is listed; the first that applies counts."""

    REJECTED = Outcome.REJECTED.value
    SKIPPED = Outcome.SKIPPED.value
    UNKNOWN = Outcome.UNKNOWN.value
    DEFERRED = Outcome.DEFERRED.value
    COMPLAINED = "complained"
    """Accepted, and reported by its reader as unwanted."""
    BOUNCED = "bounced"
    """Accepted, and came back."""


LATER: Final = (Fate.COMPLAINED, Fate.BOUNCED)
"""What the sums count as accepted."""

_WINDOW: Final = 1024
"""Bytes of a bitmap looked at together: 8192 subscriber numbers."""
_READ: Final = 1000
"""Details fetched in one round trip."""

_WHY: Final = {
    SkipReason.INACTIVE: "no longer an active subscriber when the turn came",
    SkipReason.SUPPRESSED: "the address is suppressed",
    SkipReason.PAUSED: "paused at the reader's wish, until a later date",
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
    outcome: Fate
    why: str
    """In words: the relay's, or ours."""
    code: int = 0
    """SMTP reply code, or 0 where there was none."""
    enhanced: str = ""
    relay: str = ""
    at: str = ""
    """ISO 8601, UTC; empty where nothing was tried."""
    mail: int = 0
    """The kept report that tells of it, or 0."""


def each(
    store: Store, campaign: Campaign, outcomes: Collection[Fate] = tuple(Fate)
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
        bitmaps: dict[str, str] = {fate: keys.ledger(number, fate) for fate in Fate}
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

    def numbers(self) -> Iterator[tuple[int, Fate]]:
        """Yield the numbers that have one of the outcomes, ascending."""
        for octet in range(_WINDOW):
            if not any(self._parts[fate][octet : octet + 1].strip(b"\0") for fate in Fate):
                continue
            for number in range(self._first + octet * 8, self._first + octet * 8 + 8):
                if fate := next((one for one in Fate if self._has(one, number)), None):
                    yield number, fate

    def language(self, number: int) -> str:
        return next((c for c in self._languages if self._has(f"language:{c}", number)), "")

    def reason(self, number: int) -> SkipReason | None:
        return next((r for r in SkipReason if self._has(f"skipped:{r}", number)), None)

    def _has(self, name: str, number: int) -> bool:
        octet, bit = divmod(number - self._first, 8)
        part = self._parts[name]
        return octet < len(part) and bool(part[octet] & (128 >> bit))


def _described(
    store: Store, campaign: int, batch: list[tuple[int, Fate]], window: _Window
) -> Iterator[Undelivered]:
    pipe = store.redis.pipeline(transaction=False)
    wanted = [str(number) for number, _ in batch]
    pipe.hmget(keys.details(campaign), wanted)
    pipe.hmget(keys.bounces(campaign), wanted)
    for number, _ in batch:
        pipe.hget(keys.subscriber(number), "a")
    details, returned, *addresses = pipe.execute()
    rows = zip(batch, details, returned, addresses, strict=True)
    for (number, outcome), detail, report, address in rows:
        if outcome in LATER:
            yield _later(number, outcome, report, address, window)
            continue
        told: Mapping[str, Any] = json.loads(detail) if detail else {}
        if told.get("outcome") != outcome.value:
            told = {}
        reason = window.reason(number) if outcome is Fate.SKIPPED else None
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


def _later(
    number: int, fate: Fate, report: bytes | None, address: bytes | None, window: _Window
) -> Undelivered:
    """Describe what was accepted at first."""
    told: Mapping[str, Any] = json.loads(report) if report else {}
    reason = str(told.get("reason") or told.get("type", ""))
    mail = int(told.get("mail", 0))
    where = f"report: mailer inbound show {mail}" if mail else ""
    said = " ".join(filter(None, (str(told.get("severity", "")), reason)))
    return Undelivered(
        number=number,
        address=address.decode() if address else "",
        language=window.language(number),
        outcome=fate,
        why="; ".join(filter(None, (said, str(told.get("text", "")), where))),
        enhanced=str(told.get("status", "")),
        at=str(told.get("at", "")),
        mail=mail,
    )


_DEFAULT_WHY: Final = {Fate.UNKNOWN: "the worker ended before it could tell"}
