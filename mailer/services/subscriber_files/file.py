"""Reads and writes files of subscribers: CSV as spreadsheet programs make it, in UTF-8.

A file is read twice: once to find all that is wrong with it as a whole, so that nothing is half
done, and once line by line. Neither keeps more than a line of it in memory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from mailer.errors import Fact, InputError, Problem
from mailer.services.subscriber_files.columns import Choices, Columns, columns_of, recognised

DELIMITERS: Final = (",", ";", "\t", "|")
LONGEST_LINE: Final = 65_536
"""Bytes. A longer line is no line of subscribers, and must not fill the memory."""
MOST_PROBLEMS: Final = 50
"""Told one by one; of the others it is told how many there are."""
MOST_BLANK: Final = 100
"""Lines without anything before the column names that are passed over."""

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_SAVE_AGAIN: Final = 'save it again as "CSV UTF-8" in the program that made it'


class Line(NamedTuple):
    """A record of the file; with quoted line breaks it spans several lines."""

    number: int
    """The number of its first line, from 1."""
    cells: list[str]


class Problems:
    """Gathers what is wrong with a file: the first of it word for word, the rest as a number."""

    def __init__(self, file: str) -> None:
        """Begin a report; `file` is the name for messages."""
        self.file = file
        self._kept: list[tuple[int, Problem]] = []
        self.count = 0

    def add(
        self,
        line: int,
        text: str,
        remedy: str,
        *,
        code: str,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """Add what is wrong with a line, or with the whole file (0)."""
        self.count += 1
        if len(self._kept) < MOST_PROBLEMS:
            place = f"{self.file}, line {line}" if line else self.file
            self._kept.append((line, Problem(place, text, remedy, code=code, facts=facts or {})))

    def tell(self) -> None:
        """Raise them, in the order of their lines.

        Raises:
            InputError: there are any.
        """
        if not self.count:
            return
        told = [problem for _, problem in sorted(self._kept, key=lambda one: one[0])]
        if more := self.count - len(told):
            told.append(Problem(self.file, f"and {more:,} more like these", code="more"))
        raise InputError(told)


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a file."""

    delimiter: str
    columns: Columns
    first: int
    """The line before the first record."""
    bom: bool
    size: int
    """Bytes of the file."""


class Head(NamedTuple):
    """The beginning of a file."""

    header: tuple[str, ...]
    """Names of the columns."""
    records: tuple[tuple[str, ...], ...]
    """The cells of the first records."""


class Looking(Protocol):
    """An observer that sees each record before any is imported."""

    def look(self, layout: Layout, line: Line, /) -> None:
        """Look at one."""

    def end(self, layout: Layout, problems: Problems, /) -> None:
        """Add what is wrong with them."""


def examine(path: Path, choices: Choices, looking: Looking) -> Layout:
    """Find out how a file is laid out, and whether it can be read from end to end.

    Args:
        path: the file.
        choices: what the secretariat says of its columns.
        looking: is shown each record.

    Raises:
        InputError: with all that is wrong with it as a whole, the lines and what to do.
    """
    problems = Problems(path.name)
    with _opened(path) as file:
        layout = _layout(path, file, choices)
        records = 0
        for line in _records(file, layout, problems, lambda _size: None):
            records += 1
            looking.look(layout, line)
    looking.end(layout, problems)
    if not records and not problems.count:
        problems.add(
            0, "holds no subscribers", "below the column names, give one a line", code="file.empty"
        )
    problems.tell()
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
    problems = Problems(path.name)
    with _opened(path) as file:
        for line in _records(file, layout, problems, progress):
            problems.tell()
            yield line


def _opened(path: Path) -> IO[bytes]:
    try:
        if not path.is_file():
            text = "is a folder" if path.is_dir() else "is not there, or no file"
            raise InputError.of(str(path), text, "give the path of a CSV file", code="file.missing")
        return path.open("rb")
    except OSError as error:
        raise InputError.of(
            str(path),
            f"cannot be read: {error.strerror}",
            "make it readable",
            code="file.unreadable",
        ) from error


def head(path: Path, most: int = 5) -> Head:
    """Look at the beginning of a file, to propose what its columns are.

    Args:
        path: the file.
        most: records that are returned.

    Raises:
        InputError: it is no file of lines in UTF-8, or one of the first lines cannot be read.
    """
    problems = Problems(path.name)
    with _opened(path) as file:
        start = _start(path, file)
        layout = Layout(
            start.delimiter, Columns(start.header, {}, (), (), ()), start.first, start.bom, 0
        )
        found = list(islice(_records(file, layout, problems, lambda _size: None), most))
    problems.tell()
    return Head(start.header, tuple(tuple(one.cells) for one in found))


class _Start(NamedTuple):
    """What a file's first lines tell."""

    header: tuple[str, ...]
    delimiter: str
    first: int
    bom: bool


def _layout(path: Path, file: IO[bytes], choices: Choices) -> Layout:
    start = _start(path, file)
    columns = columns_of(_place(path, start.first), start.header, choices)
    return Layout(start.delimiter, columns, start.first, start.bom, path.stat().st_size)


def _start(path: Path, file: IO[bytes]) -> _Start:
    number, start, bom = _first_line(path, file)
    delimiters: Sequence[str] = DELIMITERS
    text = _text(path, start, number)
    hint = re.fullmatch(r'"?sep=(.)"?\s*', text)
    if hint:  # a line for spreadsheet programs, not for us
        number, delimiters = number + 1, (hint[1],)
        text = _text(path, file.readline(LONGEST_LINE + 1), number)
    headers = [(_header(text, delimiter), delimiter) for delimiter in delimiters]
    header, delimiter = max(headers, key=lambda one: recognised(one[0]))
    return _Start(tuple(header), delimiter, number, bom)


def _first_line(path: Path, file: IO[bytes]) -> tuple[int, bytes, bool]:
    """Return the first line that holds something: its number, its bytes, whether a BOM came."""
    bom = False
    for number in range(1, MOST_BLANK + 1):
        line = file.readline(LONGEST_LINE + 1)
        _refuse_other_formats(path, line)
        bom = bom or line.startswith(_UTF8_BOM)
        line = line.removeprefix(_UTF8_BOM)
        if line.strip(b' \r\n\t,;|"'):
            return number, line, bom
        if not line:
            break
    remedy = "the first line names the columns: address, language"
    raise InputError.of(path.name, "is empty", remedy, code="file.empty")


def _refuse_other_formats(path: Path, start: bytes) -> None:
    text = ""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = "is in UTF-16, not in UTF-8"
    elif start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        text = "is a spreadsheet, not a CSV file"
    elif b"\r" in start.removesuffix(b"\n").removesuffix(b"\r"):
        text = "has the line ends of old Macintoshes"
    if text:
        raise InputError.of(path.name, text, _SAVE_AGAIN, code="file.wrong_format")


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _records(
    file: IO[bytes], layout: Layout, problems: Problems, progress: Callable[[int], None]
) -> Iterator[Line]:
    """Yield the records; adds what goes wrong to the problems and goes on."""
    file.seek(0)
    for _ in range(layout.first):
        file.readline()
    lines = _lines(file, layout.first, problems, progress)
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    while True:
        number = layout.first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            wrong = _broken(number, layout.first + reader.line_num, str(error))
            problems.add(*wrong, code="line.cells")
            continue
        if any(map(str.strip, cells)):
            yield Line(number, cells)


def _lines(
    file: IO[bytes], number: int, problems: Problems, progress: Callable[[int], None]
) -> Iterator[str]:
    done = file.tell()
    while piece := file.readline(LONGEST_LINE + 1):
        number += 1
        done += len(piece)
        if not number % 500:
            progress(done)
        if wrong := _wrong(piece):
            problems.add(number, *wrong, code="line.unreadable")
            if len(piece) > LONGEST_LINE:
                return
            yield piece.decode("utf-8", "replace").replace("\0", "?")
        else:
            yield piece.decode()
    progress(done)


def _text(path: Path, piece: bytes, number: int) -> str:
    """Return a line as text.

    Raises:
        InputError: it is too long, not in UTF-8, or not text.
    """
    if wrong := _wrong(piece):
        raise InputError([Problem(_place(path, number), *wrong, code="line.unreadable")])
    return piece.decode()


def _wrong(piece: bytes) -> tuple[str, str] | None:
    """Tell what keeps a line from being text, and the remedy."""
    if len(piece) > LONGEST_LINE:
        text = f"the line is longer than {LONGEST_LINE} bytes"
        return text, "check that each subscriber has a line"
    if b"\0" in piece:
        return "the line holds zero bytes, so it is no text", _SAVE_AGAIN
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1} is 0x{piece[error.start]:02X}"
        return f"the line is not in UTF-8 ({place})", _SAVE_AGAIN
    return None


def _broken(first: int, last: int, words: str) -> tuple[int, str, str]:
    """Tell in our words what the CSV reader stumbled over: the line, what is wrong, the remedy."""
    if "unexpected end" in words or "field larger" in words:
        text = "a quotation mark opens in this line and is not closed"
        return first, text, 'close it, or write each " within a cell twice'
    if "expected after" in words:
        text = "text follows a closing quotation mark"
        return last, text, 'write each " within a quoted cell twice'
    return first, f"cannot be taken apart ({words})", _SAVE_AGAIN


def _place(path: Path, number: int) -> str:
    return f"{path.name}, line {number}"
