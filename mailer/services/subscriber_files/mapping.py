"""Proposes what the columns of a file are, for a person to agree to or to choose otherwise.

The rules are those of the import itself (`columns`), so that what is shown is what will be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from mailer.config import Settings
from mailer.domain.subscribers.column_names import Family, Field, Sounds
from mailer.errors import InputError, Problem
from mailer.services.subscriber_files import file as subscriber_file
from mailer.services.subscriber_files.columns import (
    ATTRIBUTE,
    MEANINGS,
    Choices,
    Nothing,
    OfAttribute,
    columns_of,
    kinds,
    named,
)
from mailer.services.subscriber_files.csv_cells import unguarded

SAMPLES: Final = 5
LONGEST_SAMPLE: Final = 60
"""Characters of a cell that are shown."""
LEFT_OUT: Final = ""
"""The meaning of a column that is not imported."""
UNDECIDED: Final = "?"
"""Chosen for a column on which nobody has decided."""
IGNORED: Final = "-"
"""Chosen for a column that sounds as if it said who may be mailed, and does not."""


class Proposed(NamedTuple):
    """A column, and what it is taken for."""

    name: str
    place: int
    """From 0."""
    meaning: str
    """A field (`address`, `language`, …), one of the meanings that say who may be mailed
    (`subscribed`, …), `attribute:` and its name, or empty: it is left out."""
    about_mailing: bool
    """Whether it says who may be mailed: leaving it out may mail people who left."""
    unclear: bool
    """Whether it sounds so and is not understood: nothing is imported until somebody decides."""
    samples: tuple[str, ...]
    """Its cells in the first records."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a file's columns are taken for."""

    columns: tuple[Proposed, ...]
    problems: Sequence[Problem]
    """What keeps the file from being imported so."""
    meanings: tuple[str, ...]
    """All that may be chosen for a column, but to leave it out."""


def proposed(settings: Settings, file: Path, choices: Choices | None = None) -> Mapping:
    """Look at the beginning of a file.

    Args:
        settings: the attributes that there are.
        file: a file of subscribers.
        choices: what was chosen for columns before.

    Raises:
        InputError: it is no file of lines in UTF-8.
    """
    choices = replace(choices or Choices(), attributes=tuple(settings.attributes))
    head = subscriber_file.head(file, SAMPLES)
    names = named(head.header)
    columns = []
    for place, (name, kind) in enumerate(zip(names, kinds(names, choices), strict=True)):
        samples = tuple(
            unguarded(record[place].strip())[:LONGEST_SAMPLE] if place < len(record) else ""
            for record in head.records
        )
        about = isinstance(kind, Family | Sounds)
        columns.append(
            Proposed(name, place, _meaning(kind), about, isinstance(kind, Sounds), samples)
        )
    problems: Sequence[Problem] = ()
    try:
        columns_of(file.name, head.header, choices)
    except InputError as error:
        problems = error.problems
    attributes = (f"{ATTRIBUTE}{name}" for name in settings.attributes)
    return Mapping(tuple(columns), problems, (*MEANINGS, *attributes))


def choices_of(columns: Sequence[Proposed], chosen: Sequence[str]) -> Choices:
    """Write down what a person chose for each column, in their order, as an import takes it.

    Args:
        columns: as they were proposed without choices.
        chosen: a meaning for each; empty: it is left out.

    Raises:
        InputError: a column that may say who is not to be mailed was not decided on.
    """
    ignored, meant = [], {}
    undecided = []
    for one, meaning in zip(columns, chosen, strict=True):
        if meaning == UNDECIDED or (one.unclear and not meaning):
            undecided.append(one.name)
        elif meaning == IGNORED:
            ignored.append(one.name)
        elif meaning and meaning != one.meaning:
            meant[one.name] = meaning
        elif not meaning and one.meaning:
            ignored.append(one.name)
    if undecided:
        raise InputError(
            [
                Problem(
                    name,
                    f'the column "{name[:60]}" may say who is not to be mailed',
                    "say what a yes means there, or that it is about something else",
                    code="columns.unclear",
                    facts={"column": name},
                )
                for name in undecided
            ]
        )
    return Choices(tuple(ignored), meant)


def _meaning(kind: Field | Family | Sounds | OfAttribute | Nothing) -> str:
    match kind:
        case Field() | Family():
            return kind.value
        case OfAttribute(name):
            return f"{ATTRIBUTE}{name}"
        case _:
            return LEFT_OUT
