"""Keeps the look: what users said over the settings, with every version that it lately had."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import redis

from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store

MOST: Final = 200
"""Versions that are kept, beside those by which campaigns are under way."""
LARGEST: Final = 262_144
"""Octets of a document."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the look."""

    revision: int
    document: Mapping[str, Any]
    at: datetime | None = None
    """When it was made; None: it is the one before all, in which nothing is said."""
    by: str = ""
    """Whoever made it, as the audit log names them."""
    name: str = ""
    """The same for people."""
    restored: int = 0
    """The revision that it repeats; 0: it is new."""


NOTHING: Final = Version(0, {})


def mark(store: Store) -> str:
    """Return what tells the present version from any other, before and after any restore.

    Empty: nothing was ever said over the settings.
    """
    found = store.redis.get(keys.LOOK)
    return found.decode() if found else ""


def current(store: Store) -> Version:
    """Return the present version."""
    revision = _revision(mark(store))
    return version(store, revision) or NOTHING


def version(store: Store, revision: int) -> Version | None:
    """Return a version; None: it is not kept, or never was."""
    if not revision:
        return NOTHING
    text = store.redis.hget(keys.LOOK_VERSIONS, revision)
    return _parsed(revision, text) if text else None


def history(store: Store, before: int = 0, most: int = MOST) -> list[Version]:
    """List the versions that are kept, the newest first; of a revision below `before`, if not 0."""
    numbers = sorted((int(one) for one in store.redis.hkeys(keys.LOOK_VERSIONS)), reverse=True)
    wanted = [one for one in numbers if not before or one < before][:most]
    if not wanted:
        return []
    texts = store.redis.hmget(keys.LOOK_VERSIONS, wanted)
    return [_parsed(one, text) for one, text in zip(wanted, texts, strict=True) if text]


def picture(store: Store, digest: str) -> bytes:
    """Return a picture by its digest; empty if it is not kept."""
    return store.redis.hget(keys.LOOK_PICTURES, digest) or b""


def change(
    store: Store,
    seen: int,
    after: Version,
    mark_: str,
    event: Event,
    *,
    pictures: Mapping[str, bytes] | None = None,
    needed: Collection[int] = (),
) -> bool:
    """Make a version the present one, with its event; on disk when this returns.

    Args:
        store: the open store.
        seen: the revision that it was made from.
        after: the version; its revision is the one after.
        mark_: what tells its document from others.
        event: tells of it.
        pictures: new ones, by digest.
        needed: revisions that are kept, however old.

    Returns:
        False, with nothing changed, if another version is the present one by now.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.LOOK)
            if _revision(mark(store)) != seen:
                return False
            old, unused = _to_drop(store, after, needed)
            pipe.multi()
            pipe.set(keys.LOOK, f"{after.revision} {mark_}")
            pipe.hset(keys.LOOK_VERSIONS, str(after.revision), _written(after))
            for digest, data in (pictures or {}).items():
                pipe.hset(keys.LOOK_PICTURES, digest, data)
            if old:
                pipe.hdel(keys.LOOK_VERSIONS, *map(str, old))
            if unused:
                pipe.hdel(keys.LOOK_PICTURES, *unused)
            events.append(pipe, event)
            pipe.execute()
        except redis.WatchError:
            return False
    store.durable()
    return True


def _to_drop(store: Store, after: Version, needed: Collection[int]) -> tuple[list[int], list[str]]:
    """Return the versions that are too old to keep, and the pictures that no other one shows."""
    known = history(store, most=10**9)
    old = [one.revision for one in known[MOST - 1 :] if one.revision not in needed]
    kept = [after, *(one for one in known if one.revision not in old)]
    shown = {(one.document.get("logo") or {}).get("digest", "") for one in kept}
    have = {one.decode() for one in store.redis.hkeys(keys.LOOK_PICTURES)}
    return old, sorted(have - shown)


def _revision(text: str) -> int:
    return int(text.partition(" ")[0] or 0)


def _written(one: Version) -> str:
    fields: dict[str, Any] = {
        "at": one.at.isoformat() if one.at else "",
        "by": one.by,
        "name": one.name,
        "document": one.document,
    }
    fields |= {"restored": one.restored} if one.restored else {}
    return json.dumps(fields, ensure_ascii=False)


def _parsed(revision: int, text: bytes) -> Version:
    fields = json.loads(text)
    return Version(
        revision,
        fields["document"],
        datetime.fromisoformat(fields["at"]),
        fields["by"],
        fields["name"],
        fields.get("restored", 0),
    )
