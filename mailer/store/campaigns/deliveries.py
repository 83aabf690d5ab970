"""Search for a delivery: the statements of the ledgers about one subscriber."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import SkipReason
from mailer.store import keys
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

_LEFT_US: Final = ("accepted", "unknown")
"""The bitmaps of the ledger whose messages a relay took, or may have taken."""
_LATER: Final = ("bounced", "complained")
"""Bitmaps of a ledger that tell what came of a mail that was accepted."""
_READ: Final = 500
"""Campaigns looked at in one round trip."""
MOST_CAMPAIGNS: Final = 1_000
"""The newest ones, which are looked at: nobody reports older mail."""


class Received(NamedTuple):
    """One campaign that reached a subscriber: its relay took the mail."""

    campaign: int
    edition: str
    language: str
    later: str = ""
    """The later event: `bounced`, `complained`, or nothing."""


def received(store: Store, number: int) -> Iterator[Received]:
    """Yield the campaigns whose mail to a subscriber was accepted, newest first."""
    languages = subscribers.languages(store)
    for newest in range(campaigns.last_number(store), 0, -_READ):
        numbers = list(range(newest, max(newest - _READ, 0), -1))
        pipe = store.redis.pipeline(transaction=False)
        for campaign in numbers:
            pipe.getbit(keys.ledger(campaign, "accepted"), number)
        accepted = [c for c, bit in zip(numbers, pipe.execute(), strict=True) if bit]
        for campaign in accepted:
            pipe.hget(keys.campaign(campaign), "edition")
            for fate in _LATER:
                pipe.getbit(keys.ledger(campaign, fate), number)
            for language in languages:
                pipe.getbit(keys.delivery_language(campaign, language), number)
        answers = iter(pipe.execute())
        for campaign in accepted:
            edition = (next(answers) or b"").decode()
            later = [fate for fate in _LATER if next(answers)]
            read = [language for language in languages if next(answers)]
            yield Received(campaign, edition, ", ".join(read), ", ".join(later))


_OUTCOMES: Final = ("rejected", "skipped", "accepted", "unknown", "deferred", "claimed")
"""Bitmaps of a ledger; the first in which a delivery is tells how it stands."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the ledger of one campaign says of one subscriber."""

    campaign: Campaign
    language: str
    outcome: str
    """`accepted`, `rejected`, `skipped`, `unknown`, `deferred`; `claimed`: under way; empty: its
    turn has not come."""
    reason: SkipReason | None
    """Why it was skipped."""
    later: tuple[str, ...]
    """What came of it later: `bounced`, `complained`."""
    detail: Mapping[str, Any]
    """Of its last attempt; empty if that went well."""
    report: Mapping[str, Any]
    """Of what came later; empty if nothing did."""


class Deliveries(NamedTuple):
    """Some of a subscriber's deliveries."""

    found: list[Delivery]
    """The newest campaign first."""
    following: int
    """Number of the campaign below which the next ones are; 0: there are none, or none are looked
    at."""


def of_subscriber(store: Store, number: int, *, before: int = 0, most: int = 20) -> Deliveries:
    """Return the newest campaigns in whose audience a subscriber is, and how each went.

    Args:
        store: the open store.
        number: the subscriber's.
        before: only campaigns of lower numbers; 0: all.
        most: how many.
    """
    last = campaigns.last_number(store)
    top = min(before - 1, last) if before else last
    bottom = max(top - MOST_CAMPAIGNS, 0)
    numbers: list[int] = []
    while top > bottom and len(numbers) <= most:
        some = list(range(top, max(top - _READ, bottom), -1))
        pipe = store.redis.pipeline(transaction=False)
        for campaign in some:
            pipe.getbit(keys.ledger(campaign, "audience"), number)
        numbers += [one for one, bit in zip(some, pipe.execute(), strict=True) if bit]
        top -= len(some)
    shown = numbers[:most]
    following = shown[-1] if len(numbers) > most else top + 1 if top > 0 else 0
    return Deliveries(_told(store, campaigns.some(store, shown), number), following)


def _told(store: Store, found: Sequence[Campaign], number: int) -> list[Delivery]:
    languages = subscribers.languages(store)
    pipe = store.redis.pipeline(transaction=False)
    for one in found:
        for name in (*_OUTCOMES, *_LATER):
            pipe.getbit(keys.ledger(one.number, name), number)
        for reason in SkipReason:
            pipe.getbit(keys.skipped_for(one.number, reason), number)
        for language in languages:
            pipe.getbit(keys.delivery_language(one.number, language), number)
        pipe.hget(keys.details(one.number), str(number))
        pipe.hget(keys.bounces(one.number), str(number))
    answers = iter(pipe.execute())

    def first(names: Sequence[str]) -> list[str]:
        return [name for name, bit in [(one, next(answers)) for one in names] if bit]

    told = []
    for one in found:
        outcomes, later = first(_OUTCOMES), first(_LATER)
        reasons, read = first([*SkipReason]), first(languages)
        detail, report = next(answers), next(answers)
        told.append(
            Delivery(
                one,
                next(iter(read), ""),
                next(iter(outcomes), ""),
                SkipReason(reasons[0]) if reasons else None,
                tuple(later),
                json.loads(detail) if detail else {},
                json.loads(report) if report else {},
            )
        )
    return told


def is_in_audience(store: Store, campaign: int, number: int) -> bool:
    """Tell whether a subscriber stands in a campaign's audience."""
    return bool(store.redis.getbit(keys.ledger(campaign, "audience"), number))


def accepted_languages(store: Store, campaign: int, languages: Sequence[str]) -> dict[int, str]:
    """Tell who had a campaign's mail accepted, and in which language.

    Args:
        store: the open store.
        campaign: its number.
        languages: those that it went out in.

    Returns:
        Number of a subscriber -> language; empty if it is none of those.
    """
    spoken = {code: store.redis.get(keys.delivery_language(campaign, code)) for code in languages}
    return {
        number: next((code for code, bits in spoken.items() if _has(bits or b"", number)), "")
        for number in _members(store.redis.get(keys.ledger(campaign, "accepted")) or b"")
    }


def _members(bits: bytes) -> Iterator[int]:
    return (number for number in range(len(bits) * 8) if _has(bits, number))


def _has(bits: bytes, number: int) -> bool:
    return number // 8 < len(bits) and bool(bits[number // 8] >> (7 - number % 8) & 1)


def was_sent(store: Store, campaign: int, number: int) -> bool:
    """Tell whether a subscriber was sent a campaign."""
    return _is_any_set(store, [campaign], number)


def was_mailed(store: Store, number: int) -> bool:
    """Tell whether a subscriber was sent any of the newest campaigns."""
    last = campaigns.last_number(store)
    newest = range(last, max(0, last - MOST_CAMPAIGNS), -1)
    return _is_any_set(store, list(newest), number)


def _is_any_set(store: Store, numbers: list[int], subscriber: int) -> bool:
    with store.redis.pipeline(transaction=False) as pipe:
        for campaign in numbers:
            for name in _LEFT_US:
                pipe.getbit(keys.ledger(campaign, name), subscriber)
        return any(pipe.execute())
