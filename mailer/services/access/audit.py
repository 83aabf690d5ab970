"""The audit log, read, checked, exported, and kept for as long as the settings say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO, Final

from mailer.config import Settings, secret_key
from mailer.domain.access.audit import Entry, Flaw, audit_key, flaws
from mailer.services.access.acting import act
from mailer.store.access import audit
from mailer.store.server.connection import Store

_AT_ONCE: Final = 200
SHORTEST: Final = 12
"""Digits of a `mac` that tell it from others, when somebody compares it with a note."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of checking the whole chain."""

    first: int
    last: int
    """Numbers of the oldest and of the newest entry; 0 and 0 if there is none."""
    mac: str
    """The `mac` of the newest entry: noted elsewhere, it shows later that nothing was cut off."""
    flaws: tuple[Flaw, ...]

    @property
    def whole(self) -> bool:
        """Tell whether the chain holds."""
        return not self.flaws


@act("audit.read")
def newest(store: Store, most: int = 50, before: int = 0) -> list[Entry]:
    """Return the newest acts by the entry that tells how each ended, newest first.

    An entry has the facts of the one with which the act began; that one is returned by itself only
    if no end of it is known.

    Args:
        store: the open store.
        most: how many, at most.
        before: only entries with a lower number; 0: from the newest.
    """
    newer = audit.newest(store, _AT_ONCE, before + _AT_ONCE) if before else []
    ended = {entry.begun for entry in newer if entry.number >= before}
    found: list[Entry] = []
    facts: dict[int, int] = {}
    for entry in _newest_first(store, before):
        if entry.number in facts:
            place = facts.pop(entry.number)
            merged = {**(entry.facts or {}), **(found[place].facts or {})}
            found[place] = replace(found[place], facts=merged or None)
        elif len(found) < most and entry.number not in ended:
            found.append(entry)
            if entry.begun:
                facts[entry.begun] = len(found) - 1
        if len(found) >= most and not facts:
            break
    return found


def _newest_first(store: Store, before: int) -> Iterator[Entry]:
    while page := audit.newest(store, _AT_ONCE, before):
        yield from page
        before = page[-1].number
        if before == 1:
            return


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
