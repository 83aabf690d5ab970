"""Chunks of a campaign's ledger: what a worker is given of them, and how it is packed.

The scripts read and write numbers packed, and a client written in Python reads long arrays slowly:
so what is many travels as one string.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailer.domain.campaigns.campaign import State

Numbers = Sequence[int]


class Claimed(NamedTuple):
    """A delivery that is now ours to make, with what its message needs of the subscriber."""

    number: int
    address: str
    name: str
    attempt: int = 1
    """The number of this attempt."""
    relay: str = ""
    """Host of the relay that it must go to, by the rate limits; empty: any."""


class Claims(NamedTuple):
    """The result of asking for deliveries."""

    state: State
    """The campaign's."""
    claimed: list[Claimed]
    """To be sent now: none unless the campaign is sending."""
    looked_at: int
    """The number of numbers looked at, the first ones; the others may go later."""
    again_at: float
    """The instant to ask for the others (Unix seconds), if a rate limit allows no more now."""


class Lost(Exception):  # noqa: N818  # not an error: another worker has the chunk now
    """The chunk was given to another worker: stop, and claim nothing more from it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A range of subscriber numbers of a campaign, leased to one worker by a token."""

    campaign: int
    index: int
    first: int
    end: int
    """One past the last; `first` and `end` are multiples of 8."""
    token: str


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a chunk for the worker that took it."""

    orphans: tuple[int, ...]
    """Claimed by a worker that is gone, without an outcome."""
    todo: tuple[int, ...]
    """To be claimed and sent now."""
    languages: Mapping[int, str]
    """Number -> language of the delivery, for all of the chunk's audience (law 1)."""
    awaited: frozenset[int] = frozenset()
    """Claimed by a worker that gave the chunk back and still awaits the relay's answer."""


def pack(numbers: Iterable[int]) -> bytes:
    """Write subscriber numbers as the scripts read them: big-endian, 32 bits each."""
    listed = list(numbers)
    return struct.pack(f">{len(listed)}I", *listed)


def read_claimed(listed: bytes, special: bytes) -> list[Claimed]:
    """Read what the script `claim` gave out.

    Both are one string each, because a client written in Python reads a long array slowly.
    """
    rest = iter(listed.decode().split("\0")[:-1])
    taken = [
        Claimed(int(number), address, name)
        for number, address, name in zip(rest, rest, rest, strict=True)
    ]
    if not special:
        return taken
    rest = iter(special.decode().split("\0")[:-1])
    told = {int(n): (int(k), relay) for n, k, relay in zip(rest, rest, rest, strict=True)}
    return [
        one._replace(attempt=told[one.number][0], relay=told[one.number][1])
        if one.number in told
        else one
        for one in taken
    ]


def read_bits(octets: bytes, length: int) -> int:
    """Read a bitmap's octets, which may end early, as one number of so many octets."""
    return int.from_bytes(octets.ljust(length, b"\0"), "big")


def numbers_of(bits: int, chunk: Chunk) -> tuple[int, ...]:
    """List the numbers whose bits are set; the first bit stands for the chunk's first number."""
    if not bits:
        return ()
    written = f"{bits:b}".rjust(chunk.end - chunk.first, "0")
    first, found, at = chunk.first, [], written.find("1")
    while at >= 0:
        found.append(first + at)
        at = written.find("1", at + 1)
    return tuple(found)
