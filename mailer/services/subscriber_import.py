"""Imports a file of subscribers: law 6 (sends nothing) and law 7 (brings nobody back)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import redis

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.address import AddressError, parse_address
from mailer.domain.events import Event
from mailer.domain.subscriber import MOST_TAGS, Status, parse_name, parse_tag
from mailer.errors import InputError, Problem, StoreError
from mailer.services import subscriber_file
from mailer.services.first_lines import FirstLines
from mailer.services.private_file import private_file
from mailer.services.subscriber_file import Layout, Line
from mailer.store import keys, subscriber_rows, subscribers
from mailer.store.connection import Store
from mailer.store.subscriber_rows import Defaults, Put, Refusal, Row

BATCH: Final = 1000
"""Lines committed together: few enough that others wait milliseconds, enough to be quick."""
MOST_TAGS_IN_ALL: Final = 500
"""Each tag costs a bitmap; a column of something else, taken for tags, must not fill the store."""
SHOWN_REFUSALS: Final = 20
SOURCE: Final = "import"
NONE: Final = "-"
"""In a cell of tags or a name: whatever there was is taken away."""

LEFT_ALONE: Final = {
    Status.UNSUBSCRIBED.value: "unsubscribed on {date}; only the reader can come back",
    Status.SUSPENDED.value: "suspended on {date}, for mail came back; the reader must subscribe"
    " again",
    Status.COMPLAINED.value: "complained on {date}; must not be mailed again",
    "suppressed": "suppressed since {date}; must not be mailed again",
}


class Refused(NamedTuple):
    """A line that was not imported, and why."""

    line: int
    address: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What became of a file."""

    file: Path
    dry_run: bool
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[Refused] = field(default_factory=list)
    """The first twenty; all of them are in `refused_file`."""
    refused_file: Path | None = None
    unknown_columns: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """How many lines name somebody who is on the list now."""
        return self.added + self.updated + self.unchanged


def import_csv(
    store: Store,
    settings: Settings,
    clock: Clock,
    file: Path,
    *,
    dry_run: bool = False,
    language: str = "",
    topics: str = "",
    refused_file: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ImportReport:
    """Import a CSV file; who was on the list is updated, who left is left alone.

    It is safe to run again: after a crash, the second run does the rest.

    Args:
        store: the store.
        settings: which languages and topics there are.
        clock: for when it happened.
        file: the file; its first line names the columns.
        dry_run: tell what would happen, and write nothing but the file of refused lines.
        language: what new subscribers read whose line does not say; empty: the first language.
        topics: what they subscribe to; empty: the first topic.
        refused_file: where refused lines are written; by default beside the file.
        progress: told the bytes done and the bytes in all.

    Raises:
        InputError: the file as a whole, or an option, is not as it must be; nothing was done.
        StoreError: the store failed midway; the message tells how far it came.
    """
    reading = Reading(settings, known_tags(store))
    defaults = Defaults(
        reading.language(language) or settings.languages[0],
        reading.topics(topics) or settings.topics[0],
        SOURCE,
    )
    layout = subscriber_file.examine(file)
    report = ImportReport(file, dry_run, unknown_columns=layout.unknown)
    with ExitStack() as stack:
        target = refused_file or file.with_suffix(f".refused{file.suffix or '.csv'}")
        refused = stack.enter_context(_RefusedFile(target, file, layout))
        thread = stack.enter_context(ThreadPoolExecutor(1))
        run = _Run(store, settings, clock, report, layout, reading, defaults, refused, thread)
        for line in subscriber_file.read(file, layout, lambda done: progress(done, layout.size)):
            run.take(line)
        run.commit()
        run.settle()
    if not dry_run:
        store.durable()
    report.refused_file = target if report.refused else None
    return report


class Reading:
    """Reads cells by what the settings know; remembers what it read, for cells repeat."""

    def __init__(self, settings: Settings, tags: frozenset[str] = frozenset()) -> None:
        """Take the settings, and the tags that exist already."""
        self._languages = {code.casefold(): code for code in settings.languages}
        self._topics = settings.topics
        self._tags = set(tags)
        self.language = lru_cache(1024)(self._language)
        self.topics = lru_cache(1024)(self._words_of_topics)
        self.tags = lru_cache(1024)(self._words_of_tags)

    def name(self, cell: str) -> str:
        """Read a name. A hyphen alone: there is none."""
        try:
            return cell if cell == NONE else parse_name(cell)
        except ValueError as error:
            raise InputError(str(error)) from None

    def _language(self, cell: str) -> str:
        """Read a language's code; empty stays empty.

        Raises:
            InputError: it is not one of ours.
        """
        if not cell:
            return ""
        code = self._languages.get(cell.strip().replace("_", "-").casefold())
        if code is None:
            known = ", ".join(self._languages.values())
            raise InputError(f'the language "{cell[:60]}" is not one of {known}')
        return code

    def _words_of_topics(self, cell: str) -> str:
        """Read topics; returns them in order, parted by spaces."""
        found = {word.lower() for word in _split(cell)}
        if unknown := sorted(found.difference(self._topics)):
            known = ", ".join(self._topics)
            raise InputError(f'the topic "{unknown[0][:60]}" is not one of {known}')
        return " ".join(sorted(found))

    def _words_of_tags(self, cell: str) -> str:
        """Read tags; returns them in order, parted by spaces. A hyphen alone: there are none."""
        if cell == NONE:
            return cell
        try:
            found = {parse_tag(word) for word in _split(cell)}
        except ValueError as error:
            raise InputError(str(error)) from None
        if len(found) > MOST_TAGS:
            raise InputError(f"there are over {MOST_TAGS} tags; a subscriber needs few")
        if len(self._tags | found) > MOST_TAGS_IN_ALL:
            raise InputError(
                f"with these tags there would be over {MOST_TAGS_IN_ALL} in all;"
                " is the column really one of tags?"
            )
        self._tags |= found
        return " ".join(sorted(found))


class _RefusedFile:
    """Writes refused lines as they came, with their number and the reason, for mending."""

    def __init__(self, path: Path, source: Path, layout: Layout) -> None:
        if path.absolute() == source.absolute():
            raise InputError(
                [Problem(str(path), "is the file to import", "give --refused another one")]
            )
        if not os.access(path.parent, os.W_OK | os.X_OK):
            text = "cannot be written, and refused lines must go somewhere"
            raise InputError([Problem(str(path), text, "give --refused a file elsewhere")])
        self._path, self._layout = path, layout
        self._stack = ExitStack()
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, line: Line, reason: str) -> None:
        """Add a line; the file is made with the first one."""
        if self._writer is None:
            bom = "-sig" if self._layout.bom else ""
            file = self._stack.enter_context(private_file(self._path, f"utf-8{bom}"))
            self._writer = subscriber_file.writer(file, self._layout.delimiter)
            self._writer.writerow([*self._layout.header, "line", "reason"])
        missing = [""] * (len(self._layout.header) - len(line.cells))
        cells = [*line.cells, *missing, str(line.number), reason]
        self._writer.writerow(map(subscriber_file.guarded, cells))


@dataclass(slots=True)
class _Batch:
    """Lines that are committed together."""

    rows: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    """Where the rows came from."""
    refused: list[tuple[Line, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """One import under way: a batch is read while the store works on the one before."""

    store: Store
    settings: Settings
    clock: Clock
    report: ImportReport
    layout: Layout
    reading: Reading
    defaults: Defaults
    refused_file: _RefusedFile
    thread: Executor
    seen: FirstLines = field(default_factory=FirstLines)
    batch: _Batch = field(default_factory=_Batch)
    under_way: tuple[_Batch, Future[Put]] | None = None
    secret: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.secret = secret_key(self.settings)

    def take(self, line: Line) -> None:
        """Read a line into the batch, or refuse it; commits when the batch is full."""
        try:
            self.batch.rows.append(self._row(line))
            self.batch.lines.append(line)
        except InputError as error:
            self.batch.refused.append((line, _reason(error)))
        if len(self.batch.rows) + len(self.batch.refused) >= BATCH:
            self.commit()

    def commit(self) -> None:
        """Hand the batch to the store, once it is done with the one before."""
        self.settle()
        batch, self.batch = self.batch, _Batch()
        if not batch.rows:
            self._count(batch)
            return
        where = {
            "file": self.report.file.name,
            "lines": f"{batch.lines[0].number}-{batch.lines[-1].number}",
        }
        event = Event("subscribers.imported", self.clock.now(), where)
        self.under_way = (
            batch,
            self.thread.submit(
                subscriber_rows.put_batch,
                self.store,
                batch.rows,
                self.defaults,
                event,
                refused=len(batch.refused),
                dry=self.report.dry_run,
            ),
        )

    def settle(self) -> None:
        """Wait for the batch that the store works on, and count what became of it."""
        if self.under_way is None:
            return
        (batch, future), self.under_way = self.under_way, None
        try:
            put = future.result()
        except redis.RedisError as error:
            raise StoreError(
                f"The store failed at line {batch.lines[0].number} ({error}). The lines before it"
                " are imported; import the file again to do the rest."
            ) from error
        self.report.added += put.added
        self.report.updated += put.updated
        self.report.unchanged += put.unchanged
        batch.refused += [(batch.lines[left.row], left_alone(left)) for left in put.refused]
        self._count(batch)

    def _count(self, batch: _Batch) -> None:
        for line, reason in sorted(batch.refused):
            self.refused_file.write(line, reason)
            if len(self.report.refusals) < SHOWN_REFUSALS:
                address = self.layout.cell(line, "address")
                self.report.refusals.append(Refused(line.number, address, reason))
        self.report.refused += len(batch.refused)

    def _row(self, line: Line) -> Row:
        """Make a row of a line.

        Raises:
            InputError: the line is refused; it tells why.
        """
        cell = self.layout.cell
        if len(line.cells) > len(self.layout.header) and any(line.cells[len(self.layout.header) :]):
            count = len(self.layout.header)
            raise InputError(
                f"has more cells than the {count} columns; quote cells that hold"
                f' "{self.layout.delimiter}"'
            )
        address = parse_address(cell(line, "address"))
        status = cell(line, "status").lower()
        if status not in {"", Status.ACTIVE.value}:
            raise InputError(
                f'the file gives its status as "{status[:60]}"; only active'
                " subscribers are imported"
            )
        row = subscriber_rows.row(
            self.secret,
            address,
            language=self.reading.language(cell(line, "language")),
            topics=self.reading.topics(cell(line, "topics")),
            tags=self.reading.tags(cell(line, "tags")),
            name=self.reading.name(cell(line, "name")),
        )
        first = self.seen.first(row.key, line.number)
        if first != line.number:
            raise InputError(f"is the same address as in line {first}, which counts")
        return row


def left_alone(refusal: Refusal) -> str:
    """Tell in words why law 7 keeps a subscriber from being put on the list."""
    return LEFT_ALONE[refusal.why].format(date=refusal.since.date().isoformat())


def known_tags(store: Store) -> frozenset[str]:
    """Return the tags that subscribers carry."""
    return frozenset(subscribers.known(store, keys.TAGS))


def _reason(error: InputError) -> str:
    if isinstance(error, AddressError):
        return f"{error.reason}; {error.remedy}"
    return str(error)


def _split(cell: str) -> list[str]:
    return [word for word in re.split(r"[\s,;|]+", cell) if word]
