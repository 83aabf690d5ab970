"""Copies of all that the service keeps, made while it runs, and brought back in an empty folder.

A copy does not know what was sent after it was made. So whatever would send by itself is stopped
before the copy takes its place: campaigns that were going out are paused; scheduled ones are held,
and so are the reminders that have come due since. A person decides. Users sign in anew: the copy
has sessions that were ended since.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
import shutil
import tarfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret
from mailer.domain.campaigns.campaign import State
from mailer.errors import InputError, Problem
from mailer.services.access import users
from mailer.services.access.acting import act
from mailer.services.calendar.reminders import Reminders
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.operation.migrating import migrate
from mailer.store.campaigns import copying
from mailer.store.campaigns import records as campaigns
from mailer.store.deliverability import condition
from mailer.store.server.connection import Store, open_store

KEY: Final = "secret.key"
REASON: Final = "brought back from a copy, which does not know what was sent since"
_MEMBER: Final = re.compile(rf"{copying.FOLDER}/[\w.-]+|{re.escape(KEY)}")
_PIECE: Final = 1024 * 1024
_NO_COPY: Final = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    FileExistsError,
)
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Stopped:
    """The campaigns that a person has to decide about."""

    paused: list[int]
    held: list[int]


@act("operation.backup")
def back_up(store: Store, settings: Settings, file: Path) -> int:
    """Copy the store and the secret key into one archive, for its owner alone.

    Returns:
        The archive's octets.

    Raises:
        InputError: it is there, or cannot be written.
        StoreError: the store is not our own.
    """
    if file.exists():
        raise InputError.of(
            str(file), "it is there already", "name another file", code="file.exists"
        )
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with (
            copying.still(store) as files,
            os.fdopen(os.open(draft, _FLAGS, 0o600), "wb") as raw,
        ):
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive:
                archive.add(settings.secret_key_file, KEY)
                for one in files:
                    archive.add(one, f"{copying.FOLDER}/{one.name}")
            raw.flush()
            os.fsync(raw.fileno())
        draft.rename(file)
        condition.note_backup(store)
        return file.stat().st_size
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise InputError.of(
            str(file), f"cannot be written ({words})", code="file.unwritable"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def restore(settings: Settings, clock: Clock, file: Path) -> Stopped:
    """Bring a copy back where no data is yet; nothing that it holds sends by itself.

    A copy of a former version is brought to the present one.

    Raises:
        InputError: the file is no such copy, there is data already, or another secret key.
        StoreError: the copy is of a newer version of Mailer, or damaged.
    """
    target = settings.data_dir / copying.FOLDER
    if settings.redis_url:
        text, remedy = "the store is a server of your own", "bring the copy back there"
        raise InputError.of("redis_url", text, remedy, code="backup.own_server")
    if target.exists():
        remedy = "stop the service and move it away, or choose another data_dir"
        raise InputError.of(str(target), "there is data already", remedy, code="backup.data_there")
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = settings.data_dir / f"restoring-{secrets.token_hex(4)}"
    draft.mkdir(mode=0o700)
    try:
        _unpack(file, draft)
        _place_key(settings, draft / KEY)
        store = open_store(draft, "", settings.durability, any_version=True)
        try:
            migrate(store, settings, clock)  # whoever made the copy has the data as it was
            stopped = _stop_all(store, settings, clock)
            users.end_all_sessions(store, clock.now())
        finally:
            store.close()
        (draft / copying.FOLDER).rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return stopped


def _unpack(file: Path, folder: Path) -> None:
    """Extract the contents of a copy, and nothing else, wherever the archive comes from."""
    (folder / copying.FOLDER).mkdir(mode=0o700)
    try:
        with gzip.open(file) as raw, tarfile.open(fileobj=raw, mode="r:") as archive:
            names = [member.name for member in archive if _take_out(archive, member, folder)]
            whole = KEY in names and len(names) > 1 and len(names) == len(archive.getmembers())
            while raw.read(_PIECE):
                pass  # its check sum comes last
    except _NO_COPY:
        whole = False
    if not whole:
        problem = Problem(
            str(file),
            "it is not a whole copy",
            "use a file that a backup made, as it was made",
            code="backup.not_whole",
        )
        raise InputError([problem])


def _take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> bool:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or not _MEMBER.fullmatch(member.name):
        return False
    with os.fdopen(os.open(folder / member.name, _FLAGS, 0o600), "wb") as raw:
        shutil.copyfileobj(content, raw)
        raw.flush()
        os.fsync(raw.fileno())
    return True


def _place_key(settings: Settings, copy: Path) -> None:
    """Put the copy's secret key where the settings want it, unless it is there.

    Raises:
        InputError: another one is there.
    """
    file, content = settings.secret_key_file, secret.read(copy)
    if not secret.make(file, content) and secret.read(file).strip() != content.strip():
        text = "it is not the key that the copy was made with"
        raise InputError.of(
            str(file),
            text,
            "move it away; the copy brings its own",
            code="backup.other_key",
        )


def _stop_all(store: Store, settings: Settings, clock: Clock) -> Stopped:
    service = Campaigns(store, settings, clock)
    # What came due since the copy, and may have gone out, would be made at the first tick.
    Reminders(store, settings, clock).run()
    found = list(campaigns.newest_first(store))
    stopped = Stopped(
        [one.number for one in found if one.state is State.SENDING],
        [one.number for one in found if one.state is State.SCHEDULED],
    )
    for number in stopped.paused:
        service.pause(number, REASON)
    for number in stopped.held:
        service.hold(number, REASON)
    return stopped
