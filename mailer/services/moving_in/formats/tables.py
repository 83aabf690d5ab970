"""Tables as programs export them: CSV or tabs, in UTF-8, the first line naming the columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mailer.domain.moving_in.mover import Unread
from mailer.services.moving_in.sources import Part

DELIMITERS: Final = (",", ";", "\t", "|")
_SPACES: Final = re.compile(r"[\s_-]+")
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Record:
    """One row."""

    row: int
    cells: Mapping[str, str]
    """By the column's name in small letters, its words parted by `_`; without spaces around."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """The same names as the file has them."""

    def cell(self, *names: str) -> str:
        """Return the first of these columns that is not empty; empty if none is."""
        return next((found for name in names if (found := self.cells.get(name, ""))), "")

    def others(self, known: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Return the cells of the other columns that hold something, by the file's own names."""
        return tuple(
            (self.titles.get(name, name), cell)
            for name, cell in self.cells.items()
            if cell and name not in known
        )


def text_of(part: Part) -> str:
    """Decode a file.

    Raises:
        InputError: it is not in UTF-8.
    """
    try:
        text = part.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = part.data.count(b"\n", 0, error.start) + 1
        raise part.refuse("the line is not in UTF-8", "save it again as UTF-8", line) from None
    if "\0" in text:
        raise part.refuse("holds zero bytes, so it is no text", "export it again")
    return text


def records(
    part: Part, known: Collection[str], *, bare_tabs: bool = False
) -> Iterator[Record | Unread]:
    """Yield the rows of a table.

    Args:
        part: the file.
        known: the names of columns that the program writes, to tell the delimiter by.
        bare_tabs: quotes mean nothing where tabs part the cells.

    Raises:
        InputError: it is not in UTF-8, or empty.
    """
    text = text_of(part)
    start = text.lstrip("\r\n \t")
    skipped = text.count("\n", 0, len(text) - len(start))
    if not start:
        raise part.refuse("is empty", "export it again")
    delimiter, titles = _header(part, start, known)
    names = [normal(one) for one in titles]
    shown = dict(zip(names, titles, strict=True))
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    if bare_tabs and delimiter == "\t":
        quoting = csv.QUOTE_NONE
    lines = io.StringIO(start, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, quoting=quoting)
    next(reader)
    while True:
        row = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unread(part.name, row, "", f"the line cannot be taken apart ({error})")
            continue
        if not any(map(str.strip, cells)):
            continue
        if any(map(str.strip, cells[len(names) :])):
            yield Unread(part.name, row, cells[0][:_SHOWN], "has more cells than there are columns")
            continue
        yield Record(row, {n: c.strip() for n, c in zip(names, cells, strict=False)}, shown)


def header_of(part: Part, known: Collection[str]) -> frozenset[str]:
    """Return the names of the columns; of an empty file: none.

    Raises:
        InputError: the file is not in UTF-8.
    """
    start = text_of(part).lstrip("\r\n \t")
    return frozenset(map(normal, _header(part, start, known)[1])) if start else frozenset()


def need(part: Part, known: Collection[str], *needed: Collection[str]) -> None:
    """Make sure that a file has columns, of each group at least one.

    Raises:
        InputError: it has not; it tells which are missing.
    """
    found = header_of(part, known)
    missing = [" or ".join(sorted(group)) for group in needed if not found & set(group)]
    if missing:
        remedy = "export it with these columns; is it an export of that program?"
        raise part.refuse(f"has no column {', and none '.join(missing)}", remedy)


def normal(title: str) -> str:
    """Return the name of a column in small letters, its words parted by `_`."""
    return _SPACES.sub("_", title.strip().casefold()).strip("_")


def _header(part: Part, start: str, known: Collection[str]) -> tuple[str, list[str]]:
    """Return the delimiter, and the titles; a title that comes twice counts the first time."""
    best: tuple[int, str, list[str]] = (-1, ",", [])
    for delimiter in DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, strict=True)
            titles = [*next(rows, [])]
        except csv.Error:
            continue
        score = len({normal(one) for one in titles} & set(known))
        if score > best[0]:
            best = (score, delimiter, titles)
    if not best[2]:
        raise part.refuse("has no line that names its columns", "export it again")
    seen: set[str] = set()
    titles = []
    for place, title in enumerate(best[2]):
        name = normal(title)
        titles.append(f"column {place + 1}" if not name or name in seen else title.strip())
        seen.add(normal(titles[-1]))
    return best[1], titles
