"""Choice of our own server's unix socket: in the data directory, if its path is short enough.

Else in a folder for temporary files, where others may write too. There it gets a folder of its own,
that nobody but us may enter, with a name that nobody can foresee: whoever could would put a socket
or a link to one there, and be given all that we write. A file in the data directory names it.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from mailer.errors import StoreError

LONGEST_PATH: Final = 100
"""sockaddr_un holds 108 bytes; a little is left for the terminating zero and for other systems."""
_NAME: Final = "store.sock"
_SHORT: Final = "s"


class SocketPlace:
    """The place of one data directory's socket."""

    def __init__(self, data_dir: Path) -> None:
        self._inside = data_dir / _NAME
        self._record = data_dir / "store.socket"

    @property
    def path(self) -> Path:
        """Tell where the server listens; where it does not yet, a path that leads nowhere."""
        if _fits(self._inside):
            return self._inside
        folder = self._recorded()
        return folder / _SHORT if folder else self._inside

    def prepare(self) -> None:
        """Make the place ready for a server that begins to listen; its users find it by `path`.

        Raises:
            StoreError: no place can be made.
        """
        if not _fits(self._inside) and self._recorded() is None:
            self._make()
        self.path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what was made outside the data directory, after the server's end."""
        folder = None if _fits(self._inside) else self._recorded()
        if folder is not None:
            with suppress(OSError):
                (folder / _SHORT).unlink(missing_ok=True)
                folder.rmdir()
            self._record.unlink(missing_ok=True)

    def _recorded(self) -> Path | None:
        """Return the folder that the file names, if it is ours alone still; follows no links."""
        try:
            with os.fdopen(os.open(self._record, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                if os.fstat(file.fileno()).st_uid != os.geteuid():
                    return None
                folder = Path(os.fsdecode(file.read(4096)))
        except OSError:
            return None
        return folder if _is_private(folder) else None

    def _make(self) -> None:
        problems = []
        for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - see above
            try:
                folder = Path(tempfile.mkdtemp(prefix="mailer-", dir=parent))  # for us alone: 0700
            except OSError as error:
                problems.append(f"{parent}: {error.strerror}")
                continue
            if _fits(folder / _SHORT) and _is_private(folder):
                self._write(folder)
                return
            folder.rmdir()
            problems.append(f"{parent}: its path is too long, or it gives files to others")
        raise StoreError(
            f"The path of the data directory is too long for the store's socket, and no folder can"
            f" be made for it ({'; '.join(problems)}). Choose a data_dir with a shorter path."
        )

    def _write(self, folder: Path) -> None:
        draft = self._record.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.fsencode(folder))
        draft.replace(self._record)


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST_PATH


def _is_private(folder: Path) -> bool:
    """Tell whether it is a folder, not a link to one, that only we own and may enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    mine = found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return folder.is_absolute() and stat.S_ISDIR(found.st_mode) and mine
