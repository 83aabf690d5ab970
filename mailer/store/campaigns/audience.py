"""Freezes a campaign's audience into bitmaps, and divides it into chunks of about equal work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mailer.domain.campaigns.campaign import Campaign, Content
from mailer.store import keys
from mailer.store.server.connection import Store

BLOCK_BYTES: Final = 64
"""Granularity of chunk borders: 512 subscriber numbers."""
READ_BYTES: Final = 1 << 16


LEFT_OUT: Final = ("rejected", "skipped")
"""The bitmaps of a ledger whose readers did not get it after all."""


def freeze(
    store: Store,
    campaign: Campaign,
    languages: Mapping[str, str],
    default: str,
    others: Sequence[int] = (),
) -> int:
    """Copy those whom the campaign concerns into its own bitmaps, one per delivery language.

    May be repeated until the campaign is started; each time it is as of that instant.

    Args:
        store: the open store.
        campaign: it is not started yet.
        languages: reader's language -> language in which those readers get it.
        default: delivery language of readers whose language is not among them.
        others: campaigns whose readers are left out: whom they reached, may have reached, or
            reach yet, which is all of their audience but `LEFT_OUT`.

    Returns:
        The number of deliveries, or -1 if the campaign was started already.
    """
    number = campaign.number
    left_out = [[keys.ledger(one, name) for name in ("audience", *LEFT_OUT)] for one in others]
    pairs = [[keys.language_bits(reader), delivery] for reader, delivery in languages.items()]
    answer = store.scripts.run(
        "freeze",
        keys={
            "campaign": keys.campaign(number),
            "audience": keys.ledger(number, "audience"),
            "active": keys.status_bits("active"),
            "suppressed": keys.SUPPRESSED,
            "scratch": keys.ledger(number, "scratch"),
            "scratch_others": keys.ledger(number, "scratch-others"),
        },
        args={
            "language_bits": keys.delivery_language(number, ""),
            "default_language": default,
            "groups_json": json.dumps(concerned(campaign)),
            "others_json": json.dumps(left_out),
            "languages_json": json.dumps(pairs),
        },
    )
    return int(answer)


def concerned(campaign: Campaign) -> list[list[str]]:
    """Name the bitmaps that tell whom a campaign concerns.

    Returns:
        Groups; somebody is concerned who stands in at least one bitmap of each. Whether they are
        active, and not suppressed, is another question.
    """
    groups = [[keys.topic_bits(topic) for topic in campaign.topics]]
    if campaign.tags:
        groups.append([keys.tag_bits(tag) for tag in campaign.tags])
    if campaign.content is Content.NOTICE and campaign.about:
        # Whom a relay took a message for, whom it may have taken one for, and whose turn would
        # have come had the old news not been stopped for the new.
        names = ("accepted", "unknown", "skipped:cancelled")
        told = [keys.ledger(number, name) for number in campaign.about.told for name in names]
        groups.append(told or [keys.ledger(campaign.number, "nobody")])
    return groups


def frozen(store: Store, number: int) -> int:
    """Count the deliveries of a frozen audience."""
    return int(store.redis.bitcount(keys.ledger(number, "audience")))


def frozen_by_language(store: Store, number: int, languages: Iterable[str]) -> dict[str, int]:
    """Count the deliveries of a frozen audience in each of these languages."""
    return {
        code: int(store.redis.bitcount(keys.delivery_language(number, code))) for code in languages
    }


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


def of_now(store: Store, campaign: Campaign) -> int:
    """Return whom a campaign would concern now, as a number whose bits are a bitmap's octets."""
    audience = _bits(store, keys.status_bits("active"))
    for group in concerned(campaign):
        any_of = 0
        for bitmap in group:
            any_of |= _bits(store, bitmap)
        audience &= any_of
    return audience & ~_bits(store, keys.SUPPRESSED)


def had(store: Store, number: int) -> int:
    """Return whom a campaign reached, may have reached, or reaches yet; as `of_now` does."""
    found = _bits(store, keys.ledger(number, "audience"))
    for name in LEFT_OUT:
        found &= ~_bits(store, keys.ledger(number, name))
    return found


def reading(store: Store, language: str) -> int:
    """Return who reads a language; as `of_now` does."""
    return _bits(store, keys.language_bits(language))


def _bits(store: Store, bitmap: str) -> int:
    """Read a whole bitmap as one number: 1.2 MB for ten million subscribers."""
    return int.from_bytes(store.redis.get(bitmap) or b"", "little")


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
