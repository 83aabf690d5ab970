"""Keeps editions as their source files, each version under its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import redis

from mailer.domain.events import Event
from mailer.errors import NotFoundError
from mailer.store import events, keys
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Summary:
    """The facts about an edition in a list, as of its last import."""

    slug: str
    digest: str
    date: str
    """ISO 8601."""
    season: Mapping[str, str]
    languages: tuple[str, ...]
    imported_at: str
    """ISO 8601, UTC."""


Agree = Callable[[Summary | None], None]
"""Raises something if an edition is not the one that is to be replaced; None: there is none."""


def save(
    store: Store,
    slug: str,
    files: Mapping[str, bytes],
    *,
    issued: date,
    season: Mapping[str, str],
    languages: tuple[str, ...],
    now: datetime,
    card: str = "",
    agree: Agree | None = None,
) -> Summary:
    """Keep an edition's files; the same files again change nothing but the time of import.

    Args:
        store: the open store.
        slug: the edition's name.
        files: its files by path.
        issued: its date.
        season: by language.
        languages: those that it is written in.
        now: the time of import.
        card: what lists and searches show of this version; made from the files when it is needed,
            if it is not given.
        agree: is shown the one that is replaced, again if that changes meanwhile; None: nothing is.
            What it raises ends it with nothing changed.
    """
    digest = digest_of(files)
    summary = Summary(
        slug, digest, issued.isoformat(), dict(season), languages, now.isoformat(timespec="seconds")
    )
    fields: dict[str, str | int] = {"edition": slug, "digest": digest}
    fields["languages"] = " ".join(languages)
    written = json.dumps(asdict(summary), ensure_ascii=False)
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            if agree is not None:
                pipe.watch(keys.EDITIONS)
                agree(_known(store, slug))
            pipe.multi()
            pipe.hset(keys.edition(slug, digest), mapping=dict(files))
            if card:
                pipe.set(keys.edition_card(slug, digest), card)
            pipe.hset(keys.EDITIONS, slug, written)
            events.append(pipe, Event("edition.imported", now, fields))
            try:
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return summary


def _known(store: Store, slug: str) -> Summary | None:
    try:
        return summary_of(store, slug)
    except NotFoundError:
        return None


def keep_files(store: Store, slug: str, digest: str, files: Mapping[str, bytes]) -> None:
    """Keep a version that was not imported as such: an edition with the dates it was sent with."""
    if not store.redis.exists(keys.edition(slug, digest)):
        store.redis.hset(keys.edition(slug, digest), mapping=dict(files))
        store.durable()


def summary_of(store: Store, slug: str) -> Summary:
    """Load what is known of an edition.

    Raises:
        NotFoundError: it was never imported.
    """
    text = store.redis.hget(keys.EDITIONS, slug)
    if text is None:
        known = ", ".join(sorted(name.decode() for name in store.redis.hkeys(keys.EDITIONS)))
        remedy = f"Known are: {known}." if known else ""
        raise NotFoundError("edition", slug, remedy)
    return _parse(text)


def newest_first(store: Store) -> list[Summary]:
    """List all editions by date, the newest first."""
    found = [_parse(text) for text in store.redis.hvals(keys.EDITIONS)]
    return sorted(found, key=lambda summary: (summary.date, summary.slug), reverse=True)


def slugs(store: Store) -> set[str]:
    """Return the names of all editions."""
    return {name.decode() for name in store.redis.hkeys(keys.EDITIONS)}


def files_of(store: Store, slug: str, digest: str) -> dict[str, bytes]:
    """Load the files of one version of an edition.

    Raises:
        NotFoundError: there is no such version.
    """
    found = store.redis.hgetall(keys.edition(slug, digest))
    if not found:
        raise NotFoundError("version", digest, "Import it again.", within=slug)
    return {name.decode(): content for name, content in found.items()}


def cards_of(store: Store, versions: Sequence[tuple[str, str]]) -> list[bytes | None]:
    """Load the cards of several versions, each a slug and a digest; None where there is none."""
    if not versions:
        return []
    names = [keys.edition_card(slug, digest) for slug, digest in versions]
    found: list[bytes | None] = store.redis.mget(names)
    return found


def file_of(store: Store, slug: str, digest: str, path: str) -> bytes | None:
    """Load one file of a version of an edition, or None."""
    found: bytes | None = store.redis.hget(keys.edition(slug, digest), path)
    return found


def digest_of(files: Mapping[str, bytes]) -> str:
    """Name a version by its content: the same files give the same 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:16]


def _parse(text: bytes) -> Summary:
    fields = json.loads(text)
    return Summary(**{**fields, "languages": tuple(fields["languages"])})
