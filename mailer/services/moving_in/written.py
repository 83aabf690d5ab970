"""Writes down what became of each row of an export."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from mailer.services.moving_in.report import Ended
from mailer.services.subscriber_files import csv_cells
from mailer.services.subscriber_files.private_file import private_file

COLUMNS: Final = ("file", "row", "address", "outcome", "reason")


class RowsFile:
    """A CSV file that only its owner can read, there as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path, self._stack = path, ExitStack()
        self._writer: Any = None

    def __enter__(self) -> Self:
        """Begin the file.

        Raises:
            InputError: it cannot be written there.
        """
        self._writer = csv_cells.writer(self._stack.enter_context(private_file(self._path)))
        self._writer.writerow(COLUMNS)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]  # as Python calls it

    def write(self, ended: Ended) -> None:
        """Add a row."""
        place, outcome, reason = ended
        cells = (place.file, str(place.row), place.written, outcome.value, reason)
        self._writer.writerow(map(csv_cells.guarded, cells))
