"""Files that hold secrets: made for their owner alone, and read only while they are so."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import stat
from pathlib import Path
from typing import Final

from mailer.errors import Problem

KEY_BYTES: Final = 32
OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class SecretFileError(ValueError):
    """A secret's file cannot be used."""

    def __init__(self, file: Path, text: str, remedy: str) -> None:
        """Describe the wrong file, the error, and its correction."""
        self.problem = Problem(str(file), text, remedy, code="setting.secret_file")
        super().__init__(str(self.problem))


class MissingSecretError(SecretFileError):
    """There is no such file."""


def read(file: Path) -> str:
    """Read a secret, in ASCII.

    Files that systemd (`LoadCredential=`) or a container's runtime hands over keep their modes:
    others cannot reach into those folders, and the modes are not ours to change.

    Raises:
        SecretFileError: it is missing, unreadable, open to others, or not text.
    """
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if mode & OPEN_TO_OTHERS and not _handed_over(file):
                raise SecretFileError(
                    file,
                    "other users of this machine can read it",
                    f"run: chmod 600 {shlex.quote(str(file))}",
                )
            return opened.read().decode("ascii")
    except FileNotFoundError:
        raise MissingSecretError(file, "there is no such file", "correct the path") from None
    except UnicodeDecodeError:
        raise SecretFileError(file, "it is not a text file", "correct the path") from None
    except OSError as error:
        words = (error.strerror or "it cannot be read").lower()
        raise SecretFileError(
            file, f"it cannot be read ({words})", "make the service's user its owner"
        ) from None


def make(file: Path, content: str) -> bool:
    """Write a secret's file for its owner alone, whole or not at all; false if it is there.

    Two processes may do so at once: one of them makes the file, and both find it whole.

    Raises:
        SecretFileError: the folder or file cannot be made.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(draft, content)
        return _named(draft, file)
    except OSError as error:
        raise SecretFileError(
            file,
            f"it cannot be made ({(error.strerror or 'no reason given').lower()})",
            "give the service's user the right to write there, or name another path",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def key(file: Path) -> bytes:
    """Read a key of 32 bytes, in hexadecimal; makes it where there is none yet.

    Raises:
        SecretFileError: the file is open to others, holds something else, or cannot be made.
    """
    try:
        digits = read(file)
    except MissingSecretError:
        make(file, new_key())
        digits = read(file)
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if len(found) != KEY_BYTES:
        raise SecretFileError(
            file,
            f"it does not hold a key of {KEY_BYTES * 2} hexadecimal digits",
            "restore it from your copy; without one, move it away and a new key is made",
        )
    return found


def new_key() -> str:
    """Make a key, as its file holds it."""
    return secrets.token_hex(KEY_BYTES) + "\n"


def _write(draft: Path, content: str) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def _named(draft: Path, file: Path) -> bool:
    """Give the draft its name, which a link, unlike a rename, does only if the name is free."""
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        return False
    return True


def _handed_over(file: Path) -> bool:
    places = [Path("/run/secrets")]
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        places.append(Path(folder))
    return any(place in file.absolute().parents for place in places)
