"""Editions as one file: a zip or tar archive of a folder, unpacked with distrust.

Whoever uploads one may have had it from somebody else. Only plain files are taken, within the
folder that is meant, and no more of them, and no larger, than an edition can have.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from mailer.clock import Clock
from mailer.content.parsing.source import FILE_LIMIT, PICTURE_LIMIT, TOTAL_LIMIT
from mailer.domain.subscribers.topic import Topics
from mailer.errors import InputError
from mailer.services.access.acting import act
from mailer.services.editions import library
from mailer.store.editions import Summary
from mailer.store.server.connection import Store

MOST_BYTES: Final = 2 * TOTAL_LIMIT
"""Octets of an archive, packed and unpacked: an edition, and standing blocks that it does not use.
"""
MOST_FILES: Final = 2 * FILE_LIMIT
LARGEST_FILE: Final = PICTURE_LIMIT
_SHEET: Final = "edition.toml"
_PIECE: Final = 64 * 1024
_LONGEST_NAME: Final = 500
_MOST_DEEP: Final = 8
_LEFT_OUT: Final = ("__MACOSX", "Thumbs.db")
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK"
_TAR_OVERHEAD: Final = MOST_FILES * 4096
_END: Final = struct.Struct("<4s4H2LH")
"""The record at the end of a zip archive (APPNOTE 4.3.16)."""
_LONGEST_COMMENT: Final = 0xFFFF
_LOCATOR: Final = 20
"""Octets of the record before it that only archives over 4 GB have (APPNOTE 4.3.15)."""
_LARGEST_DIRECTORY: Final = 1024 * 1024
_PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,
    UnicodeError,
    ValueError,
    struct.error,
)

Agree = Callable[[Summary | None], None]
"""Raises something if the edition that is known is not the one that is to be replaced."""


@act("editions.import", "name")
def import_archive(
    store: Store,
    topics: Topics,
    file: Path,
    clock: Clock,
    name: str = "",
    *,
    agree: Agree | None = None,
) -> tuple[Summary, bool]:
    """Read an archive of an edition's folder and keep the edition; whole or not at all.

    Args:
        store: the open store.
        topics: known topics.
        file: the archive; recognised by its content.
        clock: tells the time of import.
        name: for messages and the audit log; empty: the file's.
        agree: is shown what is known of the edition before it is replaced.

    Returns:
        As `library.import_folder`.

    Raises:
        InputError: it is no such archive, or cannot be read as an edition.
    """
    with unpacked(file, name or file.name) as folder:
        return library.import_folder(store, topics, folder, clock, agree=agree)


@contextmanager
def unpacked(file: Path, name: str, sheet: str = _SHEET) -> Iterator[Path]:
    """Unpack an archive for the length of a `with` block; yields the folder that is meant.

    Args:
        file: the archive.
        name: for messages.
        sheet: the file by which the folder is known; that of an edition, if none is named.

    Raises:
        InputError: it is no archive that we read, or holds no such folder.
    """
    with tempfile.TemporaryDirectory(prefix="mailer-edition-") as made:
        _Unpacker(Path(made), name).unpack(file)
        yield _folder_of(Path(made), name, sheet)


def _folder_of(root: Path, name: str, sheet: str) -> Path:
    """Find the folder that holds a file of that name in what was unpacked."""
    files = [path for path in root.rglob(sheet) if path.is_file()]
    found = sorted(files, key=lambda path: len(path.parts))
    if not found:
        said, remedy = f"there is no {sheet} in it", "pack the folder that holds it"
        raise InputError.of(name, said, remedy, code="edition.no_folder")
    if len(found) > 1 and len(found[0].parts) == len(found[1].parts):
        said, remedy = f"there is more than one {sheet} in it", "pack one folder only"
        raise InputError.of(name, said, remedy, code="edition.several")
    return found[0].parent


class _Unpacker:
    """Writes the files of one archive into a folder."""

    def __init__(self, root: Path, name: str) -> None:
        self._root, self._name = root, name
        self._left, self._files = MOST_BYTES, MOST_FILES

    def unpack(self, file: Path) -> None:
        if file.stat().st_size > MOST_BYTES:
            raise self._too_large()
        try:
            with file.open("rb") as raw:
                begins = raw.read(2)
                raw.seek(0)
                if begins == _ZIP:
                    self._zip(raw)
                elif begins == _GZIP:
                    with gzip.open(raw) as inner:
                        self._tar(cast("IO[bytes]", inner))
                else:
                    self._tar(raw)
        except _BROKEN as error:
            raise self._no_archive() from error
        except OSError as error:
            if isinstance(error, gzip.BadGzipFile):
                raise self._no_archive() from error
            said = f"cannot be unpacked ({(error.strerror or str(error)).lower()})"
            raise InputError.of(self._name, said, code="edition.no_archive") from error

    def _zip(self, raw: IO[bytes]) -> None:
        self._check_directory(raw)
        with zipfile.ZipFile(raw) as archive:
            for one in archive.infolist():
                self._count()
                if one.is_dir():
                    continue
                kind = one.external_attr >> 16 & 0o170000
                if kind not in {0, 0o100000}:
                    raise self._link(one.filename)
                if one.flag_bits & 1 or one.compress_type not in _PLAIN:
                    raise self._no_archive()
                if path := self._path(one.filename):
                    with archive.open(one) as packed:
                        self._write(path, packed)

    def _check_directory(self, raw: IO[bytes]) -> None:
        """Refuse a list of files that is too long, before it is read into memory."""
        size = raw.seek(0, io.SEEK_END)
        start = max(size - _END.size - _LONGEST_COMMENT - _LOCATOR, 0)
        raw.seek(start)
        tail = raw.read()
        raw.seek(0)
        sign = b"PK\x05\x06"
        last = len(tail) - _END.size
        place = last if last >= 0 and tail[last : last + 4] == sign else tail.rfind(sign)
        if place < 0 or len(tail) - place < _END.size:
            raise self._no_archive()
        directory = _END.unpack_from(tail, place)[5]
        if b"PK\x06\x07" in tail[max(place - _LOCATOR, 0) : place]:
            raise self._too_large()
        if directory > _LARGEST_DIRECTORY:
            raise self._too_large()

    def _tar(self, raw: IO[bytes]) -> None:
        bounded = _Bounded(raw, MOST_BYTES + _TAR_OVERHEAD, self._too_large)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            for one in archive:
                self._count()
                if one.isdir():
                    continue
                if not one.isreg():
                    raise self._link(one.name)
                packed = archive.extractfile(one)
                if packed is not None and (path := self._path(one.name)):
                    self._write(path, packed)

    def _path(self, name: str) -> PurePosixPath | None:
        """Return where a file goes; None: it is none that an edition has."""
        path = PurePosixPath(name)
        parts = path.parts
        bad = (
            path.is_absolute()
            or ".." in parts
            or not parts
            or "\\" in name
            or not name.isprintable()
            or len(name) > _LONGEST_NAME
            or len(parts) > _MOST_DEEP
        )
        if bad:
            said, remedy = "the path leads out of the folder", "pack the folder anew"
            shown = name[:_LONGEST_NAME] if name.isprintable() else self._name
            raise InputError.of(shown, said, remedy, code="edition.path_outside")
        if any(part.startswith(".") or part in _LEFT_OUT for part in parts):
            return None
        return path

    def _write(self, path: PurePosixPath, packed: IO[bytes]) -> None:
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with target.open("xb") as file:
            while piece := packed.read(_PIECE):
                size += len(piece)
                self._left -= len(piece)
                if size > LARGEST_FILE or self._left < 0:
                    raise self._too_large(str(path))
                file.write(piece)

    def _count(self) -> None:
        self._files -= 1
        if self._files < 0:
            said = f"it holds more than {MOST_FILES} files"
            remedy = "pack one folder, and nothing else"
            raise InputError.of(self._name, said, remedy, code="edition.too_many_files")

    def _too_large(self, place: str = "") -> InputError:
        said = f"it is too large: at most {LARGEST_FILE // 1024:,} KB of a file, and"
        said += f" {MOST_BYTES // 1024:,} KB in all, are read"
        return InputError.of(place or self._name, said, "make it smaller", code="file.too_large")

    def _link(self, name: str) -> InputError:
        shown = name if name.isprintable() else self._name
        said, remedy = "it is a link, or no file at all", "put a copy of the file in its place"
        return InputError.of(shown, said, remedy, code="edition.no_file")

    def _no_archive(self) -> InputError:
        said = "it is no zip or tar archive that can be read"
        remedy = "pack the folder as .zip, .tar or .tar.gz, without a password"
        return InputError.of(self._name, said, remedy, code="edition.no_archive")


class _Bounded(io.RawIOBase):
    """Reads a stream up to a size."""

    def __init__(self, raw: IO[bytes], most: int, error: Callable[[], InputError]) -> None:
        super().__init__()
        self._raw, self._left, self._error = raw, most, error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._raw.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise self._error()
        buffer[: len(piece)] = piece
        return len(piece)
