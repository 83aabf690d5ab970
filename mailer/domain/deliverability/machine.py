"""Judges the machine: clock, disk, store and backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Fact, Finding

CLOCK_DIFFERS: Final = timedelta(seconds=5)
"""Beyond that, leases and the codes of apps begin to suffer."""
CLOCK_WRONG: Final = timedelta(minutes=2)
"""Beyond that, mail looks forged, and what is scheduled goes out at a wrong time."""
LEAST_FREE: Final = 200 * 1024**2
"""Octets below which the disk is as good as full: the store's file is written anew at its size."""
LITTLE_FREE: Final = 2 * 1024**3
LITTLE_SHARE: Final = 0.05
SLOW_MILLISECONDS: Final = 50
"""An answer to nothing takes a fraction of a millisecond, and a few over a network."""
BACKUP_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class StoreCondition:
    """What the store's server says of itself."""

    version: str
    """With the server's name, such as `Valkey 9.1.0`."""
    writes: bool
    """Whether it writes to disk as it goes (the append-only file)."""
    policy: str
    """What it does when its memory is full."""
    failed: str
    """What it could not write lately; empty: nothing."""
    milliseconds: int
    """How long it takes to answer."""
    time: datetime
    """Its clock."""
    backup: datetime | None
    """When a copy of the data was made last by `mailer backup`; none: never."""


def judge_clock(ours: datetime, theirs: datetime, against: str) -> Finding:
    """Compare our clock with another one.

    Args:
        ours: read as nearly as possible at the same instant; without the setting's offset.
        theirs: the other.
        against: what the other one is of.
    """
    apart = abs(ours - theirs)
    told: dict[str, Fact] = {"seconds": round(apart.total_seconds()), "against": against}
    if apart > CLOCK_WRONG:
        return found("clock.wrong", **told)
    return found("clock.differs" if apart > CLOCK_DIFFERS else "clock.good", **told)


def judge_disk(folder: str, free: int, total: int) -> Finding:
    """Judge the room on a disk, in octets."""
    told: dict[str, Fact] = {
        "folder": folder,
        "megabytes": free // 1024**2,
        "percent": 100 * free // max(total, 1),
    }
    if free < LEAST_FREE:
        return found("disk.full", **told)
    low = free < LITTLE_FREE and free < total * LITTLE_SHARE * 4
    return found("disk.low" if low or free < total * LITTLE_SHARE else "disk.good", **told)


def judge_store(condition: StoreCondition) -> list[Finding]:
    """Judge the store by what it says of itself."""
    findings = []
    if not condition.writes:
        findings.append(found("store.forgets"))
    if condition.policy != "noeviction":
        findings.append(found("store.evicts", policy=condition.policy))
    if condition.failed:
        findings.append(found("store.write_failed", what=condition.failed))
    told: dict[str, Fact] = {"version": condition.version, "milliseconds": condition.milliseconds}
    if condition.milliseconds > SLOW_MILLISECONDS:
        findings.append(found("store.slow", **told))
    return findings or [found("store.good", **told)]


def judge_backup(made: datetime | None, now: datetime) -> Finding:
    """Judge how old the newest copy is that we know of."""
    if made is None:
        return found("backups.none")
    days = max((now - made).days, 0)
    told: dict[str, Fact] = {"days": days, "date": made.date().isoformat()}
    return found("backups.old" if days >= BACKUP_DAYS else "backups.good", **told)
