"""The audit log, read, checked, exported, and kept for as long as the settings say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Final

from mailer.config import Settings, secret_key
from mailer.domain.access.audit import Entry, Flaw, audit_key, flaws
from mailer.services.access.acting import act
from mailer.store.access import audit
from mailer.store.server.connection import Store

SHORTEST: Final = 12
"""Digits of a `mac` that tell it from others, when somebody compares it with a note."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the whole chain found."""

    first: int
    last: int
    """Numbers of the oldest and of the newest entry; 0 and 0 if there is none."""
    mac: str
    """Of the newest: whoever notes it elsewhere can tell later that nothing was cut off."""
    flaws: tuple[Flaw, ...]

    @property
    def whole(self) -> bool:
        """Tell whether the chain holds."""
        return not self.flaws


@act("audit.read")
def newest(store: Store, most: int = 50, before: int = 0) -> list[Entry]:
    """Return the newest entries, newest first; `before`: only those with a lower number."""
    return audit.newest(store, most, before)


@act("audit.verify")
def verify(store: Store, settings: Settings, *, number: int = 0, mac: str = "") -> Verdict:
    """Check every entry of the log against the one before it.

    Args:
        store: the open store.
        settings: name the secret key.
        number: of an entry that somebody noted elsewhere; 0: none.
        mac: its beginning, `SHORTEST` digits at least.
    """
    ends = audit.ends(store)
    found = list(
        flaws(audit.stored(store), audit_key(secret_key(settings)), ends.first, ends.before)
    )
    found += _ending(store, ends)
    if number:
        found += _noted(store, number, mac)
    first = ends.first if ends.last else 0
    return Verdict(first, ends.last, ends.mac, tuple(found))


@act("audit.export")
def export(store: Store, file: IO[str]) -> int:
    """Write all entries as JSON, one a line, oldest first, and return how many."""
    written = 0
    for entry in each(store):
        file.write(json.dumps(entry.as_json(), ensure_ascii=False, sort_keys=True) + "\n")
        written += 1
    return written


def each(store: Store) -> Iterator[Entry]:
    """Yield all entries, oldest first."""
    return map(Entry.read, audit.stored(store))


def prune(store: Store, settings: Settings, now: datetime) -> int:
    """Drop the entries that are older than the setting says, and return how many; 0 keeps all."""
    if not settings.audit_days:
        return 0
    return audit.trim(store, now - timedelta(days=settings.audit_days))


def _ending(store: Store, ends: audit.Ends) -> Iterable[Flaw]:
    """Tell whether the newest entry is the one that was written last."""
    found = next(iter(audit.newest(store, 1)), None) if ends.last else None
    if ends.last and (found is None or (found.number, found.mac) != (ends.last, ends.mac)):
        yield Flaw(ends.last, f"Entry {ends.last} was the last one, and is missing or changed.")


def _noted(store: Store, number: int, mac: str) -> Iterable[Flaw]:
    """Tell whether an entry is as somebody noted it."""
    entry = next((one for one in audit.newest(store, 1, number + 1)), None)
    if len(mac) < SHORTEST or entry is None or entry.number != number:
        yield Flaw(number, f"Entry {number}, which you noted, is missing.")
    elif not entry.mac.startswith(mac.lower()):
        yield Flaw(number, f"Entry {number} is not the one that you noted.")
