"""The secretary's manual and the parser must agree."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

import pytest

from mailer.content.calendar_file import read_calendar
from mailer.content.parsing import document, markdown, personal
from mailer.content.parsing.containers import SHAPES
from mailer.content.parsing.manifest import read_manifest
from mailer.content.parsing.placeholders import KNOWN
from mailer.content.parsing.source import load_edition
from mailer.errors import Problem
from support.places import ROOT

MANUAL = (ROOT / "docs" / "editions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```(markdown|toml)\n(.*?)```", MANUAL, re.DOTALL)
EDITION = load_edition(ROOT / "tests" / "corpus" / "editions" / "autumn")

pytestmark = pytest.mark.docs


def test_every_block_and_option_has_an_example() -> None:
    """A feature that the manual does not show will not be used."""
    shown = "".join(text for kind, text in EXAMPLES if kind == "markdown")
    for name, shape in SHAPES.items():
        assert f"::: {name}" in shown
        assert all(f"\n{option}: " in shown for option in shape.options)


def test_every_placeholder_is_listed() -> None:
    """A placeholder that is not listed is guessed at."""
    assert set(re.findall(r"\| `\{\{ (\w+) \}\}` \|", MANUAL)) == KNOWN


@pytest.mark.parametrize("example", [text for kind, text in EXAMPLES if kind == "markdown"])
def test_every_example_works_as_it_stands(example: str) -> None:
    """Examples are copied; a wrong one spreads."""
    english = replace(EDITION.translations["en"], body=example)
    edition = replace(EDITION, translations={"en": english})
    assert document.read(edition, "en", {}).blocks


def test_the_bounds_of_conditions_are_those_of_the_code() -> None:
    """An author whose text is refused looks here for how much is allowed."""
    text = " ".join(MANUAL.split())
    assert f"more than {personal.MOST_TAGS:,} conditions and values" in text
    assert f"more than {personal.DEEPEST} conditions inside one another" in text
    assert f"{personal.LONGEST_TAG} characters or {personal.MOST_TOKENS} words and signs" in text
    assert f"may lie {markdown.DEEPEST} levels deep" in text


def test_the_examples_of_toml_are_read_without_complaint() -> None:
    """As above, for the files beside the texts."""
    problems: list[Problem] = []
    sheets = [text for kind, text in EXAMPLES if kind == "toml" and not text.startswith("+++")]
    manifest = next(text for text in sheets if text.startswith("slug"))
    calendar = next(text for text in sheets if text.startswith("[[entry]]"))
    read_manifest("edition.toml", manifest, problems)
    read_calendar("calendar.toml", calendar, problems)
    assert problems == []
    assert all(tomllib.loads(text) for text in sheets)
