"""From version 2 to 3: bitmaps by which audience rules find readers.

Added here, for version 3 asks them:

- The day on which each subscriber was first known, as a bitmap for each of its binary digits.
- Who has had mail come back since they were last vouched for.
- Who answered each invitation, and how.

Read as it is: subscribers without attributes, and campaigns without a rule, have none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

from mailer.store import keys
from mailer.store.fields import AnswerField, SubscriberField
from mailer.store.migrations.step import Command, Known, Lot, Part, Step
from mailer.store.server.connection import Store

SUBSCRIBERS: Final = 8_000
"""Readers in a lot; a multiple of eight, so that a lot is whole octets of each bitmap."""
_DIGITS: Final = 16
_DAY: Final = 86_400


def readers(store: Store, _: Known, after: str) -> Lot:
    """Write bitmaps of the day on which each subscriber was first known, and of who bounced."""
    first = int(after or 0)
    numbers = range(first, first + SUBSCRIBERS)
    with store.redis.pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.hmget(keys.subscriber(number), SubscriberField.ADDED, SubscriberField.BOUNCED)
        rows = list(zip(numbers, pipe.execute(), strict=True))
    days = [(number, int(added) // _DAY) for number, (added, _) in rows if added]
    marked = {
        keys.joined_bits(digit): [number for number, day in days if day >> digit & 1]
        for digit in range(_DIGITS)
    }
    marked[keys.BOUNCED] = [number for number, (_, bounced) in rows if bounced]
    return Lot(_written(marked, after), len(days), _next(store, after))


def _next(store: Store, after: str) -> str:
    """Tell where the next lot of subscribers begins; nowhere, if nobody is left."""
    end = int(after or 0) + SUBSCRIBERS
    return str(end) if end <= int(store.redis.get(keys.SUBSCRIBER_NEXT) or 0) else ""


def _written(marked: Mapping[str, list[int]], after: str) -> list[Command]:
    """Write the bits of a lot; those that are not there are zeros already."""
    first, commands = int(after or 0), list[Command]()
    for key, numbers in marked.items():
        octets = bytearray(SUBSCRIBERS // 8)
        for number in numbers:
            octets[(number - first) // 8] |= 128 >> number % 8
        if used := bytes(octets).rstrip(b"\0"):
            commands.append(("SETRANGE", key, first // 8, used))
    return commands


def answered(store: Store, _: Known, after: str) -> Lot:
    """Note who answered the invitation to an entry, and how; one entry a lot."""
    entries = sorted(name.decode() for name in store.redis.hkeys(keys.CALENDAR))
    left = [name for name in entries if name > after]
    if not left:
        return Lot((), 0)
    entry, commands = left[0], list[Command]()
    times: Counter[tuple[str, str]] = Counter()
    for field, text in store.redis.hscan_iter(keys.answers(entry), count=1000):
        subscriber = field.decode().partition(" ")[0]
        times[subscriber, json.loads(text)[AnswerField.ATTENDANCE]] += 1
    for (subscriber, answer), count in times.items():
        field = f"{subscriber} {answer}"
        commands.append(("HSET", keys.answered_times(entry), field, count))
        commands.append(("SETBIT", keys.answered_bits(entry, answer), int(subscriber), 1))
    return Lot(commands, len(times), entry if len(left) > 1 else "")


STEP: Final = Step(
    3,
    (
        Part("readers", "readers can be found by when they joined, and by what came back", readers),
        Part("answered", "answers to invitations can be asked for in audience rules", answered),
    ),
)
