"""Expressions over bitmaps: which bitmaps are joined, cut and subtracted to find some subscribers.

A value is a number whose bits are a bitmap's octets in their order, the first one the lowest; so
bitmaps of different lengths fit together. `numbers_in` lists the subscribers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mailer.domain.subscribers.subscriber import Status
from mailer.store import keys
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Key:
    """Those whose bit is set in one bitmap of the store."""

    name: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Those who are in one of the parts; of no parts, nobody."""

    parts: tuple[Bitmap, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Those who are in all of the parts, of which there is at least one."""

    parts: tuple[Bitmap, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Those who are in the first part and not in the second."""

    part: Bitmap
    others: Bitmap


Bitmap = Key | AnyOf | AllOf | Without

NOBODY: Final = AnyOf(())
EVERYBODY: Final = AnyOf(tuple(Key(keys.status_bits(status)) for status in Status))
"""All subscribers that there are; every one has a status."""
ACTIVE: Final = Key(keys.status_bits(Status.ACTIVE))
SUPPRESSED: Final = Key(keys.SUPPRESSED)


def reading(language: str) -> Bitmap:
    """Find those who read a language."""
    return Key(keys.language_bits(language))


def on_topic(topic: str) -> Bitmap:
    """Find those who subscribe to a topic."""
    return Key(keys.topic_bits(topic))


def tagged(tag: str) -> Bitmap:
    """Find those who carry a tag."""
    return Key(keys.tag_bits(tag))


def in_status(status: str) -> Bitmap:
    """Find those in a status."""
    return Key(keys.status_bits(status))


def of_now(store: Store, *wanted: Bitmap) -> list[int]:
    """Work out expressions, all as of the same instant."""
    names = dict.fromkeys(name for one in wanted for name in _names(one))
    with store.redis.pipeline(transaction=True) as pipe:
        for name in names:
            pipe.get(name)
        read = zip(names, pipe.execute(), strict=True)
    values = {name: int.from_bytes(octets or b"", "little") for name, octets in read}
    return [_value(one, values) for one in wanted]


def _names(bitmap: Bitmap) -> Iterator[str]:
    match bitmap:
        case Key(name):
            yield name
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from _names(part)
        case Without(part, others):
            yield from _names(part)
            yield from _names(others)


def _value(bitmap: Bitmap, values: Mapping[str, int]) -> int:
    match bitmap:
        case Key(name):
            return values[name]
        case AnyOf(parts):
            found = 0
            for part in parts:
                found |= _value(part, values)
            return found
        case AllOf((first, *rest)):
            found = _value(first, values)
            for part in rest:
                found &= _value(part, values)
            return found
        case Without(part, others):
            found = _value(part, values)
            return found ^ (found & _value(others, values))
        case _:
            raise AssertionError(bitmap)


def octets_of(value: int) -> bytes:
    """Return the bitmap of a value, as the server keeps one."""
    return value.to_bytes((value.bit_length() + 7) // 8, "little")


def numbers_in(value: int, after: int = 0) -> Iterator[int]:
    """Yield the subscribers of a value in order, those with higher numbers than `after`."""
    octets = octets_of(value)
    first = after // 8
    for place, octet in enumerate(octets[first:], first):
        if octet:
            found = (place * 8 + bit for bit in range(8) if octet & 128 >> bit)
            yield from (number for number in found if number > after)


def numbers_down(value: int, before: int = 0) -> Iterator[int]:
    """Yield the subscribers of a value in descending order.

    Args:
        value: of an expression.
        before: only lower numbers; 0: all.
    """
    octets = octets_of(value)
    last = min(before // 8, len(octets) - 1) if before else len(octets) - 1
    for place in range(last, -1, -1):
        if octet := octets[place]:
            found = (place * 8 + bit for bit in range(7, -1, -1) if octet & 128 >> bit)
            yield from (number for number in found if not before or number < before)


def value_of(numbers: Iterable[int]) -> int:
    """Return the value of some subscribers."""
    octets = bytearray()
    for number in numbers:
        place = number // 8
        if place >= len(octets):
            octets.extend(bytes(place + 1 - len(octets)))
        octets[place] |= 128 >> number % 8
    return int.from_bytes(octets, "little")


def has(octets: bytes, number: int) -> bool:
    """Tell whether a subscriber is in a value, given its octets."""
    place = number >> 3
    return place < len(octets) and bool(octets[place] & 128 >> (number & 7))
