"""Keeps drafts: their files, each with its revisions, changed by whoever saw them last.

All that belongs to a draft changes in one transaction, for which its hash is watched: what two
people save at the same instant is decided one after the other.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.drafts import history
from mailer.domain.drafts.draft import IN_BIN, PICTURES, Draft, File, Revision
from mailer.domain.events import Event
from mailer.errors import NotFoundError
from mailer.store import events, keys
from mailer.store.drafts import rows
from mailer.store.server.connection import Store

SAVE_SECONDS: Final = 2 * 24 * 3600
"""The time for which a save that is sent again is known."""
PRESENT_SECONDS: Final = 600
_HEAD: Final = "draft"
"""No file of an edition has a name without a dot."""


@dataclass(frozen=True, slots=True)
class Put:
    """A revision to be added to a file."""

    path: str
    revision: Revision
    content: bytes
    present: bool = True
    """Whether the file is like that from now on; else the revision is set aside."""


@dataclass(frozen=True, slots=True)
class Write:
    """What a change writes."""

    draft: Draft
    puts: Sequence[Put] = ()
    save: str = ""
    """The name of a save, so that it is not done twice."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What it came to, in JSON, for whoever sends it again."""
    told: Sequence[Event] = ()


class Open:
    """A draft as it is while its change is decided on."""

    def __init__(self, store: Store, draft: Draft, files: Mapping[str, File]) -> None:
        self._store, self.draft, self.files = store, draft, files

    def content(self, path: str, digest: str) -> bytes:
        """Load what a revision of a file holds."""
        return content(self._store, self.draft.number, path, digest)

    def revision(self, path: str, number: int) -> Revision | None:
        """Load a revision of a file; None: it is not kept, or never was."""
        return revision(self._store, self.draft.number, path, number)


Decide = Callable[[Open], Write | None]
"""Decides what to write; None: nothing. Called again if the draft changes meanwhile."""


def next_number(store: Store) -> int:
    """Give out a draft's number."""
    return int(store.redis.incr(keys.DRAFT_NEXT))


def create(
    store: Store,
    draft: Draft,
    puts: Sequence[Put],
    *told: Event,
    follow_up: Callable[[Any], None] | None = None,
) -> None:
    """Keep a new draft; durably. `follow_up` adds to the transaction."""
    with store.transaction() as pipe:
        _write(pipe, Write(draft, puts, told=told), {})
        if follow_up is not None:
            follow_up(pipe)
    store.durable()


def get(store: Store, number: int) -> Draft:
    """Load a draft.

    Raises:
        NotFoundError: there is none of that number.
    """
    found = store.redis.hget(keys.draft(number), _HEAD)
    if found is None:
        raise NotFoundError("draft", str(number))
    return rows.draft_from_text(found)


def listed(store: Store) -> list[Draft]:
    """List all drafts, also those in the bin, the last changed first."""
    return _drafts(store, store.redis.zrevrange(keys.DRAFTS, 0, -1))


def files(store: Store, number: int) -> dict[str, File]:
    """Load the state of each file that a draft has or had, by path."""
    return _files(store.redis.hgetall(keys.draft(number)))


def content(store: Store, number: int, path: str, digest: str) -> bytes:
    """Load what a revision of a file holds.

    Raises:
        NotFoundError: it is not kept.
    """
    found = store.redis.hget(keys.draft_contents(number), _name(path, digest))
    if found is None:
        raise NotFoundError("revision", digest, within=path)
    return zlib.decompress(found)


def contents(store: Store, number: int) -> tuple[Draft, dict[str, File], dict[str, bytes]]:
    """Load a draft whole: its files' states, and what those that are there hold.

    Raises:
        NotFoundError: there is none of that number.
    """
    while True:
        draft = get(store, number)
        states = {path: one for path, one in files(store, number).items() if one.there}
        names = [_name(path, one.revision.digest) for path, one in states.items()]
        found = store.redis.hmget(keys.draft_contents(number), names) if names else []
        if all(one is not None for one in found):
            held = {
                path: zlib.decompress(one) for path, one in zip(states, found, strict=True) if one
            }
            return draft, states, held


def revisions(store: Store, number: int, path: str) -> list[Revision]:
    """List the revisions that are kept of a file, the newest first."""
    found = store.redis.hvals(keys.draft_history(number, path))
    return sorted(map(rows.revision_from_text, found), key=lambda one: one.number, reverse=True)


def revision(store: Store, number: int, path: str, wanted: int) -> Revision | None:
    """Load a revision of a file; None: it is not kept, or never was."""
    found = store.redis.hget(keys.draft_history(number, path), wanted)
    return rows.revision_from_text(found) if found else None


def saved(store: Store, number: int, save: str) -> dict[str, Any] | None:
    """Tell what a save came to; None: it is not known."""
    found = store.redis.get(keys.draft_save(number, save)) if save else None
    answer: dict[str, Any] | None = json.loads(found) if found else None
    return answer


def change(store: Store, number: int, now: datetime, decide: Decide, save: str = "") -> bool:
    """Change a draft as is decided while nobody else changes it; durably.

    Args:
        store: the open store.
        number: of the draft.
        now: the time.
        decide: decides; what it raises ends the change with nothing written.
        save: the name of the save; it is not decided on again if it is known.

    Returns:
        Whether something was written.

    Raises:
        NotFoundError: there is no such draft.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            pipe.watch(keys.draft(number))
            if saved(store, number, save) is not None:
                return False
            found = store.redis.hgetall(keys.draft(number))
            if _HEAD.encode() not in found:
                raise NotFoundError("draft", str(number))
            before = Open(store, rows.draft_from_text(found[_HEAD.encode()]), _files(found))
            wanted = decide(before)
            if wanted is None:
                return False
            going = _going(store, number, wanted.puts, now)
            pipe.multi()
            _write(pipe, wanted, before.files)
            for path, gone, unused in going:
                pipe.hdel(keys.draft_history(number, path), *(one.number for one in gone))
                if unused:
                    pipe.hdel(keys.draft_contents(number), *(_name(path, one) for one in unused))
            try:
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return True


def note_presence(store: Store, number: int, actor: str, told: Mapping[str, Any]) -> None:
    """Note what somebody has open; it is forgotten ten minutes after anybody's last sign."""
    with store.transaction() as pipe:
        pipe.hset(keys.draft_presence(number), actor, json.dumps(told, ensure_ascii=False))
        pipe.expire(keys.draft_presence(number), PRESENT_SECONDS)


def presence(store: Store, number: int) -> dict[str, dict[str, Any]]:
    """Tell who has what open, by actor."""
    found = store.redis.hgetall(keys.draft_presence(number))
    return {actor.decode(): json.loads(text) for actor, text in found.items()}


def removed(store: Store) -> list[Draft]:
    """List the drafts in the bin, the last removed first."""
    numbers = store.redis.zrevrange(keys.DRAFTS_REMOVED, 0, -1)
    return _drafts(store, numbers)


def tidy(store: Store, now: datetime) -> int:
    """Forget drafts that have been in the bin for too long; returns how many."""
    before = (now - IN_BIN).timestamp()
    gone = [int(one) for one in store.redis.zrangebyscore(keys.DRAFTS_REMOVED, "-inf", before)]
    for number in gone:
        paths = files(store, number)
        with store.transaction() as pipe:
            pipe.zrem(keys.DRAFTS, number)
            pipe.zrem(keys.DRAFTS_REMOVED, number)
            pipe.delete(
                keys.draft(number),
                keys.draft_contents(number),
                *(keys.draft_history(number, path) for path in paths),
            )
    return len(gone)


def _drafts(store: Store, numbers: Sequence[bytes]) -> list[Draft]:
    with store.redis.pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.hget(keys.draft(int(number)), _HEAD)
        found = pipe.execute()
    return [rows.draft_from_text(text) for text in found if text]


def _write(pipe: Any, wanted: Write, before: Mapping[str, File]) -> None:
    draft, states = wanted.draft, dict(before)
    number = draft.number
    for put in wanted.puts:
        path, revision_ = put.path, put.revision
        was = states.get(path)
        present = revision_ if put.present or was is None else was.revision
        states[path] = File(path, present, max(revision_.number, was.last if was else 0))
        pipe.hset(keys.draft(number), path, rows.file_to_text(states[path]))
        text = rows.revision_to_text(revision_)
        pipe.hset(keys.draft_history(number, path), revision_.number, text)
        if revision_.digest:
            packed = packed_of(put.content)
            pipe.hset(keys.draft_contents(number), _name(path, revision_.digest), packed)
    pipe.hset(keys.draft(number), _HEAD, rows.draft_to_text(draft))
    pipe.zadd(keys.DRAFTS, {str(number): draft.changed.at.timestamp()})
    if draft.removed is None:
        pipe.zrem(keys.DRAFTS_REMOVED, number)
    else:
        pipe.zadd(keys.DRAFTS_REMOVED, {str(number): draft.removed.at.timestamp()})
    if wanted.save:
        text = json.dumps(wanted.answer)
        pipe.set(keys.draft_save(number, wanted.save), text, ex=SAVE_SECONDS)
    events.append(pipe, *wanted.told)


def packed_of(held: bytes) -> bytes:
    """Deflate what a file holds, as it is kept."""
    return zlib.compress(held, 6)


def _going(
    store: Store, number: int, puts: Sequence[Put], now: datetime
) -> Iterator[tuple[str, list[Revision], set[str]]]:
    """Yield, by file, revisions that go when others are added, and contents that nothing has then.

    The caller runs it before its transaction begins.
    """
    found = []
    for path in dict.fromkeys(put.path for put in puts):
        added = [put.revision for put in puts if put.path == path]
        present = next((put.revision.number for put in puts if put.path == path and put.present), 0)
        if not present:
            state = files(store, number).get(path)
            present = state.revision.number if state else 0
        kept = {one.number: one for one in (*revisions(store, number, path), *added)}
        most = history.MOST_OF_PICTURE if path.startswith(PICTURES) else history.MOST
        gone = history.dropped(kept.values(), present, now, most)
        if gone:
            left = [one for one in kept.values() if one not in gone]
            unused = {one.digest for one in gone if one.digest} - {one.digest for one in left}
            found.append((path, gone, unused))
    return iter(found)


def _files(found: Mapping[bytes, bytes]) -> dict[str, File]:
    names = ((name.decode(), text) for name, text in found.items())
    return {path: rows.file_from_text(path, text) for path, text in sorted(names) if path != _HEAD}


def _name(path: str, digest: str) -> str:
    return f"{path}\n{digest}"
