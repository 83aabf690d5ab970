"""docs/security.md against the table in the code, and the links that lead to it."""

from __future__ import annotations

import re

import pytest

from mailer.domain.access.entitlement import RULES
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_the_page_says_who_may_cause_what_as_the_code_decides_it() -> None:
    """An operator judges by the page, the service by the table: they must be one."""
    head = "| what comes in | by what it names whom |"
    rows = PAGE[PAGE.index(head) :].split("\n\n", 1)[0].splitlines()[2:]
    assert rows == [rule.row() for rule in RULES]


@pytest.mark.parametrize("page", ["docs/security.md", "SECURITY.md"])
def test_what_the_pages_lead_to_is_there(page: str) -> None:
    """A reporter of a vulnerability must not end at a dead link."""
    file = ROOT / page
    for link in re.findall(r"\]\(([^)#]+)", file.read_text(encoding="utf-8")):
        assert (file.parent / link).is_file(), link


def test_the_pages_are_found_from_the_readme_and_hold_no_address() -> None:
    """An address of a person would be wrong tomorrow, and one of ours there is none."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/security.md" in readme
    assert "SECURITY.md" in readme
    text = PAGE + (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text) == []
