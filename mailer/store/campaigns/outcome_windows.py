"""Reads a campaign's bitmaps of outcomes stretch by stretch, with what is kept of deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import SkipReason
from mailer.store import keys
from mailer.store.fields import SubscriberField
from mailer.store.segments import bitmaps
from mailer.store.segments.bitmaps import AnyOf, Key
from mailer.store.server.connection import Store

_WINDOW: Final = 1024
"""Bytes of a bitmap looked at together: 8192 subscriber numbers."""


class Window:
    """A stretch of a campaign's bitmaps, read at one instant."""

    def __init__(
        self, store: Store, campaign: Campaign, outcomes: Sequence[str], start: int
    ) -> None:
        """Read the stretch that begins at an octet."""
        number = campaign.number
        bitmaps: dict[str, str] = {outcome: keys.ledger(number, outcome) for outcome in outcomes}
        for reason in SkipReason:
            bitmaps[f"skipped:{reason}"] = keys.skipped_for(number, reason)
        for language in campaign.languages:
            bitmaps[f"language:{language}"] = keys.delivery_language(number, language)
        pipe = store.redis.pipeline(transaction=True)
        for bitmap in bitmaps.values():
            pipe.getrange(bitmap, start, start + _WINDOW - 1)
        self._parts: dict[str, bytes] = dict(zip(bitmaps, pipe.execute(), strict=True))
        self._first, self._outcomes = start * 8, outcomes
        self._languages = campaign.languages

    def numbers(self) -> Iterator[tuple[int, str]]:
        """Yield the numbers that have one of the outcomes, ascending, with the first of theirs."""
        for octet in range(_WINDOW):
            if not any(self._parts[one][octet : octet + 1].strip(b"\0") for one in self._outcomes):
                continue
            for number in range(self._first + octet * 8, self._first + octet * 8 + 8):
                if found := next((one for one in self._outcomes if self._has(one, number)), None):
                    yield number, found

    def language(self, number: int) -> str:
        """Return the language of a delivery; empty: none of the campaign's."""
        return next((c for c in self._languages if self._has(f"language:{c}", number)), "")

    def reason(self, number: int) -> SkipReason | None:
        """Return why a delivery was skipped, if it was."""
        return next((r for r in SkipReason if self._has(f"skipped:{r}", number)), None)

    def _has(self, name: str, number: int) -> bool:
        octet, bit = divmod(number - self._first, 8)
        part = self._parts[name]
        return octet < len(part) and bool(part[octet] & (128 >> bit))


@dataclass(frozen=True, slots=True)
class Told:
    """The record of one delivery."""

    detail: Mapping[str, Any]
    """The detail of its last attempt; empty if that went well."""
    report: Mapping[str, Any]
    """The details of a report after it was accepted; empty if there was none."""
    address: str
    """Empty if the subscriber was erased since."""


def each(
    store: Store, campaign: Campaign, outcomes: Sequence[str], after: int = 0
) -> Iterator[Window]:
    """Yield a campaign's stretches that hold any of the outcomes, in order.

    Which do is looked up at the beginning; each is read when it is its turn. Of a million readers
    whom nearly all had it, nearly none is looked at.

    Args:
        store: the open store.
        campaign: it was started.
        outcomes: names of the ledger's bitmaps; where several apply the first counts.
        after: begin with the stretch that holds this subscriber number.
    """
    wanted = AnyOf(tuple(Key(keys.ledger(campaign.number, one)) for one in outcomes))
    held = bitmaps.octets_of(bitmaps.of_now(store, wanted)[0])
    first = after // 8 // _WINDOW * _WINDOW
    for start in range(first, len(held), _WINDOW):
        if held[start : start + _WINDOW].strip(b"\0"):
            yield Window(store, campaign, outcomes, start)


def details(store: Store, campaign: int, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
    """Load the details of the last attempts of some deliveries; empty where it went well."""
    if not numbers:
        return []
    found = store.redis.hmget(keys.details(campaign), [str(number) for number in numbers])
    return [json.loads(one) if one else {} for one in found]


def told(store: Store, campaign: int, numbers: Sequence[int]) -> list[Told]:
    """Load what is kept of some deliveries, in one round trip."""
    pipe = store.redis.pipeline(transaction=False)
    wanted = [str(number) for number in numbers]
    pipe.hmget(keys.details(campaign), wanted)
    pipe.hmget(keys.bounces(campaign), wanted)
    for number in numbers:
        pipe.hget(keys.subscriber(number), SubscriberField.ADDRESS)
    details, reports, *addresses = pipe.execute()
    return [
        Told(
            json.loads(detail) if detail else {},
            json.loads(report) if report else {},
            address.decode() if address else "",
        )
        for detail, report, address in zip(details, reports, addresses, strict=True)
    ]
