"""Subscribers: a numbered hash each, found by address, counted and chosen by bitmaps.

All that belongs to one change is one script: the hash, the bitmaps and the event commit together
(law 9). The bitmap of status `active` and that of the suppressed are what a delivery is checked
against at the last moment (law 4), so that nothing else may write them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mailer.domain.events import Event
from mailer.domain.subscribers.moderation import KEEPS
from mailer.domain.subscribers.subscriber import Since, Status, Subscriber
from mailer.errors import StoreRefusedError
from mailer.store import events, keys
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store
from mailer.store.subscribers.suppression import Suppression

_FIELDS: Final = (
    SubscriberField.ADDRESS,
    SubscriberField.LANGUAGE,
    SubscriberField.STATUS,
    SubscriberField.ADDED,
    SubscriberField.SOURCE,
    SubscriberField.CHANGED,
    SubscriberField.TOPICS,
    SubscriberField.TAGS,
    SubscriberField.NAME,
    SubscriberField.CONSENT,
    SubscriberField.MARKS,
    SubscriberField.BOUNCED,
    SubscriberField.LEFT,
    SubscriberField.PAUSED_UNTIL,
    SubscriberField.DIRECTORY,
    SubscriberField.DIRECTORY_SAID,
    SubscriberField.ATTRIBUTES,
    SubscriberField.WAITING,
    SubscriberField.DECLINED,
)
"""The fields read of a subscriber, in the order in which `_subscriber` takes them."""
BATCH: Final = 1000
"""Hashes fetched in one round trip."""
_WINDOW: Final = 8192
"""Bytes of a bitmap looked at together."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of subscribers: by status; of the active ones also by language, topic and tag."""

    total: int
    by_status: Mapping[str, int]
    by_language: Mapping[str, int]
    by_topic: Mapping[str, int]
    by_tag: Mapping[str, int]
    suppressed: int
    """Suppressed addresses, those of nobody included."""


def last_number(store: Store) -> int:
    """Return the highest number that was given out; 0: none yet."""
    return int(store.redis.get(keys.SUBSCRIBER_NEXT) or 0)


def number_of(store: Store, key: str) -> int | None:
    """Return the number of the subscriber with that normalised address."""
    number = store.redis.hget(keys.SUBSCRIBER_BY_ADDRESS, key)
    return int(number) if number else None


def get(store: Store, number: int) -> Subscriber | None:
    """Return a subscriber, or None if the number was never given out or is erased."""
    return _read_many(store, [number])[0]


def get_many(store: Store, numbers: Sequence[int]) -> list[Subscriber | None]:
    """Return subscribers in one round trip."""
    return _read_many(store, numbers)


def change_status(
    store: Store,
    number: int,
    before: Status,
    after: Status,
    event: Event,
    *,
    suppression: tuple[str, Suppression] | None = None,
    clears: bool = False,
) -> bool:
    """Move a subscriber to another status, and suppress the address in the same commit if asked.

    Args:
        store: the store.
        number: the subscriber's.
        before: the status that the decision was made for.
        after: the one that follows; may be the same.
        event: `subscriber.status`; written if the status changes.
        suppression: the suppression hash of the address, and the record.
        clears: true if bounces of mail sent before now count no more.

    Returns:
        False, with nothing changed, if the status is another one by now: decide again.
    """
    hashed, record = suppression or ("", None)
    suppressed = Event(
        "suppression.added",
        event.at,
        {"reason": record.reason if record else "", "subscriber": number},
    )
    return bool(
        store.scripts.run(
            "change_status",
            keys={
                "subscriber": keys.subscriber(number),
                "bits_before": keys.status_bits(before),
                "bits_after": keys.status_bits(after),
                "statuses": keys.STATUSES,
                "suppressions": keys.SUPPRESSION,
                "suppressed": keys.SUPPRESSED,
                "bounced": keys.BOUNCED,
                "events": keys.EVENTS,
                "topics": keys.TOPICS,
            },
            args={
                "number": number,
                "before": before.value,
                "after": after.value,
                "now": int(event.at.timestamp()),
                "event_json": events.for_script(event),
                "hashed": hashed,
                "record_json": record.as_json() if record else "",
                "suppressed_json": events.for_script(suppressed),
                "clears": int(clears),
                "keeps": int(after in KEEPS),
                "waiting": keys.WAITING,
            },
        )
    )


def erase(
    store: Store, number: int, key: str, event: Event, *, suppression: tuple[str, Suppression]
) -> bool:
    """Forget a subscriber, and suppress the address.

    Args:
        store: the store.
        number: the subscriber's; it is not given out again.
        key: the normalised address.
        event: `subscriber.erased`.
        suppression: the suppression hash of the address, which is all that is left, and the record.

    Returns:
        False, with nothing changed, if the address is not that subscriber's (any more).
    """
    hashed, record = suppression
    campaigns = int(store.redis.get(keys.CAMPAIGN_NEXT) or 0)
    suppressed = Event("suppression.added", event.at, {"reason": record.reason})
    return bool(
        store.scripts.run(
            "erase_subscriber",
            keys={
                "subscriber": keys.subscriber(number),
                "by_address": keys.SUBSCRIBER_BY_ADDRESS,
                "suppressions": keys.SUPPRESSION,
                "suppressed": keys.SUPPRESSED,
                "events": keys.EVENTS,
                "statuses": keys.STATUSES,
                "languages": keys.LANGUAGES,
                "topics": keys.TOPICS,
                "tags": keys.TAGS,
                "directories": keys.DIRECTORIES,
                "attributes": keys.ATTRIBUTES,
                "bounced": keys.BOUNCED,
                "ledgers": [
                    *(keys.details(c) for c in range(1, campaigns + 1)),
                    *(keys.bounces(c) for c in range(1, campaigns + 1)),
                ],
            },
            args={
                "number": number,
                "address": key,
                "hashed": hashed,
                "record_json": record.as_json(),
                "erased_json": events.for_script(event),
                "suppressed_json": events.for_script(suppressed),
                "bits": keys.BITS,
                "waiting": keys.WAITING,
            },
        )
    )


def compact_log(store: Store) -> None:
    """Have the server write its append-only file anew, without what is not there any more.

    Nothing is done where it is being written already, or a server of yours forbids it: such a
    server writes it anew in its own time.
    """
    with suppress(StoreRefusedError):
        store.redis.bgrewriteaof()


def each(
    store: Store, status: str = "", language: str = "", topic: str = ""
) -> Iterator[Subscriber]:
    """Yield subscribers by number, those of a status, a language, a topic, or all.

    What changes meanwhile may be seen or not; memory stays the same however many there are.
    """
    for some in _batches(numbers(store, status, language, topic), BATCH):
        yield from filter(None, _read_many(store, some))


def numbers(
    store: Store,
    status: str = "",
    language: str = "",
    topic: str = "",
    *,
    tag: str = "",
    after: int = 0,
) -> Iterator[int]:
    """Yield the numbers after one, of the subscribers to whom all of it applies; empty is any."""
    statuses = [status] if status else [s.value for s in Status]
    also = [keys.language_bits(language)] if language else []
    also += [keys.topic_bits(topic)] if topic else []
    also += [keys.tag_bits(tag)] if tag else []
    last = last_number(store)
    for start in range((after + 1) // 8, last // 8 + 1, _WINDOW):
        chosen = _window(store, [keys.status_bits(s) for s in statuses], also, start)
        yield from (number for number in _bits(chosen, start * 8) if number > after)


def each_of_directory(store: Store, name: str) -> Iterator[Subscriber]:
    """Yield the subscribers whom a directory brought in, by number, whatever their status."""
    size = store.redis.strlen(keys.directory_bits(name))
    for start in range(0, size, _WINDOW):
        chosen = _window(store, [keys.directory_bits(name)], [], start)
        for some in _batches(_bits(chosen, start * 8), BATCH):
            yield from filter(None, _read_many(store, some))


def count(store: Store) -> Counts:
    """Count the subscribers; milliseconds for millions, because only bitmaps are read."""
    statuses = {s.value: _number(store, keys.status_bits(s)) for s in Status}
    active = statuses[Status.ACTIVE]

    def of_active(register: str, bitmap: Any) -> dict[str, int]:
        found = {
            v: (active & _number(store, bitmap(v))).bit_count() for v in _known(store, register)
        }
        return {value: counted for value, counted in found.items() if counted}

    by_status = {status: bits.bit_count() for status, bits in statuses.items()}
    return Counts(
        total=sum(by_status.values()),
        by_status=by_status,
        by_language=of_active(keys.LANGUAGES, keys.language_bits),
        by_topic=of_active(keys.TOPICS, keys.topic_bits),
        by_tag=of_active(keys.TAGS, keys.tag_bits),
        suppressed=store.redis.hlen(keys.SUPPRESSION),
    )


def unmarked(store: Store) -> int:
    """Return the highest subscriber number that was given out before tokens bore marks."""
    return int(store.redis.get(keys.UNMARKED) or 0)


def languages(store: Store) -> list[str]:
    """Return the languages that subscribers have, or had, in order."""
    return _known(store, keys.LANGUAGES)


def topics(store: Store) -> list[str]:
    """Return the topics that subscribers have, or had, in order."""
    return _known(store, keys.TOPICS)


def tags(store: Store) -> list[str]:
    """Return the tags that subscribers carry, or carried, in order."""
    return _known(store, keys.TAGS)


def _known(store: Store, register: str) -> list[str]:
    """Return the values for which there are bitmaps, in order."""
    return sorted(value.decode() for value in store.redis.smembers(register))


def _read_many(store: Store, numbers: Sequence[int]) -> list[Subscriber | None]:
    found = store.scripts.run(
        "read_subscribers",
        args={
            "subscribers": keys.SUBSCRIBER,
            "numbers_json": json.dumps(numbers),
            "wanted": _FIELDS,
        },
    )
    answer = json.loads(found)
    return [_subscriber(*one) for one in zip(numbers, answer, strict=True)]


def _subscriber(number: int, fields: Sequence[str | bool]) -> Subscriber | None:
    if not fields[0]:
        return None
    address, language, status, added, source, changed, topics, tags, name, *kept = (
        str(value or "") for value in fields
    )
    consent, marks, bounced, left, paused, directory, said, attributes, *moderated = kept
    waiting, declined = moderated
    return Subscriber(
        number=number,
        address=address,
        language=language,
        status=Status(status),
        added_at=datetime.fromtimestamp(int(added), UTC),
        changed_at=datetime.fromtimestamp(int(changed or added), UTC),
        source=source,
        topics=tuple(topics.split()),
        tags=tuple(tags.split()),
        name=name,
        consent=consent,
        marks=marks,
        bounced=bounced,
        left_at=_instant(left),
        paused_until=_instant(paused),
        directory=directory,
        directory_said=said,
        attributes=json.loads(attributes) if attributes else {},
        waiting=_since(waiting),
        declined=_since(declined),
    )


def _instant(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def _since(text: str) -> tuple[Since, ...]:
    """Read `topic:seconds`, parted by spaces."""
    pairs = (word.rpartition(":") for word in text.split())
    return tuple(Since(topic, datetime.fromtimestamp(int(at), UTC)) for topic, _, at in pairs)


def _number(store: Store, bitmap: str) -> int:
    """Read a whole bitmap as one number, for `&` and `bit_count`."""
    return int.from_bytes(store.redis.get(bitmap) or b"", "little")


def _window(store: Store, any_of: Sequence[str], all_of: Sequence[str], start: int) -> bytes:
    """Read a stretch of bitmaps: the union of the first ones, cut with each of the others."""
    pipe = store.redis.pipeline(transaction=True)
    for bitmap in (*any_of, *all_of):
        pipe.getrange(bitmap, start, start + _WINDOW - 1)
    parts = [int.from_bytes(part.ljust(_WINDOW, b"\0"), "big") for part in pipe.execute()]
    chosen = 0
    for part in parts[: len(any_of)]:
        chosen |= part
    for part in parts[len(any_of) :]:
        chosen &= part
    return chosen.to_bytes(_WINDOW, "big")


def _bits(bitmap: bytes, first: int) -> Iterator[int]:
    """Yield the numbers of the set bits; the first bit of a byte is its highest."""
    for place, byte in enumerate(bitmap):
        if byte:
            yield from (first + place * 8 + bit for bit in range(8) if byte & (128 >> bit))


def _batches(numbers: Iterator[int], size: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for number in numbers:
        batch.append(number)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
