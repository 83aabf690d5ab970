"""Entries of the audit log, each bound to the one before, so that a gap or a change shows."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

BEGINNING: Final = "0" * 64
"""The digest that the first entry follows."""


class Phase(StrEnum):
    """The phase of an act that an entry tells of. One that began and has no end was interrupted."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    """By us: no right, wrong state, bad input; nothing was changed."""
    FAILED = "failed"
    """It broke off; what was changed by then is in the event log."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log."""

    number: int
    """From 1, without gaps."""
    at: datetime
    actor: str
    """`user:3`, `token:…`, `operator:root`."""
    name: str
    """For people."""
    via: str
    origin: str
    act: str
    phase: Phase
    begun: int = 0
    """Number of the entry with which the act began; 0 for that entry itself."""
    facts: Mapping[str, Any] | None = None
    """The subject of the act: never an address, which an erasure could not take out again."""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    code: str = ""
    """Code of the error that ended it."""
    mac: str = ""
    """Keyed hash over the entry and the `mac` of the one before; 64 hexadecimal digits."""

    def as_json(self) -> dict[str, Any]:
        """Return it for programs, without empty fields."""
        found = {
            "number": self.number,
            "at": self.at.isoformat(timespec="milliseconds"),
            "actor": self.actor,
            "name": self.name,
            "via": self.via,
            "origin": self.origin,
            "act": self.act,
            "phase": self.phase.value,
            "begun": self.begun,
            "facts": self.facts,
            "before": self.before,
            "after": self.after,
            "code": self.code,
            "mac": self.mac,
        }
        return {name: value for name, value in found.items() if value not in (None, "", 0)}

    def stored(self) -> bytes:
        """Return what is stored."""
        return json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def read(cls, stored: bytes) -> Self:
        """Read what was stored.

        Raises:
            ValueError: it is no entry; somebody wrote there.
        """
        try:
            found = json.loads(stored)
            at, phase = datetime.fromisoformat(found.pop("at")), Phase(found.pop("phase"))
            words = dict.fromkeys(("actor", "name", "via", "origin", "act"), "")
            return cls(at=at, phase=phase, **(words | found))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError("That is no entry of the audit log.") from error

    def sealed(self, key: bytes, previous: str) -> Self:
        """Return the entry bound to the one before it.

        Args:
            key: the key of the log, which the store does not hold: whoever can write to the store
                alone cannot make an entry that fits.
            previous: `mac` of the entry before, or `BEGINNING`.
        """
        text = replace(self, mac="").stored()
        mac = hmac.digest(key, previous.encode("ascii") + b"\n" + text, "sha256").hex()
        return replace(self, mac=mac)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A place where the chain does not hold."""

    number: int
    text: str


def audit_key(secret: bytes) -> bytes:
    """Return the key of the log, derived from the service's secret key."""
    return hashlib.blake2b(key=hashlib.sha256(secret).digest(), person=b"audit").digest()


def flaws(entries: Iterable[bytes], key: bytes, first: int, previous: str) -> Iterable[Flaw]:
    """Yield where the chain of stored entries does not hold; after a flaw it goes on from there.

    Args:
        entries: as stored, oldest first.
        key: of the log.
        first: the number that the first must have.
        previous: what it follows.
    """
    expected = first
    for stored in entries:
        try:
            entry = Entry.read(stored)
        except ValueError as error:
            yield Flaw(expected, str(error))
            expected += 1
            continue
        if entry.number != expected:
            yield Flaw(expected, f"Entry {expected} is missing; {entry.number} follows.")
        elif not hmac.compare_digest(entry.sealed(key, previous).mac, entry.mac):
            yield Flaw(entry.number, f"Entry {entry.number} was changed, or one before it.")
        expected, previous = entry.number + 1, entry.mac
