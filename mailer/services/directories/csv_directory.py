"""A directory as a CSV file, that another program writes again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailer.domain.subscribers.column_names import Field
from mailer.services.directories.people import Entry
from mailer.services.subscriber_files import file as subscriber_file
from mailer.services.subscriber_files.columns import Choices, worst
from mailer.services.subscriber_files.wishes import Wishes, reason_of


def entries(path: Path) -> Iterator[Entry]:
    """Yield the people of a file, as an import would understand it.

    A column that says who may not be mailed is obeyed, here too.

    Raises:
        InputError: the file as a whole cannot be used; nothing is to be done then.
    """
    layout = subscriber_file.examine(path, Choices(), Wishes())
    columns = layout.columns
    for line in subscriber_file.read(path, layout):
        found = worst(columns.findings(line.cells))
        values = {
            "address": (columns.cell(line.cells, Field.ADDRESS),),
            "language": (columns.cell(line.cells, Field.LANGUAGE),),
            "topics": (columns.cell(line.cells, Field.TOPICS),),
            "tags": (columns.cell(line.cells, Field.TAGS),),
            "name": (columns.name(line.cells),),
        }
        against = reason_of(found) if found else ""
        yield Entry(f"{path.name}, line {line.number}", values, against)
