"""Finds the events about one subscriber, of which the log has millions about others.

The log is an index of itself by time alone. The scheduler's tick reads what is new in it, once, and
notes for each subscriber the ids of the events about them (`index`); what came after its last look
is searched by whoever asks (`of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import redis

from mailer.store import events, keys
from mailer.store.keys.histories import HISTORIES_READ, history
from mailer.store.server.connection import Store

BUCKET: Final = 64
"""Subscribers of one hash: so few that the server keeps it compact."""
MOST: Final = 100
"""Events kept for each; the oldest go first."""
LOT: Final = 5000
"""Events read in one look."""
TAIL: Final = 2000
"""Events that are searched for one subscriber after the last look."""
_IMPORTED: Final = "subscribers.imported"
_NEAR: Final = timedelta(seconds=10)
"""The store's clock, by which the log is ordered, and ours agree better than this."""
_ERASED: Final = "subscriber.erased"


class Entry(NamedTuple):
    """One event about a subscriber."""

    id: str
    fields: Mapping[str, str]


class History(NamedTuple):
    """What the log tells of a subscriber."""

    entries: list[Entry]
    """The oldest first."""
    whole: bool
    """False if there may be more: older ones than are kept, or newer ones that are not read yet."""


def index(store: Store, most: int = LOT) -> int:
    """Note whom the next events are about; returns how many events were read.

    Two that do this at once do it once: the other finds that the place has moved, and does nothing.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.watch(HISTORIES_READ)
        page = events.page(store, f"({_place(store)}", most)
        if not page:
            return 0
        told = _by_subscriber(page)
        before = _noted(store, list(told))
        pipe.multi()
        for number, ids in told.items():
            kept = [*([] if ids.anew else before[number]), *ids.ids][-MOST:]
            if kept:
                pipe.hset(history(number // BUCKET), str(number), " ".join(kept))
            else:
                pipe.hdel(history(number // BUCKET), str(number))
        pipe.set(HISTORIES_READ, page[-1][0])
        try:
            pipe.execute()
        except redis.WatchError:
            return 0
    return len(page)


def of(store: Store, number: int) -> History:
    """Return the events about a subscriber: a few round trips, however long the log is."""
    noted = _noted(store, [number])[number]
    pipe = store.redis.pipeline(transaction=False)
    for one in noted:
        pipe.xrange(keys.EVENTS, one, one)
    found = [Entry(one[0][0].decode(), events.texts(one[0][1])) for one in pipe.execute() if one]
    tail = events.page(store, f"({_place(store)}", TAIL)
    wanted = str(number)
    seen = {one.id for one in found}
    newer = [Entry(*one) for one in tail if one[1].get("subscriber") == wanted]
    found += [one for one in newer if one.id not in seen]
    return History(found, len(noted) < MOST and len(tail) < TAIL)


def imported_at(store: Store, at: datetime) -> Entry | None:
    """Return the import that put readers on the list at a moment, if the log tells of it.

    Imports are told batch by batch, without numbers: of two files that were imported in one second,
    it is the first.
    """
    first, last = (int((at + span).timestamp() * 1000) for span in (-_NEAR, _NEAR))
    second = int(at.timestamp())
    for name, fields in events.page(store, str(first), LOT, str(last)):
        if fields.get("type") == _IMPORTED:
            told = datetime.fromisoformat(fields["at"])
            if int(told.timestamp()) == second:
                return Entry(name, fields)
    return None


class _Ids(NamedTuple):
    ids: list[str]
    anew: bool
    """Whether all before is forgotten: the subscriber was erased."""


def _by_subscriber(page: list[tuple[str, dict[str, str]]]) -> dict[int, _Ids]:
    found: dict[int, _Ids] = {}
    for name, fields in page:
        number = fields.get("subscriber", "")
        if not number.isdecimal() or number == "0":
            continue
        if fields.get("type") == _ERASED:
            found[int(number)] = _Ids([], anew=True)
        else:
            found.setdefault(int(number), _Ids([], anew=False)).ids.append(name)
    return found


def _noted(store: Store, numbers: list[int]) -> dict[int, list[str]]:
    pipe = store.redis.pipeline(transaction=False)
    for number in numbers:
        pipe.hget(history(number // BUCKET), str(number))
    answers = zip(numbers, pipe.execute(), strict=True)
    return {number: (ids or b"").decode().split() for number, ids in answers}


def _place(store: Store) -> str:
    return (store.redis.get(HISTORIES_READ) or b"0-0").decode()
