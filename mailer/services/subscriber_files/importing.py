"""Imports a file of subscribers: law 6 (sends nothing) and law 7 (brings nobody back)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.events import Event
from mailer.domain.subscribers.address import Address, parse_address
from mailer.domain.subscribers.column_names import Field
from mailer.domain.subscribers.column_values import Verdict
from mailer.errors import InputError, StoreError
from mailer.services.access.acting import act
from mailer.services.subscriber_files import csv_cells
from mailer.services.subscriber_files import file as subscriber_file
from mailer.services.subscriber_files.cells import (
    Reading,
    check_consent,
    known_tags,
    left_alone,
)
from mailer.services.subscriber_files.columns import Choices, worst
from mailer.services.subscriber_files.file import Layout, Line
from mailer.services.subscriber_files.first_lines import FirstLines
from mailer.services.subscriber_files.private_file import private_file
from mailer.services.subscriber_files.wishes import Departures, Use, Wishes, reason_of
from mailer.store.server.connection import Store
from mailer.store.subscribers import rows as subscriber_rows
from mailer.store.subscribers.rows import Defaults, Put, Row

BATCH: Final = 1000
"""Lines committed together: few enough that others wait milliseconds, enough to be quick."""
SHOWN_REFUSALS: Final = 20
SOURCE: Final = "import"


class Refused(NamedTuple):
    """A line that was not imported, and why."""

    line: int
    address: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """The result of importing a file."""

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
    """The columns about other things than who may be mailed; they were left out."""
    columns: tuple[Use, ...] = ()
    """The meanings that the other columns were given."""
    not_mailed: Counter[Verdict] = field(default_factory=Counter)
    """Lines refused because the file says that their reader may not be mailed, by what it says."""
    taken_off: int = 0
    """Readers who were on our list, and are not because of the file."""
    still_mailed: int = 0
    """Readers who are on our list although the file tells that they left or cannot be reached."""

    @property
    def usable(self) -> int:
        """Return the number of lines that name somebody who is on the list now."""
        return self.added + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is imported."""

    dry_run: bool = False
    """Tell what would happen, and write nothing but the file of refused lines."""
    language: str = ""
    """The language of new subscribers whose line does not say; empty: the first language."""
    topics: str = ""
    """The topics of those whose line does not say; empty: the default topic."""
    refused_file: Path | None = None
    """Where refused lines are written; by default beside the file."""
    choices: Choices = field(default_factory=Choices)
    """The meaning of columns whose names do not say it."""
    take_off: bool = False
    """Take readers off our list of whom the file says that they left or complained elsewhere, that
    they are blocked, or that mail to them came back."""
    consent: str = ""
    """Where the readers' consent comes from, in the words of whoever answers for it."""


USUAL: Final = Options()


@act(
    "subscribers.import",
    "file",
    "options.dry_run",
    "options.language",
    "options.topics",
    "options.take_off",
    "options.consent",
)
def import_csv(
    store: Store,
    settings: Settings,
    clock: Clock,
    file: Path,
    options: Options = USUAL,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ImportReport:
    """Import a CSV file; readers on the list are updated, those who left stay as they are.

    Whoever may not be mailed, as the file says, is not put on the list. It may be run again.

    Args:
        store: the store.
        settings: which languages and topics there are.
        clock: for when it happened.
        file: the file; its first line names the columns.
        options: how it is imported.
        progress: told the bytes done and the bytes in all.

    Raises:
        InputError: the file as a whole, or an option, is not as it must be; nothing was done.
        StoreError: the store failed midway; the message tells how far it came.
    """
    check_consent(options.consent)
    reading, defaults = _reading(store, settings, options)
    wishes = Wishes()
    choices = replace(options.choices, attributes=tuple(settings.attributes))
    layout = subscriber_file.examine(file, choices, wishes)
    columns = layout.columns
    report = ImportReport(
        file, options.dry_run, unknown_columns=columns.unknown, columns=wishes.uses(columns)
    )
    gone = Departures(store, secret_key(settings), take_off=options.take_off, dry=options.dry_run)
    target = options.refused_file or file.with_suffix(f".refused{file.suffix or '.csv'}")
    with _RefusedFile(target, file, layout) as refused, ThreadPoolExecutor(1) as thread:
        run = _Run(
            store,
            settings,
            clock,
            report,
            layout,
            reading,
            defaults,
            refused,
            thread,
            wishes,
            gone,
            options.consent,
        )
        for line in subscriber_file.read(file, layout, lambda done: progress(done, layout.size)):
            run.take(line)
        run.commit()
        run.settle()
    if not options.dry_run:
        store.durable()
    report.refused_file = target if report.refused else None
    report.taken_off, report.still_mailed = gone.taken_off, gone.still_mailed
    return report


def _reading(store: Store, settings: Settings, options: Options) -> tuple[Reading, Defaults]:
    """Return what reads cells, and what a new subscriber has whose line does not say.

    Raises:
        InputError: a language or topic of the options cannot be.
    """
    reading = Reading(settings, known_tags(store))
    language = reading.language(options.language) or settings.languages[0]
    topics = reading.topics(options.topics) or settings.topics.default
    return reading, Defaults(language, topics, SOURCE)


class _RefusedFile:
    """Writes refused lines as they came, with their number and the reason, for mending."""

    def __init__(self, path: Path, source: Path, layout: Layout) -> None:
        if path.absolute() == source.absolute():
            raise InputError.of(
                str(path),
                "is the file to import",
                "choose another file for the refused lines",
                code="refused_file.same",
            )
        if not os.access(path.parent, os.W_OK | os.X_OK):
            text = "cannot be written, and refused lines must go somewhere"
            raise InputError.of(
                str(path),
                text,
                "choose a file elsewhere for them",
                code="refused_file.unwritable",
            )
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
            self._writer = csv_cells.writer(file, self._layout.delimiter)
            header = [*self._layout.columns.header, "line", "reason"]
            self._writer.writerow(map(csv_cells.guarded, header))
        missing = [""] * (len(self._layout.columns.header) - len(line.cells))
        cells = [*line.cells, *missing, str(line.number), reason]
        self._writer.writerow(map(csv_cells.guarded, cells))


@dataclass(slots=True)
class _Batch:
    """Lines that are committed together."""

    rows: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    """The lines that the rows came from."""
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
    wishes: Wishes
    gone: Departures
    consent: str
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
            **({"consent": self.consent} if self.consent else {}),
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
        except StoreError as error:
            raise StoreError(
                f"The store failed at line {batch.lines[0].number} ({error.said or error})."
                " The lines before it are imported; import the file again to do the rest."
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
                address = self.layout.columns.cell(line.cells, Field.ADDRESS)
                self.report.refusals.append(Refused(line.number, address, reason))
        self.report.refused += len(batch.refused)

    def _row(self, line: Line) -> Row:
        """Make a row of a line.

        Raises:
            InputError: the line is refused; it tells why.
        """
        columns, cells = self.layout.columns, line.cells
        if len(cells) > len(columns.header) and any(cells[len(columns.header) :]):
            count = len(columns.header)
            said = f"has more cells than the {count} columns"
            remedy = f'quote cells that hold "{self.layout.delimiter}"'
            raise InputError.of("", said, remedy, code="line.cells")
        address = parse_address(columns.cell(cells, Field.ADDRESS))
        self._refuse_unwanted(line, address)
        row = subscriber_rows.row(
            self.secret,
            address,
            language=self.reading.language(columns.cell(cells, Field.LANGUAGE)),
            topics=self.reading.topics(columns.cell(cells, Field.TOPICS)),
            tags=self.reading.tags(columns.cell(cells, Field.TAGS)),
            name=self.reading.name(columns.name(cells)),
            attributes=self.reading.attributes(columns.values(cells)),
        )
        first = self.seen.first(row.key, line.number)
        if first != line.number:
            said = f"is the same address as in line {first}, which counts"
            raise InputError.of("", said, code="line.twice", facts={"line": first})
        return row

    def _refuse_unwanted(self, line: Line, address: Address) -> None:
        """Obey what the file says of who may not be mailed, in this line or in another.

        Raises:
            InputError: the reader may not be mailed.
        """
        against = worst(self.layout.columns.findings(line.cells))
        if against and against.verdict:
            self.report.not_mailed[against.verdict] += 1
            self.gone.look(address, against.verdict, self.clock)
            raise InputError.of("", reason_of(against), code="line.not_wanted")
        if other := self.wishes.denied(address.key):
            said = f"line {other} says that this address may not be mailed"
            raise InputError.of("", said, code="line.not_wanted", facts={"line": other})


def _reason(error: InputError) -> str:
    """Say why a line is refused; its place is the line, whatever the field."""
    return "; ".join(str(replace(problem, place="")) for problem in error.problems)
