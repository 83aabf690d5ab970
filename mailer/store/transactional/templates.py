"""Keeps templates as their source files, each version under its digest.

A version that was replaced stays for a while, and as long as a mail of it has not ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

import redis

from mailer.domain.events import Event
from mailer.errors import NotFoundError
from mailer.store import events, keys
from mailer.store.editions import digest_of
from mailer.store.server.connection import Store

REPLACED: Final = timedelta(days=30)
"""The time for which a version that was replaced can still be sent by its name."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The facts about a template in a list, as of its last import."""

    slug: str
    version: str
    topic: str
    """Empty: none."""
    languages: tuple[str, ...]
    description: str
    imported_at: str
    """ISO 8601, UTC."""


def save(
    store: Store,
    files: Mapping[str, bytes],
    now: datetime,
    *,
    slug: str,
    topic: str,
    languages: tuple[str, ...],
    description: str,
) -> tuple[Summary, bool]:
    """Keep a template's files as its newest version; durably.

    Returns:
        What is kept, and whether it differs from what was the newest.
    """
    version = digest_of(files)
    at = now.isoformat(timespec="seconds")
    summary = Summary(slug, version, topic, languages, description, at)
    fields: dict[str, str | int] = {"template": slug, "version": version}
    fields["languages"] = " ".join(languages)
    with store.redis.pipeline(transaction=True) as pipe:
        while True:
            try:
                pipe.watch(keys.TEMPLATES)
                known = pipe.hget(keys.TEMPLATES, slug)
                before = _parse(known) if known else None
                if before is not None and before.version == version:
                    return before, False
                pipe.multi()
                pipe.hset(keys.template(slug, version), mapping=dict(files))
                pipe.hset(keys.TEMPLATES, slug, json.dumps(asdict(summary), ensure_ascii=False))
                if before is not None:
                    replaced = {_use(slug, before.version): now.timestamp()}
                    pipe.zadd(keys.TEMPLATE_VERSIONS, replaced)
                pipe.zadd(keys.TEMPLATE_VERSIONS, {_use(slug, version): "+inf"})
                events.append(pipe, Event("template.imported", now, fields))
                pipe.execute()
                break
            except redis.WatchError:
                continue
    store.durable()
    return summary, True


def find(store: Store, slug: str) -> Summary | None:
    """Load what is known of a template; none: there is none of that name."""
    text = store.redis.hget(keys.TEMPLATES, slug)
    return _parse(text) if text is not None else None


def get(store: Store, slug: str) -> Summary:
    """Load what is known of a template.

    Raises:
        NotFoundError: there is none of that name.
    """
    found = find(store, slug)
    if found is None:
        known = ", ".join(one.slug for one in by_slug(store))
        remedy = f"Known are: {known}." if known else "None was imported yet."
        raise NotFoundError("template", slug, remedy)
    return found


def by_slug(store: Store) -> list[Summary]:
    """List all templates by their names."""
    found = (_parse(text) for text in store.redis.hvals(keys.TEMPLATES))
    return sorted(found, key=lambda one: one.slug)


def files_of(store: Store, slug: str, version: str) -> dict[str, bytes]:
    """Load the files of one version.

    Raises:
        NotFoundError: it is not kept, or never was.
    """
    found = store.redis.hgetall(keys.template(slug, version))
    if not found:
        remedy = "Leave the version out for the newest one."
        raise NotFoundError("template", f"{slug} ({version})", remedy)
    return {name.decode(): content for name, content in found.items()}


def remove(store: Store, slug: str, now: datetime) -> bool:
    """Remove a template; mails that are queued still leave. False: there is none.

    What was counted of its mails is kept.
    """
    found = find(store, slug)
    if found is None:
        return False
    facts: dict[str, str | int] = {"template": slug, "version": found.version}
    with store.transaction() as pipe:
        pipe.hdel(keys.TEMPLATES, slug)
        for member in _versions(store, slug):
            pipe.zadd(keys.TEMPLATE_VERSIONS, {member: 0}, xx=True)
        events.append(pipe, Event("template.removed", now, facts))
    tidy(store, now)
    store.durable()
    return True


def versions(store: Store, slug: str) -> list[str]:
    """List the versions that are kept of a template."""
    return [member.partition(" ")[2] for member in _versions(store, slug)]


def tidy(store: Store, now: datetime) -> None:
    """Drop versions that were replaced long ago and that no mail is of; forget old mails."""
    before = (now - REPLACED).timestamp()
    for found in store.redis.zrangebyscore(keys.TEMPLATE_VERSIONS, "-inf", before):
        slug, _, version = found.decode().partition(" ")
        store.scripts.run(
            "drop_template",
            keys={
                "versions": keys.TEMPLATE_VERSIONS,
                "uses": keys.TEMPLATE_USES,
                "template": keys.template(slug, version),
            },
            args={"use": found.decode(), "before": before},
        )


def tally(store: Store, slug: str) -> dict[tuple[str, str], int]:
    """Count the mails of a template by language and state."""
    found = store.redis.hgetall(keys.template_tally(slug))
    counts = {tuple(name.decode().split(" ")): int(count) for name, count in found.items()}
    return {(language, state): count for (language, state), count in counts.items()}


def _versions(store: Store, slug: str) -> list[str]:
    found = (one.decode() for one in store.redis.zrange(keys.TEMPLATE_VERSIONS, 0, -1))
    return [one for one in found if one.startswith(f"{slug} ")]


def _use(slug: str, version: str) -> str:
    return f"{slug} {version}"


def _parse(text: bytes) -> Summary:
    fields = json.loads(text)
    return Summary(**{**fields, "languages": tuple(fields["languages"])})
