"""Freezes a campaign's audience into bitmaps, and divides it into chunks of about equal work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import redis

from mailer.domain.campaigns.campaign import NOT_BEGUN, Campaign, Content, State
from mailer.store import keys
from mailer.store.segments import bitmaps, compiling
from mailer.store.segments.bitmaps import (
    ACTIVE,
    EVERYBODY,
    SUPPRESSED,
    AllOf,
    AnyOf,
    Bitmap,
    Key,
    Without,
)
from mailer.store.server.connection import Store

BLOCK_BYTES: Final = 64
"""Granularity of chunk borders: 512 subscriber numbers."""
READ_BYTES: Final = 1 << 16


def freeze(
    store: Store,
    campaign: Campaign,
    languages: Mapping[str, str],
    default: str,
    wanted: Bitmap | None = None,
) -> int:
    """Copy those whom the campaign concerns into its own bitmaps, one per delivery language.

    May be repeated until the campaign is started; each time it is as of that instant.

    Args:
        store: the open store.
        campaign: it is not started yet.
        languages: reader's language -> language in which those readers get it.
        default: delivery language of readers whose language is not among them.
        wanted: whom it concerns, where that is not said by its topics and tags alone; see
            `concerned`.

    Returns:
        The number of deliveries, or -1 if the campaign was started already.
    """
    number = campaign.number
    (found,) = bitmaps.of_now(store, wanted or concerned(campaign))
    pairs = [[keys.language_bits(reader), delivery] for reader, delivery in languages.items()]
    answer = store.scripts.run(
        "freeze",
        keys={
            "campaign": keys.campaign(number),
            "audience": keys.ledger(number, "audience"),
            "active": keys.status_bits("active"),
            "suppressed": keys.SUPPRESSED,
            "scratch": keys.ledger(number, "scratch"),
        },
        args={
            "language_bits": keys.delivery_language(number, ""),
            "default_language": default,
            "concerned": bitmaps.octets_of(found),
            "languages_json": json.dumps(pairs),
        },
    )
    return int(answer)


def concerned(campaign: Campaign, others: Sequence[int] = (), rule: Bitmap = EVERYBODY) -> Bitmap:
    """Say whom a campaign concerns; whether they are active, and not suppressed, is another matter.

    Args:
        campaign: any.
        others: campaigns whose readers are left out: whom they reached, may have reached, or
            reach yet; see `compiling.had`.
        rule: whom its own rule is about.
    """
    parts: list[Bitmap] = [AnyOf(tuple(Key(keys.topic_bits(one)) for one in campaign.topics)), rule]
    if campaign.among:
        parts.append(Key(keys.ledger(campaign.among, "audience")))
    if campaign.tags:
        parts.append(AnyOf(tuple(Key(keys.tag_bits(tag)) for tag in campaign.tags)))
    if campaign.content is Content.NOTICE and campaign.about:
        # Whom a relay took a message for, or may have, or takes one for yet, as long as the old
        # news goes out; and whose turn would have come had it not been stopped for the new.
        told = campaign.about.told
        stopped = (Key(keys.ledger(number, "skipped:cancelled")) for number in told)
        parts.append(AnyOf((*map(compiling.had, told), *stopped)))
    return Without(AllOf(tuple(parts)), AnyOf(tuple(map(compiling.had, others))))


def frozen(store: Store, number: int) -> int:
    """Count the deliveries of a frozen audience."""
    return int(store.redis.bitcount(keys.ledger(number, "audience")))


def frozen_by_language(store: Store, number: int, languages: Iterable[str]) -> dict[str, int]:
    """Count the deliveries of a frozen audience in each of these languages."""
    return {
        code: int(store.redis.bitcount(keys.delivery_language(number, code))) for code in languages
    }


def thaw(store: Store, number: int, languages: Iterable[str]) -> None:
    """Let a frozen audience go whose campaign was not started after all.

    Args:
        store: the open store.
        number: the campaign's.
        languages: those that it was frozen in.
    """
    frozen = [keys.delivery_language(number, code) for code in languages]
    with store.redis.pipeline(transaction=True) as pipe, suppress(redis.WatchError):
        pipe.watch(keys.campaign(number))
        state = store.redis.hget(keys.campaign(number), "state")
        if state is None or State(state.decode()) not in NOT_BEGUN:
            return
        pipe.multi()
        pipe.delete(keys.ledger(number, "audience"), *frozen)
        pipe.execute()


def divide(
    pipe: Any, number: int, planned: int, languages: Sequence[str], borders: Sequence[int]
) -> None:
    """Keep how a frozen audience is divided, in the transaction of the campaign's start.

    Args:
        pipe: the transaction.
        number: the campaign's.
        planned: its deliveries.
        languages: those that it goes out in.
        borders: of its chunks; see `chunk_borders`.
    """
    chunks = len(borders) - 1
    fields = {"planned": str(planned), "languages": json.dumps([*languages])}
    pipe.incr(keys.CAMPAIGN_STARTS)
    pipe.hset(keys.campaign(number), mapping=fields)
    pipe.rpush(keys.chunks(number), *borders)
    pipe.zadd(keys.chunks_due(number), dict.fromkeys(map(str, range(chunks)), 0))


def of_now(store: Store, wanted: Bitmap) -> int:
    """Return who of those concerned would get something now; a value as `bitmaps` has it."""
    return bitmaps.of_now(store, Without(AllOf((ACTIVE, wanted)), SUPPRESSED))[0]


def had(store: Store, number: int) -> int:
    """Return whom a campaign reached, may have reached, or reaches yet; as `of_now` does."""
    return bitmaps.of_now(store, compiling.had(number))[0]


def reading(store: Store, language: str) -> int:
    """Return who reads a language; as `of_now` does."""
    return bitmaps.of_now(store, Key(keys.language_bits(language)))[0]


def readers(store: Store) -> set[str]:
    """Return the languages that subscribers read."""
    return {member.decode() for member in store.redis.smembers(keys.LANGUAGES)}


def chunk_borders(store: Store, number: int, size: int) -> list[int]:
    """Divide a frozen audience into ranges of subscriber numbers.

    Args:
        store: the open store.
        number: the campaign's.
        size: deliveries a chunk; the last may hold fewer, each at most `size` + 511.

    Returns:
        The first subscriber number of each chunk, ascending, and one past the last; empty for
        an empty audience. All are multiples of 8, so that a chunk is whole octets of a bitmap.
    """
    borders: list[int] = []
    held = end = 0
    for offset, block in _blocks(store, keys.ledger(number, "audience")):
        count = int.from_bytes(block, "big").bit_count()
        if not count:
            continue
        if not borders or held >= size:
            borders.append(offset * 8)
            held = 0
        held += count
        end = (offset + BLOCK_BYTES) * 8
    return [*borders, end] if borders else []


def _blocks(store: Store, key: str) -> Iterator[tuple[int, bytes]]:
    """Yield a bitmap's octets as (offset, block), reading a little at a time."""
    offset = 0
    while piece := store.redis.getrange(key, offset, offset + READ_BYTES - 1):
        for start in range(0, len(piece), BLOCK_BYTES):
            yield offset + start, piece[start : start + BLOCK_BYTES]
        offset += READ_BYTES
