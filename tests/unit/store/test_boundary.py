"""Checks that import-linter cannot make: a client of the store needs no import to be used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.places import ROOT

INSIDE = frozenset({"redis", "scripts"})
"""Of an open store, what only the modules of `mailer.store` may touch."""


def uses(source: str) -> Iterator[tuple[int, str]]:
    """Yield what is used of anything called a store: the line, and the name after the dot."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            of = node.value
            name = of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")
            if name.lstrip("_") == "store":
                yield node.lineno, node.attr


def modules(*folders: str) -> list[Path]:
    """List the modules of folders that are outside the store."""
    found = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in found if not file.is_relative_to(ROOT / "mailer" / "store")]


def named(file: Path) -> str:
    """Name a module in a test's id."""
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("store.redis.get('a')", ["redis"]),
        ("self._store.redis", ["redis"]),
        ("own.store.scripts.run('a', [], [])", ["scripts"]),
        ("restore.redis", []),
        ("mailer_store", []),
    ],
)
def test_uses_of_a_store_are_found(source: str, found: list[str]) -> None:
    """The tests below would pass if nothing were found."""
    assert [name for _, name in uses(source)] == found


@pytest.mark.parametrize("file", modules("mailer", "workers"), ids=named)
def test_no_module_above_the_store_speaks_to_its_server(file: Path) -> None:
    """The storage may change only if no module above it knows its form."""
    found = [one for one in uses(file.read_text(encoding="utf-8")) if one[1] in INSIDE]
    assert found == []


@pytest.mark.parametrize("file", modules("mailer/cli", "mailer/web", "mailer/inbound"), ids=named)
def test_front_ends_hand_the_store_on_and_ask_nothing_of_it(file: Path) -> None:
    """A front end that decides by itself differs from the next one."""
    assert list(uses(file.read_text(encoding="utf-8"))) == []
