"""The page about incoming mail says what the code does."""

from __future__ import annotations

import re

import pytest

from mailer.domain.bounces.judge import SEVERITIES, judge
from mailer.domain.bounces.refusal_words import ABOUT_US
from mailer.domain.bounces.rules import CODE_RULES, TEXT_RULES
from mailer.domain.inbound.kinds import Kind, Severity
from support.places import ROOT

pytestmark = pytest.mark.docs
DOCS = (ROOT / "docs" / "bounces.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table whose first heading that is."""
    _, _, after = DOCS.partition(f"| {heading} |")
    lines = after.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_rules_is_that_of_the_code_in_its_order() -> None:
    """An author of a rule must see which comes first."""
    shown = [
        (about, reason, severity) for about, reason, severity, _ in rows("the words are about")
    ]
    assert shown == [(rule.name, rule.reason, SEVERITIES[rule.reason]) for rule in TEXT_RULES]


@pytest.mark.parametrize("row", rows("the words are about"), ids=lambda row: row[3])
def test_each_example_gets_the_reason_that_it_stands_for(row: list[str]) -> None:
    """An example that means something else misleads."""
    assert judge(row[3]) == (row[1], row[2])


def test_the_table_of_what_is_about_us_is_that_of_the_code() -> None:
    """A secretariat that is told of a refusal must find what it speaks of."""
    shown = [(about, reason) for about, reason, _ in rows("it speaks of")]
    assert shown == [(rule.name, rule.reason) for rule in ABOUT_US]


@pytest.mark.parametrize("row", rows("it speaks of"), ids=lambda row: row[2])
def test_each_example_of_what_is_about_us_counts_against_nobody(row: list[str]) -> None:
    """An example that means something else misleads."""
    assert judge(row[2]).severity is Severity.SENDER


def test_the_codes_are_those_of_the_code() -> None:
    """A secretariat that looks up a code must find what is done about it."""
    assert rows("code") == [[code, reason] for code, reason in CODE_RULES.items()]


def test_every_kind_and_severity_is_explained() -> None:
    """The word that a command shows is the word that is looked up."""
    assert [row[0] for row in rows("kind")] == [str(kind) for kind in Kind]
    assert [row[0] for row in rows("severity")] == [str(severity) for severity in Severity]


def test_the_keys_of_json_are_named() -> None:
    """Programs are written against this page."""
    named = re.search(r"the keys (`file`.*?);", DOCS, re.DOTALL)
    assert named
    assert re.findall(r"`(\w+)`", named[1]) == [
        "file",
        "kind",
        "command",
        "language",
        "bounces",
        "complaint",
    ]
