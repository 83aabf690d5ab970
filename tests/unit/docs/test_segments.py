"""Every rule that the page about segments shows can be read, and every bound that it tells is true."""

from __future__ import annotations

import re
import tomllib
from typing import Final

import pytest

from mailer.config import Settings
from mailer.domain.segments import expansion
from mailer.domain.segments.parsing import parse
from mailer.domain.segments.printing import KEYWORDS, printed
from mailer.domain.segments.rule import (
    DEEPEST,
    LONGEST,
    MOST_AMONG,
    MOST_TERMS,
    Any,
    Compared,
    Not,
    Operator,
    terms,
)
from mailer.domain.segments.validation import problems
from mailer.domain.subscribers.attributes import DIGITS, MOST_ATTRIBUTES, MOST_CHOICES, Kind
from mailer.store.segments import definitions
from support.places import ROOT
from support.samples.rules import KNOWN

pytestmark = pytest.mark.docs

PAGE: Final = (ROOT / "docs" / "segments.md").read_text(encoding="utf-8")
TABLE: Final = re.findall(
    r"^\| `([^`]+)` \| [a-z]", PAGE.partition("## Attributes")[0], re.MULTILINE
)
BLOCKS: Final = re.findall(r"^```rule\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES: Final = [line for block in BLOCKS for line in block.splitlines()]
QUOTED: Final = re.findall(r"(?:--to|define \S+|preview) '([^']+)'", PAGE)


@pytest.mark.parametrize("rule", [*TABLE, *LINES, *QUOTED])
def test_each_example_can_be_read(rule: str) -> None:
    """Whoever copies an example must not be told that it is wrong."""
    assert parse(printed(parse(rule))) == parse(rule)


def test_the_examples_show_each_subject_and_operator() -> None:
    """What is not shown is not used."""
    text = " ".join([*TABLE, *LINES])
    assert [word for word in KEYWORDS if not re.search(rf"\b{word}\b", text)] == []
    found = [term for rule in TABLE for term in terms(parse(rule))]
    shown = {term.operator for term in found if isinstance(term, Compared)}
    assert shown >= {Operator.EQUAL, Operator.OTHER, Operator.AMONG, Operator.AT_LEAST}


def test_examples_mean_what_the_page_says() -> None:
    """It explains how `and`, `or` and `not` bind."""
    assert isinstance(parse(LINES[1]), Any)
    assert isinstance(parse(LINES[3]), Not)


def test_bounds_are_those_of_the_code() -> None:
    """A rule that fits the page must fit the service."""
    for bound in (
        f"{LONGEST:,} characters, {MOST_TERMS} terms and {DEEPEST} brackets",
        f"`in` up to {MOST_AMONG} values",
        f"may have {expansion.MOST_TERMS} terms",
        f"may be {definitions.MOST} segments",
        f"may be {MOST_ATTRIBUTES} attributes",
        f"up to {MOST_CHOICES} |",
        f"{DIGITS[Kind.TEXT]}-bit digest",
    ):
        assert bound in PAGE.replace("\n", " "), bound
    assert "up to five segments may speak" in PAGE.replace("\n", " ")
    assert expansion.DEEPEST_NAMES == 5


def test_the_declarations_can_be_read() -> None:
    """They are copied into a mailer.toml as they stand."""
    block = re.search(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    declared = Settings(**tomllib.loads(block[1])).attributes
    assert {one.kind for one in declared.values()} == {*Kind}


def test_the_complaint_shown_is_the_code_s() -> None:
    """A message on the page is looked for word for word."""
    (problem,) = problems(parse("topic:buletin"), KNOWN)
    assert str(problem) in PAGE
