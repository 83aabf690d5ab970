"""Reads what a script says of itself in its first lines.

    -- What it is for.
    -- keys: campaign, due, retries*
    -- args: token, numbers
    --   numbers: packed (big-endian u32)
    -- answers: 1 if it did something, else 0
    -- fields: subscriber
    -- include: bits

The names of keys and arguments are locals of the script; one with an asterisk is a list of all that
are left. A list of names may go on in the next line, after a comma. Indented lines explain them.
`fields` names the tables of `mailer.store.fields` that the script uses. A piece that only others
include says what it `defines` in place of what it answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from mailer.store.fields import FIELDS

INCLUDE: Final = re.compile(r"^-- include: (\w+)$", re.MULTILINE)
_NAMES: Final = r"^-- {}: ((?:[^\n]*,\n-- +)*[^\n]*)$"
_FIELDS: Final = re.compile(_NAMES.format("fields"), re.MULTILINE)


class Names:
    """The names under which a script gets its values, in this order."""

    __slots__ = ("_count", "_pick", "rest", "single")

    def __init__(self, single: Sequence[str], rest: str = "") -> None:
        """Make the names.

        Args:
            single: of one value each.
            rest: of the list of what is left; empty: there is none.
        """
        self.single, self.rest = tuple(single), rest
        self._count = len(self.single) + bool(rest)
        self._pick = _picker(self.single)

    def bind(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """Put values in the order in which the server takes them.

        Raises:
            TypeError: a name is missing, or is none of ours; or the list is not one.
        """
        # Some scripts are called thousands of times a second: this takes about a microsecond.
        if len(given) != self._count:
            raise self._mismatch(given)
        try:
            bound = self._pick(given)
            return (*bound, *_listed(given[self.rest])) if self.rest else bound
        except KeyError:
            raise self._mismatch(given) from None

    def all(self) -> tuple[str, ...]:
        """Return all names."""
        return (*self.single, self.rest) if self.rest else self.single

    def locals(self, table: str) -> str:
        """Write them as locals of the script, from the server's table `KEYS` or `ARGV`."""
        lines = []
        if self.single:
            values = ", ".join(f"{table}[{place}]" for place in range(1, len(self.single) + 1))
            lines.append(f"local {', '.join(self.single)} = {values}")
        if self.rest:
            skipped = len(self.single)
            lines.append(
                f"local {self.rest} = {{}} for place = {skipped + 1}, #{table} do "
                f"{self.rest}[place - {skipped}] = {table}[place] end"
            )
        return " ".join(lines)

    def _mismatch(self, given: Mapping[str, Any]) -> TypeError:
        missing = sorted(set(self.all()) - given.keys())
        unknown = sorted(given.keys() - set(self.all()))
        return TypeError(f"missing: {', '.join(missing)}; not known: {', '.join(unknown)}")


def read_names(text: str, label: str) -> Names:
    """Read the names under `keys` or `args`; a script without that line takes none."""
    found = _listed_names(text, label)
    rest = found.pop().removesuffix("*") if found and found[-1].endswith("*") else ""
    return Names(tuple(found), rest)


def tables(text: str) -> str:
    """Write the tables of field names that a script uses, with what it includes, as locals."""
    names = dict.fromkeys(name for found in _FIELDS.finditer(text) for name in _split(found[1]))
    return " ".join(f"local {name.upper()} = {_table(name)}" for name in names)


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)  # the only one that is quick, but of one name it makes no tuple
    return lambda given: tuple(given[name] for name in names)


def _table(name: str) -> str:
    return "{" + ", ".join(f"{one.name.lower()} = '{one}'" for one in FIELDS[name]) + "}"


def _listed_names(text: str, label: str) -> list[str]:
    found = re.search(_NAMES.format(label), text, re.MULTILINE)
    return _split(found[1]) if found else []


def _split(listed: str) -> list[str]:
    return re.findall(r"\w+\*?", listed)


def _listed(values: Any) -> Sequence[Any]:
    if not isinstance(values, list | tuple):
        raise TypeError(f"a list is wanted, not {values!r}")
    return values
