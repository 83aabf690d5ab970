"""Keeps uploaded files of subscribers until they are imported: privately, and not for long.

They hold personal data that is nobody's reader yet. So they are readable for the service alone, are
given to nobody but the person who sent them, and go after use, or a day later.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.errors import InputError, NotFoundError, StoreError

KEPT: Final = timedelta(days=1)
MOST_OCTETS: Final = 64 * 1024 * 1024
"""Octets of one file."""
MOST_FILES: Final = 20
"""Files that wait at once: what nobody imports must not fill the disk."""
FOLDER: Final = "uploads"
LONGEST_NAME: Final = 100
_ID: Final = re.compile(r"[0-9a-f]{32}")
_ABOUT: Final = "about.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that waits to be imported."""

    id: str
    name: str
    """As its sender calls it, without what could be a path."""
    octets: int
    path: Path


class Receiving:
    """A file that is being received; `write` its parts, then `keep` or `drop` it."""

    def __init__(self, folder: Path, person: str, name: str, made: datetime) -> None:
        self._folder, self._about = folder, {"person": person, "name": safe_name(name)}
        self._about["made"] = made.isoformat()
        self._file: IO[bytes] = open(  # noqa: SIM115 - open over several calls
            self.path, "wb", opener=_private
        )
        self.octets = 0

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._folder / self._about["name"]

    def write(self, part: bytes) -> None:
        """Write a part.

        Raises:
            InputError: the file is too large.
            StoreError: the disk is full, or fails.
        """
        self.octets += len(part)
        if self.octets > MOST_OCTETS:
            self.drop()
            said = f"is larger than {MOST_OCTETS // 2**20} megabytes"
            remedy = "divide it, or import it at a terminal"
            facts = {"most": MOST_OCTETS}
            raise InputError.of("file", said, remedy, code="file.too_large", facts=facts)
        try:
            self._file.write(part)
        except OSError as error:
            self.drop()
            raise StoreError(f"The file could not be kept ({error.strerror}).") from error

    def keep(self) -> Kept:
        """Keep the file; it is complete."""
        self._file.close()
        with open(self._folder / _ABOUT, "w", encoding="utf-8", opener=_private) as about:
            json.dump(self._about, about)
        return Kept(self._folder.name, self._about["name"], self.octets, self.path)

    def drop(self) -> None:
        """Forget what was received."""
        self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Spool:
    """The files that wait."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Use the data directory; nothing is made before the first file."""
        self._folder, self._clock = settings.data_dir / FOLDER, clock

    def receive(self, person: str, name: str) -> Receiving:
        """Begin to receive a file.

        Args:
            person: who sends it; nobody else is given it.
            name: as they call it.

        Raises:
            InputError: too many files wait.
            StoreError: it cannot be kept.
        """
        self.sweep()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(1 for _ in self._folder.iterdir()) >= MOST_FILES:
                said = f"{MOST_FILES} uploaded files wait already to be imported"
                remedy = "import or drop one of them; each goes by itself after a day"
                raise InputError.of("file", said, remedy, code="file.too_many")
            folder = self._folder / secrets.token_hex(16)
            folder.mkdir(mode=0o700)
            return Receiving(folder, person, name, self._clock.now())
        except OSError as error:
            raise StoreError(f"The file could not be kept ({error.strerror}).") from error

    def find(self, name: str, person: str) -> Kept:
        """Return a file that a person sent.

        Raises:
            NotFoundError: there is none, not any more, or it is somebody else's.
        """
        folder = self._folder / name
        about = _about(folder) if _ID.fullmatch(name) else {}
        if not about or about["person"] != person or self._is_over(about):
            raise NotFoundError("uploaded file", name)
        path = folder / about["name"]
        return Kept(name, about["name"], path.stat().st_size, path)

    def forget(self, kept: Kept) -> None:
        """Delete a file."""
        shutil.rmtree(kept.path.parent, ignore_errors=True)

    def sweep(self) -> int:
        """Delete the files whose time is over; returns how many."""
        count = 0
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            about = _about(folder)
            over = self._is_over(about) if about else self._is_left(folder)
            if over:
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
        return count

    def _is_over(self, about: dict[str, str]) -> bool:
        return self._clock.now() - datetime.fromisoformat(about["made"]) >= KEPT

    def _is_left(self, folder: Path) -> bool:
        """Tell whether a file that never came whole is old enough to go."""
        with suppress(OSError):
            made = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            return self._clock.now() - made >= KEPT
        return False


def safe_name(name: str) -> str:
    """Return a file's name without what could be a path, or be hidden; never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    shown = shown.encode("utf-8", "replace").decode()[-LONGEST_NAME:]
    while len(shown.encode()) > 200:
        shown = shown[1:]
    shown = shown.lstrip(". ")
    return "file.csv" if shown in {"", _ABOUT} else shown


def _about(folder: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((folder / _ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
