"""Decides what each column of a file of readers is, and what a line says of its reader.

A column that says who may not be mailed is obeyed; one that sounds so and is not understood stops
the import, with what the secretariat can do about it (laws 7, 11 and 17).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

from mailer.domain.subscribers.column_names import (
    Family,
    Field,
    Sounds,
    family_of,
    field_of,
    is_about_another_thing,
    is_optional,
    same,
)
from mailer.domain.subscribers.column_values import Verdict, read
from mailer.errors import InputError, Problem
from mailer.services.subscriber_files.csv_cells import unguarded

OWN: Final = frozenset({"added", "source", "consent", "status"})
"""Columns of our own exports, all of which are there; `consent` tells how it came about."""
ADDED: Final = frozenset({"", "added", "source", "line", "reason"})
"""Columns that our own exports and reports add, and those without a name."""
MEANINGS: Final[dict[str, Field | Family]] = {
    **{one.value: one for one in Field},
    **{one.value: one for one in Family if not one.value.endswith("-why")},
}
"""The meanings that one may give to a column."""
FAMILIES: Final = frozenset(Family)
ATTRIBUTE: Final = "attribute:"
"""What a meaning begins with that is an attribute, whose name follows."""
NONE: Final = "-"
"""In a cell of tags or a name: whatever there was is taken away."""
_DEEPEST: Final = 8
"""Levels of a cell in JSON that are looked into."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The secretariat's words about a file's columns, where their names do not tell."""

    ignored: tuple[str, ...] = ()
    """Names of columns that are not to be looked at."""
    meant: Mapping[str, str] = field(default_factory=dict)
    """Name of a column -> one of `MEANINGS`, or `attribute:` and an attribute's name."""
    attributes: tuple[str, ...] = ()
    """Attributes that are declared: columns of their names hold their values."""


class OfAttribute(NamedTuple):
    """A column with the values of an attribute."""

    name: str


class Nothing(Enum):
    """Why a column is not imported."""

    KNOWN = "known"
    """It is about other things, as far as its name tells."""
    IGNORED = "ignored"
    """The secretariat says so."""
    OURS = "ours"
    """Our own exports and reports add it, and what it holds is not imported."""


Kind = Field | Family | Sounds | OfAttribute | Nothing
"""What a column is; `Sounds`: it may say who is not to be mailed, and must be decided on."""


class Said(NamedTuple):
    """A column that says who may be mailed."""

    name: str
    place: int
    family: Family
    optional: bool = False
    """True if an empty cell says nothing."""

    def verdict(self, cell: str) -> Verdict | None:
        """Return what a cell of it says; None: that cannot be told."""
        if self.optional and not cell:
            return Verdict.MAILED
        return read(self.family, cell)


class Finding(NamedTuple):
    """The finding about a reader in one cell."""

    column: str
    cell: str
    verdict: Verdict | None
    """None: that cannot be told."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The meanings of a file's columns."""

    header: tuple[str, ...]
    places: dict[Field, int]
    said: tuple[Said, ...]
    unknown: tuple[str, ...]
    """Names of columns that are about other things; they are not imported."""
    nested: tuple[tuple[str, int], ...]
    """Those among them, by name and place, that may hold facts in JSON, as in listmonk's files."""
    attributes: tuple[tuple[str, int], ...] = ()
    """Name of each attribute that the file has, and its place."""

    @property
    def recognised(self) -> int:
        """Return the number of known columns: the more, the likelier is the delimiter."""
        return len(self.places) + len(self.said) + len(self.attributes)

    def cell(self, cells: Sequence[str], column: Field) -> str:
        """Return a cell without the spaces around it; empty if the line or the file lacks it."""
        place = self.places.get(column)
        return _cell(cells, place) if place is not None else ""

    def name(self, cells: Sequence[str]) -> str:
        """Return the reader's whole name, put together where the file has it in parts."""
        parts = [self.cell(cells, one) for one in NAME_PARTS]
        return joined(self.cell(cells, Field.NAME), *parts)

    def values(self, cells: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each attribute that a line has, with what is written; empty: nothing is said."""
        for name, place in self.attributes:
            yield name, _cell(cells, place)

    def findings(self, cells: Sequence[str]) -> Iterator[Finding]:
        """Yield what each column that says who may be mailed says of a line's reader."""
        for one in self.said:
            cell = _cell(cells, one.place)
            yield Finding(one.name, cell, one.verdict(cell))
        for name, place in self.nested:
            yield from _nested_findings(name, _cell(cells, place))

    def described(self) -> list[tuple[str, str]]:
        """List what each known column is: its name in the file, and ours."""
        known = {place: column.value for column, place in self.places.items()}
        known |= {one.place: one.family.value for one in self.said}
        known |= {place: "attribute" for _, place in self.attributes}
        return [(self.header[place], known[place]) for place in sorted(known)]


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return what keeps a line's reader from being mailed; None: nothing does."""
    found: Finding | None = None
    for one in findings:
        if one.verdict is None or one.verdict is Verdict.MAILED:
            continue
        if found is None or found.verdict is None or one.verdict.weight < found.verdict.weight:
            found = one
    return found


NAME_PARTS: Final = (Field.FIRST, Field.PREFIX, Field.LAST, Field.SECOND_LAST)
"""Parts of a name, in the order in which they are joined."""


def joined(whole: str, first: str, prefix: str, last: str, second: str) -> str:
    """Put a name together: a whole one counts alone; beside one half it may be the other half.

    "Nom" beside "Prénom", "Name" beside "Vorname" is the last name, "Nombre" beside "Apellidos" the
    first; unless it holds the other half already.
    """
    first, prefix, last, second = (
        "" if one == NONE else one for one in (first, prefix, last, second)
    )
    family = " ".join(filter(None, (prefix, last, second)))
    if not whole or whole == NONE:
        return " ".join(filter(None, (first, family))) or whole
    half = first or family
    if bool(first) == bool(family) or _holds(whole, half):
        return whole
    return f"{first} {whole}" if first else f"{whole} {family}"


def _holds(whole: str, half: str) -> bool:
    return f" {half.casefold()} " in f" {whole.casefold()} "


def columns_of(place: str, header: Sequence[str], choices: Choices) -> Columns:
    """Decide what each column is.

    Args:
        place: names the line of the header, for messages.
        header: the names of the columns.
        choices: what the secretariat says of them.

    Raises:
        InputError: with all that is wrong: no column of addresses, one twice, one that sounds as if
            it said who may be mailed.
    """
    problems = list(_unknown_choices(place, header, choices))
    names = named(header)
    places: dict[Field, list[int]] = {}
    said, unknown, nested = [], [], []
    attributes: dict[str, int] = {}
    for at, (name, kind) in enumerate(zip(names, kinds(names, choices), strict=True)):
        if isinstance(kind, OfAttribute):
            attributes.setdefault(kind.name, at)
        elif isinstance(kind, Field):
            places.setdefault(kind, []).append(at)
        elif isinstance(kind, Family):
            said.append(Said(name, at, kind, is_optional(name, names)))
        elif isinstance(kind, Sounds):
            problems.append(_sounds(place, name, kind))
        elif kind is not Nothing.OURS:
            unknown.append(name)
            if kind is Nothing.KNOWN:
                nested.append((name, at))
    problems += _wrong(place, names, places)
    if problems:
        raise InputError(problems)
    first = {column: several[0] for column, several in places.items()}
    return Columns(
        tuple(header), first, tuple(said), tuple(unknown), tuple(nested), (*attributes.items(),)
    )


def named(header: Sequence[str]) -> list[str]:
    """Return the names of columns without what spreadsheet programs put around them."""
    return [name.strip().strip("\ufeff\"'").strip() for name in header]


def kinds(names: list[str], choices: Choices) -> Iterator[Kind]:
    """Tell what each column is, by its name and what the secretariat says of it."""
    ignored = {same(name) for name in choices.ignored}
    meant = {same(name): kind for name, kind in choices.meant.items()}
    own = {same(name) for name in names} >= OWN
    declared = {same(name): name for name in choices.attributes}
    for name in names:
        word = same(name)
        if word in meant:
            chosen = meant[word]
            attribute = chosen.removeprefix(ATTRIBUTE)
            known = MEANINGS.get(chosen, Nothing.KNOWN)
            yield OfAttribute(attribute) if attribute != chosen else known
        elif word in ignored:
            yield Nothing.IGNORED
        elif word in declared:
            yield OfAttribute(declared[word])
        elif own and word == "consent":
            yield Nothing.OURS
        else:
            other = Nothing.OURS if name.casefold() in ADDED else Nothing.KNOWN
            yield _kind(name, names) or other


def recognised(header: Sequence[str]) -> int:
    """Tell how many of a header's names are known, to find out what parts them."""
    return sum(
        bool(field_of(name)) or isinstance(family_of(name), Family) for name in header if name
    )


def _kind(name: str, names: list[str]) -> Field | Family | Sounds | None:
    if column := field_of(name):
        return column
    return None if is_about_another_thing(name, names) else family_of(name)


def _unknown_choices(place: str, header: Sequence[str], choices: Choices) -> Iterator[Problem]:
    there = {same(name) for name in header}
    for name in (*choices.ignored, *choices.meant):
        if same(name) not in there:
            columns = ", ".join(f'"{one}"' for one in header)
            yield Problem(
                place,
                f'there is no column "{name}"',
                f"the columns are {columns}",
                code="columns.unknown",
            )
    attributes = {f"{ATTRIBUTE}{name}" for name in choices.attributes}
    for name, meaning in choices.meant.items():
        if meaning not in MEANINGS and meaning not in attributes:
            said = f'the column "{name[:60]}" cannot be "{meaning[:60]}"'
            known = ", ".join([*MEANINGS, *sorted(attributes)])
            yield Problem(place, said, f"choose one of {known}", code="unknown_value")


def _sounds(place: str, name: str, sounds: Sounds) -> Problem:
    return Problem(
        place,
        f'the column "{name[:60]}" may say who is not to be mailed ("{sounds.stem}"), and is not'
        " understood",
        "say whether yes means there that mail is wanted, or that it is not; or that the column is"
        " about something else",
        code="columns.unclear",
        facts={"column": name},
    )


def _wrong(place: str, names: list[str], places: Mapping[Field, list[int]]) -> Iterator[Problem]:
    for column, several in places.items():
        if len(several) > 1:
            columns = " and ".join(f'"{names[at]}"' for at in several)
            text = f"the column {column} is there twice: {columns}"
            facts = {"columns": tuple(names[at] for at in several)}
            yield Problem(place, text, "remove one of them", code="columns.twice", facts=facts)
    if Field.ADDRESS not in places:
        text = 'there is no column "address"'
        if any("@" in name for name in names):
            text += "; this line seems to be a subscriber already"
        remedy = (
            "let the first line name the columns (address, language, topics, tags, name), parted by"
            " commas, semicolons, tabs or |"
        )
        yield Problem(place, text, remedy, code="columns.no_address")


def _cell(cells: Sequence[str], place: int) -> str:
    return unguarded(cells[place].strip()) if place < len(cells) else ""


def _nested_findings(column: str, cell: str) -> Iterator[Finding]:
    """Look into a cell that holds JSON: a name in it says what a column of that name would."""
    if cell[:1] not in {"{", "["}:
        return
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return
    for name, value in _pairs(found, "", _DEEPEST):
        kind = family_of(name)
        if isinstance(kind, Family):
            text = "" if value is None else str(value)
            yield Finding(f"{column}: {name}", text, read(kind, text))
        elif isinstance(kind, Sounds):
            yield Finding(f"{column}: {name}", str(value), None)


def _pairs(value: Any, above: str, levels: int) -> Iterator[tuple[str, Any]]:
    """Yield each name and its value; where the name says nothing, with the one above it."""
    if not levels:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            both = f"{above} {name}"
            use = both if family_of(name) is None and family_of(both) in FAMILIES else name
            if isinstance(inner, dict | list):
                yield from _pairs(inner, use, levels - 1)
            else:
                yield use, inner
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list):
                yield from _pairs(inner, above, levels - 1)
            elif above:
                yield above, inner
