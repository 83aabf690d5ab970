"""Cells of the CSV files that we write and read: none that a spreadsheet program would run."""

from __future__ import annotations

import csv
import re
from typing import IO, Any, Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; `unguarded` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return a cell as it was before `guarded`, or before a spreadsheet program did the same."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text


def writer(file: IO[str], delimiter: str = ",") -> Any:
    """Return a CSV writer as used for all files that we write; guard the cells before."""
    return csv.writer(file, delimiter=delimiter, lineterminator="\n")
