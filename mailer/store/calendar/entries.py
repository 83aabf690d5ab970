"""Keeps the calendar: entries with all their versions, and when their reminders go out.

A change, its event, the new reminders and whatever the caller adds commit together (law 9). The
reminders are in one sorted set by instant, so that finding what is due costs the same however
many entries and subscribers there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import redis

from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.recurrence import Reminder, last_end, reminders
from mailer.domain.calendar.rows import from_text, to_text
from mailer.domain.events import Event
from mailer.errors import NotFoundError
from mailer.store import events, keys
from mailer.store.server.connection import Store

HORIZON: Final = timedelta(days=400)
"""The time ahead for which reminders are written down, and back for which open ones still count.
An entry may repeat without end; `reindex` writes down what comes nearer."""
_ALONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is new or changes."""

    after: Entry
    event: Event
    before: Entry | None = None
    """None: it is new."""


Decide = Callable[[Mapping[str, Entry]], Sequence[Change]]
"""Decides on changes, from all entries by id; called anew if the calendar changed meanwhile."""
FollowUp = Callable[[Any, Sequence[Change]], None]
"""Adds commands to the transaction that makes these changes: jobs, keys, events."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Tells one state of the calendar from another, for caches."""

    number: int
    at: datetime | None
    """The instant at which it came about, UTC; None: nothing was ever kept."""


def change(
    store: Store, decide: Decide, now: datetime, follow_up: FollowUp | None = None
) -> Sequence[Change]:
    """Make changes: all of them with their events, or none.

    Args:
        store: the open store.
        decide: says what changes; whatever it raises is raised, and nothing is changed.
        now: the present.
        follow_up: adds to the transaction.

    Returns:
        What was changed.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.CALENDAR)
                changes = decide(all_by_id(store))
                if not changes:
                    return changes
                pipe.multi()
                for one in changes:
                    _put(store, pipe, one.after, now)
                    events.append(pipe, one.event)
                pipe.hincrby(keys.CALENDAR_REVISION, "number", 1)
                pipe.hset(keys.CALENDAR_REVISION, "at", now.isoformat())
                if follow_up is not None:
                    follow_up(pipe, changes)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return changes


def _put(store: Store, pipe: Any, entry: Entry, now: datetime) -> None:
    text = to_text(entry)
    pipe.hset(keys.CALENDAR, entry.id, text)
    pipe.hset(keys.calendar_versions(entry.id), entry.sequence, text)
    pipe.hset(keys.CALENDAR_UIDS, entry.uid, entry.id)
    pipe.hset(keys.CALENDAR_NUMBERS, entry.number, entry.id)
    end = last_end(entry)
    pipe.zadd(keys.CALENDAR_ENDS, {entry.id: "+inf" if end is None else end.timestamp()})
    pipe.zadd(keys.CALENDAR_CHANGED, {entry.id: now.timestamp()})
    _index(store, pipe, entry, now)


def all_by_id(store: Store) -> dict[str, Entry]:
    """Load every entry, past and cancelled ones too."""
    found = store.redis.hgetall(keys.CALENDAR)
    return {name.decode(): from_text(text) for name, text in found.items()}


def ids(store: Store) -> set[str]:
    """Return the ids of all entries."""
    return {name.decode() for name in store.redis.hkeys(keys.CALENDAR)}


def get(store: Store, entry: str) -> Entry:
    """Load an entry as it is now.

    Raises:
        NotFoundError: there is none of that id.
    """
    text = store.redis.hget(keys.CALENDAR, entry)
    if text is None:
        raise NotFoundError("calendar entry", entry)
    return from_text(text)


def of_uid(store: Store, uid: str) -> Entry | None:
    """Find an entry by its name in calendar files."""
    found = store.redis.hget(keys.CALENDAR_UIDS, uid)
    return get(store, found.decode()) if found else None


def of_number(store: Store, number: int) -> Entry | None:
    """Find an entry by the number that tokens name it by."""
    found = store.redis.hget(keys.CALENDAR_NUMBERS, number)
    return get(store, found.decode()) if found else None


def version(store: Store, entry: str, sequence: int) -> Entry | None:
    """Load an entry as it was at a sequence; None: it never had that one."""
    text = store.redis.hget(keys.calendar_versions(entry), sequence)
    return from_text(text) if text else None


def versions(store: Store, entry: str) -> list[Entry]:
    """Load every version of an entry that was ever kept, the first first; none: no such entry."""
    found = store.redis.hvals(keys.calendar_versions(entry))
    return sorted(map(from_text, found), key=lambda one: one.sequence)


def not_over(store: Store, at: datetime) -> list[Entry]:
    """Load the entries that have an occurrence ending at that instant or later, the first first.

    Cancelled ones too. What lies between two instants: `calendar.recurrence.occurrences` of each.
    """
    names = store.redis.zrange(keys.CALENDAR_ENDS, at.timestamp(), "+inf", byscore=True)
    texts = store.redis.hmget(keys.CALENDAR, names) if names else []
    found = [from_text(text) for text in texts if text]
    return sorted(found, key=lambda entry: (entry.starts_at(), entry.id))


def revision(store: Store) -> Revision:
    """Tell which state the calendar is in."""
    number, at = store.redis.hmget(keys.CALENDAR_REVISION, ["number", "at"])
    instant = datetime.fromisoformat(at.decode()).astimezone(UTC) if at else None
    return Revision(int(number or 0), instant)


# What readers were told.


def told(store: Store, entry: str) -> int | None:
    """Return the sequence of an entry that readers were told of last; None: of none."""
    found = store.redis.hget(keys.CALENDAR_TOLD, entry)
    return None if found is None else int(found)


def note_told(pipe: Any, entry: str, sequence: int) -> None:
    """Add to a transaction that readers are told of an entry at this sequence."""
    pipe.hset(keys.CALENDAR_TOLD, entry, sequence)


# Reminders by instant.


def due(store: Store, now: datetime, most: int = 1000) -> list[Reminder]:
    """List the reminders whose instant has come and that nobody has dealt with, the oldest first.

    Instants were worked out earlier: load the entry, and ask `domain.calendar.entry.due` once more.
    """
    found = store.redis.zrange(
        keys.REMINDERS_DUE, "-inf", now.timestamp(), byscore=True, offset=0, num=most,
        withscores=True,
    )  # fmt: skip
    return [_parse(member, score) for member, score in found]


def coming(
    store: Store, until: datetime, entry: str = "", most: int | None = None
) -> list[Reminder]:
    """List reminders in the index up to an instant, overdue ones too, in order.

    Args:
        store: the open store.
        until: leaves out later ones.
        entry: only of this entry; empty: of all.
        most: no more than so many, the first; None: all.
    """
    limit = {} if most is None or entry else {"offset": 0, "num": most}
    found = store.redis.zrange(
        keys.REMINDERS_DUE, "-inf", until.timestamp(), byscore=True, withscores=True, **limit
    )
    begin = f"{entry} ".encode() if entry else b""
    fit = [(member, score) for member, score in found if member.startswith(begin)]
    return [_parse(member, score) for member, score in fit[:most]]


def dealt_with(pipe: Any, done: Iterable[Reminder]) -> None:
    """Remove reminders from the index, in the transaction that deals with them.

    What was taken out once and lies in the past never comes back.
    """
    for one in done:
        pipe.zrem(keys.REMINDERS_DUE, _member(one))


def put_off(pipe: Any, later: Iterable[Reminder]) -> None:
    """Add to a transaction that reminders in the index are due at other instants than it says."""
    for one in later:
        pipe.zadd(keys.REMINDERS_DUE, {_member(one): one.at.timestamp()}, xx=True)


def index(store: Store, entry: Entry, now: datetime) -> None:
    """Work out anew when an entry's reminders go out."""
    with store.redis.pipeline(transaction=True) as pipe:
        _index(store, pipe, entry, now)
        pipe.execute()


def reindex(store: Store, now: datetime, every: timedelta = timedelta(hours=1)) -> int:
    """Work out all reminders anew, if that is due; returns of how many entries.

    The zone database may have changed, and what repeats without end has come nearer.
    """
    last = float(store.redis.get(keys.CALENDAR_INDEXED) or 0)
    if now.timestamp() - last < every.total_seconds():
        return 0
    entries = not_over(store, now - HORIZON)
    for entry in entries:
        _index_if_unchanged(store, entry, now)
    store.redis.set(keys.CALENDAR_INDEXED, now.timestamp())
    return len(entries)


def _index_if_unchanged(store: Store, entry: Entry, now: datetime) -> None:
    """Index an entry, unless somebody changes it just now: then that indexes it."""
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.CALENDAR)
            if pipe.hget(keys.CALENDAR, entry.id) != to_text(entry).encode():
                return
            pipe.multi()
            _index(store, pipe, entry, now)
            pipe.execute()
        except redis.WatchError:
            return


def _index(store: Store, pipe: Any, entry: Entry, now: datetime) -> None:
    rows = [
        (f"{one.occurrence or _ALONE} {one.offset}", one.at.timestamp())
        for one in reminders(entry, now - HORIZON, now + HORIZON)
    ]
    store.scripts.run(
        "index_reminders",
        keys={"due": keys.REMINDERS_DUE},
        args={
            "entry": entry.id,
            "instant": now.timestamp(),
            "sequence": entry.sequence,
            "rows_json": json.dumps(rows),
        },
        pipe=pipe,
    )


def _member(one: Reminder) -> str:
    return f"{one.entry} {one.occurrence or _ALONE} {one.offset} {one.sequence}"


def _parse(member: bytes, score: float) -> Reminder:
    entry, occurrence, offset, sequence = member.decode().split(" ")
    return Reminder(
        datetime.fromtimestamp(score, UTC),
        entry,
        "" if occurrence == _ALONE else occurrence,
        Offset.parse(offset),
        int(sequence),
    )
