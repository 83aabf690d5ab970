"""Checks the settings and the machine: what costs little and asks nobody but the store."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.config.sources import NEEDED_FOR_SENDING
from mailer.domain.deliverability import machine, unfilled
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding
from mailer.domain.deliverability.machine import StoreCondition
from mailer.errors import MailerError
from mailer.services.operation.doctor.bounded import Checked
from mailer.store.deliverability.condition import condition
from mailer.store.server.connection import Store

_FILLED_IN: Final = ("sender_address", "owner_address", "reply_to", "list_domain", "public_url")


def settings_filled(settings: Settings) -> list[Finding]:
    """Find settings that are missing, or were not filled in."""
    findings = [
        found("settings.missing", name=name)
        for name in NEEDED_FOR_SENDING
        if not getattr(settings, name)
    ]
    findings += [
        found("settings.example", name=name, value=getattr(settings, name))
        for name in _FILLED_IN
        if unfilled.is_example(getattr(settings, name))
    ]
    if unfilled.is_local(settings.public_url):
        findings.append(found("settings.local", name="public_url", value=settings.public_url))
    if not settings.owner_address:
        findings.append(found("settings.owner"))
    return findings or [found("settings.good")]


def clock(settings: Settings, seen: Mapping[str, tuple[datetime, datetime]]) -> list[Finding]:
    """Compare our clock with those that others told.

    Args:
        settings: for the offset.
        seen: whose -> (ours at that instant, theirs).
    """
    offset = settings.clock_offset
    if offset:
        return [found("clock.shifted", seconds=round(offset.total_seconds()))]
    findings = [machine.judge_clock(ours, theirs, whose) for whose, (ours, theirs) in seen.items()]
    bad = [one for one in findings if one.code != "clock.good"]
    return bad or findings[:1]


def disk(folder: Path) -> list[Finding]:
    """Check the room on the disk that the data are on."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        room = shutil.disk_usage(folder)
    except OSError as error:
        return [found("disk.unknown", folder=str(folder), why=error.strerror or str(error))]
    return [machine.judge_disk(str(folder), room.free, room.total)]


def ask(store: Store | None) -> StoreCondition | list[Finding]:
    """Ask the store how it is; or say why that is not known."""
    if store is None:
        return [found("store.stopped")]
    try:
        return condition(store)
    except MailerError as error:
        return [found("store.away", why=str(error))]


def store_and_backups(
    said: StoreCondition | list[Finding], settings: Settings
) -> tuple[list[Finding], list[Finding]]:
    """Judge what the store said of itself."""
    if isinstance(said, list):
        return said, [found("backups.unknown")]
    if settings.redis_url and said.backup is None:
        # `mailer backup` copies our own server; of another one somebody else sees to that.
        return machine.judge_store(said), [found("backups.unknown")]
    return machine.judge_store(said), [machine.judge_backup(said.backup, said.time)]


def cheap(settings: Settings, clock_: Clock, store: Store | None) -> list[Checked]:
    """Run the checks that ask nobody but the store."""
    said = ask(store)
    times = {}
    if isinstance(said, StoreCondition):
        times = {"store": (clock_.now(), said.time)}
    of_store, of_backups = store_and_backups(said, settings)
    checked = {
        "settings": settings_filled(settings),
        "clock": clock(settings, times),
        "disk": disk(settings.data_dir),
        "store": of_store,
        "backups": of_backups,
    }
    return [Checked(name, tuple(findings)) for name, findings in checked.items() if findings]
