"""Reads and writes files of subscribers: CSV as spreadsheet programs make it, in UTF-8.

A file is read twice: once to find all that is wrong with it as a whole, so that nothing is half
done, and once line by line. Neither keeps more than a line of it in memory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from mailer.errors import InputError, Problem

COLUMNS: Final[dict[str, frozenset[str]]] = {
    "address": frozenset(
        {"address", "email", "e-mail", "mail", "email address", "e-mail address", "mail address"}
        | {"adresse", "courriel", "adresse e-mail", "adresse électronique"}
        | {"correo", "dirección", "correo electrónico"}
    ),
    "language": frozenset({"language", "lang", "langue", "idioma"}),
    "topics": frozenset({"topics", "topic", "thèmes", "thème", "temas", "tema"}),
    "tags": frozenset({"tags", "tag", "étiquettes", "étiquette", "etiquetas", "etiqueta"}),
    "name": frozenset({"name", "nom", "nombre"}),
    "status": frozenset({"status"}),
}
"""Each column, and the names in a file's first line that are understood for it."""
IGNORED: Final = frozenset({"", "added", "source", "consent", "line", "reason"})
"""Columns that our own exports and reports add, and those without a name."""
DELIMITERS: Final = (",", ";", "\t")
LONGEST_LINE: Final = 65_536
"""Bytes. A longer line is no line of subscribers, and must not fill the memory."""
MOST_PROBLEMS: Final = 10

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_SAVE_AGAIN: Final = 'save it again as "CSV UTF-8" in the program that made it'
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")


class Line(NamedTuple):
    """A record of the file; with quoted line breaks it spans several lines."""

    number: int
    """Of its first line, from 1."""
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out."""

    delimiter: str
    header: tuple[str, ...]
    places: dict[str, int]
    """Known column -> its place in a line."""
    unknown: tuple[str, ...]
    """Names of columns that we do not know; they are not imported."""
    first: int
    """The line before the first record."""
    bom: bool
    size: int
    """Bytes of the file."""

    def cell(self, line: Line, column: str) -> str:
        """Return a cell without the spaces around it; empty if the line or the file lacks it."""
        place = self.places.get(column)
        if place is None or place >= len(line.cells):
            return ""
        return unguarded(line.cells[place].strip())


def examine(path: Path) -> Layout:
    """Find out how a file is laid out, and whether it can be read from end to end.

    Raises:
        InputError: with what is wrong with it as a whole, the lines and what to do; up to ten.
    """
    problems: list[Problem] = []
    with _opened(path) as file:
        layout = _layout(path, file)
        records = 0
        for _ in _records(path, file, layout, problems, lambda _size: None):
            records += 1
    if not records and not problems:
        problems.append(
            Problem(path.name, "holds no subscribers", "below the column names, give one a line")
        )
    if problems:
        raise InputError(problems[:MOST_PROBLEMS])
    return layout


def read(
    path: Path, layout: Layout, progress: Callable[[int], None] = lambda _size: None
) -> Iterator[Line]:
    """Yield the records of a file that was examined; lines that hold nothing are left out.

    Args:
        path: the file.
        layout: as found by `examine`.
        progress: told how many bytes were read, now and then.

    Raises:
        InputError: the file was changed meanwhile and cannot be read any more.
    """
    problems: list[Problem] = []
    with _opened(path) as file:
        for line in _records(path, file, layout, problems, progress):
            if problems:
                raise InputError(problems)
            yield line


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; `unguarded` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return a cell as it was before `guarded`, or before a spreadsheet program did the same."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text


def writer(file: IO[str], delimiter: str = ",") -> Any:
    """Return a CSV writer as used for all files that we write; guard the cells before."""
    return csv.writer(file, delimiter=delimiter, lineterminator="\n")


def _opened(path: Path) -> IO[bytes]:
    try:
        if not path.is_file():
            text = "is a folder" if path.is_dir() else "is not there, or no file"
            raise InputError([Problem(str(path), text, "give the path of a CSV file")])
        return path.open("rb")
    except OSError as error:
        raise InputError(
            [Problem(str(path), f"cannot be read: {error.strerror}", "make it readable")]
        ) from error


def _layout(path: Path, file: IO[bytes]) -> Layout:
    start = file.readline(LONGEST_LINE + 1)
    _refuse_other_formats(path, start)
    bom = start.startswith(_UTF8_BOM)
    first = 1
    delimiters: Sequence[str] = DELIMITERS
    text = _text(path, start.removeprefix(_UTF8_BOM), first)
    hint = re.fullmatch(r'"?sep=(.)"?\s*', text)
    if hint:  # a line for spreadsheet programs, not for us
        first, delimiters = 2, (hint[1],)
        text = _text(path, file.readline(LONGEST_LINE + 1), first)
    place = _place(path, first)
    headers = [(_header(text, delimiter), delimiter) for delimiter in delimiters]
    header, delimiter = max(headers, key=lambda one: len(_places(one[0])))
    _refuse_header(place, header)
    known = frozenset().union(*COLUMNS.values()) | IGNORED
    return Layout(
        delimiter=delimiter,
        header=tuple(header),
        places=_places(header),
        unknown=tuple(name for name in header if _plain(name) not in known),
        first=first,
        bom=bom,
        size=path.stat().st_size,
    )


def _refuse_other_formats(path: Path, start: bytes) -> None:
    text = ""
    if not start.removeprefix(_UTF8_BOM).strip():
        raise InputError(
            [Problem(path.name, "is empty", "the first line names the columns: address, language")]
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = "is in UTF-16, not in UTF-8"
    elif start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        text = "is a spreadsheet, not a CSV file"
    elif b"\r" in start.removesuffix(b"\n").removesuffix(b"\r"):
        text = "has the line ends of old Macintoshes"
    if text:
        raise InputError([Problem(path.name, text, _SAVE_AGAIN)])


def _refuse_header(place: str, header: list[str]) -> None:
    names = [_plain(name) for name in header]
    twice = [
        column for column, aliases in COLUMNS.items() if sum(name in aliases for name in names) > 1
    ]
    if twice:
        text = f"the column {' and '.join(twice)} is there twice"
        raise InputError([Problem(place, text, "remove one of them")])
    if "address" in _places(header):
        return
    text = 'there is no column "address"'
    if any("@" in name for name in names):
        text += "; this line seems to be a subscriber already"
    raise InputError(
        [
            Problem(
                place,
                text,
                "let the first line name the columns (address, language, topics, tags, name),"
                " parted by commas, semicolons or tabs",
            )
        ]
    )


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _places(header: Sequence[str]) -> dict[str, int]:
    return {
        column: place
        for place, name in enumerate(header)
        for column, aliases in COLUMNS.items()
        if _plain(name) in aliases
    }


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def _records(
    path: Path,
    file: IO[bytes],
    layout: Layout,
    problems: list[Problem],
    progress: Callable[[int], None],
) -> Iterator[Line]:
    """Yield the records; adds what goes wrong to the problems and goes on, up to ten."""
    file.seek(0)
    for _ in range(layout.first):
        file.readline()
    lines = _lines(path, file, layout.first, problems, progress)
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    while len(problems) < MOST_PROBLEMS:
        number = layout.first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(_broken(path, number, layout.first + reader.line_num, str(error)))
            continue
        if any(map(str.strip, cells)):
            yield Line(number, cells)


def _lines(
    path: Path,
    file: IO[bytes],
    number: int,
    problems: list[Problem],
    progress: Callable[[int], None],
) -> Iterator[str]:
    done = file.tell()
    while piece := file.readline(LONGEST_LINE + 1):
        number += 1
        done += len(piece)
        if not number % 500:
            progress(done)
        try:
            yield _text(path, piece, number)
        except InputError as error:
            problems.extend(error.problems)
            if len(piece) > LONGEST_LINE:
                return
            yield piece.decode("utf-8", "replace").replace("\0", "?")
    progress(done)


def _text(path: Path, piece: bytes, number: int) -> str:
    """Return a line as text.

    Raises:
        InputError: it is too long, not in UTF-8, or not text.
    """
    remedy = _SAVE_AGAIN
    if len(piece) > LONGEST_LINE:
        text = f"the line is longer than {LONGEST_LINE} bytes"
        remedy = "check that each subscriber has a line"
    elif b"\0" in piece:
        text = "the line holds zero bytes, so it is no text"
    else:
        try:
            return piece.decode()
        except UnicodeDecodeError as error:
            text = (
                f"the line is not in UTF-8 (byte {error.start + 1} is 0x{piece[error.start]:02X})"
            )
    raise InputError([Problem(_place(path, number), text, remedy)])


def _broken(path: Path, first: int, last: int, words: str) -> Problem:
    """Tell in our words what the CSV reader stumbled over."""
    place = _place(path, first)
    if "unexpected end" in words or "field larger" in words:
        text = "a quotation mark opens in this line and is not closed"
        return Problem(place, text, 'close it, or write each " within a cell twice')
    if "expected after" in words:
        return Problem(
            _place(path, last),
            "text follows a closing quotation mark",
            'write each " within a quoted cell twice',
        )
    return Problem(place, f"cannot be taken apart ({words})", _SAVE_AGAIN)


def _place(path: Path, number: int) -> str:
    return f"{path.name}, line {number}"
