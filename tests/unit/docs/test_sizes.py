"""The code keeps the sizes that CONTRIBUTING.md promises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.places import ROOT

pytestmark = pytest.mark.docs

LONGEST_MODULE: Final = 400
LONGEST_FUNCTION: Final = 60
MODULES: Final = sorted([*(ROOT / "mailer").rglob("*.py"), *(ROOT / "workers").rglob("*.py")])


def too_long(source: str) -> Iterator[str]:
    """Name what is longer than it may be, with its lines."""
    if (lines := len(source.splitlines())) > LONGEST_MODULE:
        yield f"the module: {lines}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.name}: {lines}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("\n" * 400, []),
        ("\n" * 401, ["the module: 401"]),
        ("def f():\n" + "    a()\n" * 59, []),
        ("class C:\n    async def f():\n" + "        a()\n" * 60, ["f: 61"]),
    ],
    ids=["a module", "a long module", "a function", "a long method"],
)
def test_what_is_too_long_is_found(source: str, found: list[str]) -> None:
    """The test below would pass if nothing were found."""
    assert list(too_long(source)) == found


def test_modules_and_functions_stay_as_short_as_promised() -> None:
    """Nobody reads as a whole what does not fit on a few screens."""

    def named(file: Path) -> str:
        return str(file.relative_to(ROOT))

    assert len(MODULES) > 300
    long = {named(file): list(too_long(file.read_text(encoding="utf-8"))) for file in MODULES}
    assert {name: found for name, found in long.items() if found} == {}


def test_the_sizes_are_those_that_contributors_are_told() -> None:
    """A rule that is tested otherwise than written is found out after the work."""
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(r"under (\d+) lines and functions\s+under (\d+)", told)
    assert found
    assert (int(found[1]), int(found[2])) == (LONGEST_MODULE, LONGEST_FUNCTION)
