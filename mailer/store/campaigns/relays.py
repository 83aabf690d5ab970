"""Workers' recent findings about relays: which get no mail now, and which answers are late.

Each worker judges by itself; this decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store

TOLD_SECONDS: Final = 10
"""The time for which a finding is told: busy workers repeat it every two seconds."""


class Late(NamedTuple):
    """The answers of one relay that a worker has waited for longer than is usual."""

    answers: int
    since: datetime
    """Since when the oldest is awaited."""
    silent: bool = False
    """The relay answers nothing at all."""


def report(store: Store, failing: Mapping[str, str]) -> None:
    """Write down why relays get no mail from this worker; well ones are not spoken of."""
    for name, reason in failing.items():
        store.redis.set(keys.relay_trouble(name), reason, ex=TOLD_SECONDS)


def failing(store: Store, names: Sequence[str]) -> dict[str, str]:
    """Tell which of the relays get no mail from some worker now, and why."""
    if not names:
        return {}
    found = store.redis.mget([keys.relay_trouble(name) for name in names])
    return {name: why.decode() for name, why in zip(names, found, strict=True) if why}


def report_late(store: Store, late: Mapping[str, Late]) -> None:
    """Write down which relays owe this worker answers."""
    for name, one in late.items():
        told = json.dumps([one.answers, one.since.isoformat(), one.silent])
        store.redis.set(keys.relay_late(name), told, ex=TOLD_SECONDS)


def late(store: Store, names: Sequence[str]) -> dict[str, Late]:
    """Tell which of the relays owe some worker answers now, as the last that said so found it."""
    if not names:
        return {}
    found = store.redis.mget([keys.relay_late(name) for name in names])
    told = {name: json.loads(one) for name, one in zip(names, found, strict=True) if one}
    return {
        name: Late(count, datetime.fromisoformat(since), silent=silent)
        for name, (count, since, silent) in told.items()
    }


def report_silence(store: Store, name: str, since: datetime | None, now: datetime) -> bool:
    """Write down that a relay is silent, or with no time that it is not any more.

    Returns:
        True if that began or ended just now; there is an event of it then.
    """
    event = Event("relay.answers", now, {"relay": name})
    if since is not None:
        event = Event("relay.silent", now, {"relay": name, "since": since.isoformat()})
    changed = store.scripts.run(
        "report_silence",
        keys={"silence": keys.relay_silent(name), "events": keys.EVENTS},
        args={
            "since": since.isoformat() if since else "",
            "told_seconds": TOLD_SECONDS,
            "event_json": events.for_script(event),
        },
    )
    return bool(changed)
