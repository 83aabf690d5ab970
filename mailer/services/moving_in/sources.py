"""Opens the files of an export, archives included, within bounds (law 15)."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from mailer.domain.moving_in.mover import Theirs, strictest
from mailer.errors import InputError, Problem

LARGEST: Final = 256 * 1024 * 1024
"""Octets of one file, unpacked; a million readers have about 150 in a row."""
MOST_PARTS: Final = 1000
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError),
    OSError,  # of bzip2
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an export."""

    name: str
    """Without the folders it is in."""
    data: bytes
    status: Theirs | None = None
    """Where all of its readers stood, if the secretariat says so: for files that do not tell."""
    lists: tuple[str, ...] = ()
    """Names of lists that are known, longest first: some programs part names by mere spaces."""

    @property
    def stem(self) -> str:
        """The name without its ending: programs that export list by list are told it by that."""
        return PurePosixPath(self.name).stem

    def status_of(self, said: Theirs) -> Theirs:
        """Return where a reader stood, by what a row says and by what is said of all of them."""
        return strictest(said, self.status) if self.status else said

    def refuse(self, text: str, remedy: str = "", line: int = 0) -> InputError:
        """Make the error that the file as a whole cannot be used."""
        place = f"{self.name}, line {line}" if line else self.name
        return InputError([Problem(place, text, remedy, code="file.wrong_format")])


@dataclass(frozen=True, slots=True)
class Opened:
    """What the files hold that are to be read, and the names of what is left aside."""

    parts: tuple[Part, ...]
    aside: tuple[str, ...] = ()


def opened(
    paths: Sequence[Path],
    picks: Callable[[str], bool],
    status: Theirs | None = None,
    lists: Sequence[str] = (),
) -> Opened:
    """Read the files of an export into memory.

    Args:
        paths: files; a ZIP archive stands for those in it.
        picks: tells by its name whether a file of an archive is read.
        status: where all of these readers stood, if that is known.
        lists: names of lists that are known.

    Raises:
        InputError: a file is missing, too large, or a broken archive.
    """
    longest_first = tuple(sorted(lists, key=lambda one: (-len(one), one)))
    parts: list[Part] = []
    aside: list[str] = []
    for path in paths:
        data = _content(path)
        if not zipfile.is_zipfile(path):
            parts.append(Part(path.name, data, status, longest_first))
            continue
        for name, content in _unpacked(path, picks, aside):
            parts.append(Part(name, content, status, longest_first))
    if not parts:
        raise InputError(
            [
                Problem(
                    str(paths[0]), "holds no file of readers", "give the export", code="file.empty"
                )
            ]
        )
    return Opened(tuple(parts), tuple(aside))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        words = (error.strerror or "no reason given").lower()
        raise InputError(
            [
                Problem(
                    str(path),
                    f"cannot be read ({words})",
                    "give the path of an export",
                    code="file.unreadable",
                )
            ]
        ) from error
    if len(data) > LARGEST:
        raise InputError(
            [
                Problem(
                    str(path),
                    f"is over {LARGEST:,} octets",
                    "export it in parts",
                    code="file.too_large",
                )
            ]
        )
    return data


def _unpacked(
    path: Path, picks: Callable[[str], bool], aside: list[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive, counting what really comes out of it, not what it says."""
    left = LARGEST
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MOST_PARTS:
                raise InputError(
                    [Problem(str(path), f"holds over {MOST_PARTS} files", code="file.too_large")]
                )
            for member in members:
                name = PurePosixPath(member.filename).name
                if not picks(name):
                    aside.append(name)
                    continue
                with archive.open(member) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    text = f"unpacks to over {LARGEST:,} octets"
                    raise InputError(
                        [
                            Problem(
                                str(path),
                                text,
                                "unpack it, and move in its parts",
                                code="file.too_large",
                            )
                        ]
                    )
                yield name, data
    except _BROKEN as error:
        raise InputError(
            [
                Problem(
                    str(path),
                    f"is a broken archive ({error})",
                    "download it again",
                    code="file.wrong_format",
                )
            ]
        ) from error
