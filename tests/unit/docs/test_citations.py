"""Every law, case, decision and RFC that code, tests and documents cite is where it is said to be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Final

import pytest

from support.places import ROOT

pytestmark = pytest.mark.docs

DOCS: Final = ROOT / "docs"
FOLDERS: Final = ("docs", "mailer", "workers", "templates", "tests", "deploy")
ENDINGS: Final = frozenset({".py", ".md", ".lua", ".toml", ".j2", ".js", ".css", ".conf", ".sh"})
OTHERS: Final = ("corpus", "node_modules", "__pycache__")
"""Folders with words that others wrote."""
PAGES: Final = {"law": "laws.md", "case": "inbound-cases.md", "decision": "decisions.md"}

_NUMBERS: Final = r"(\d+(?:, \d+)*(?:,? (?:and|or|to) \d+)?)"
_CITED: Final = re.compile(rf"\b(law|case|decision)s? {_NUMBERS}(?![\d%])", re.IGNORECASE)
_RFC: Final = re.compile(r"\bRFCs? (\d+)((?:, \d{3,}(?![.\d]))*(?: and \d{3,}(?![.\d]))?)")
_SECTION: Final = r"\d+(?:\.\d+)*"
_SECTIONS: Final = re.compile(
    rf",? ?(?:sections? )?({_SECTION}(?:(?:, | and | to ){_SECTION}(?![\d-]))*)"
)
_CASE_OF_MATCH: Final = re.compile(r"^\s+case \d+( \| \d+)*:", re.MULTILINE)
_COMMENT: Final = re.compile(r"\s*\n\s*(?:#|--|//|\*)?\s*")


def written() -> Iterator[tuple[str, str]]:
    """Yield what we wrote: the file's name, and its text on one line without marks of comments."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*"))]
    for file in [*sorted(ROOT.glob("*.md")), *files]:
        parts = file.relative_to(ROOT).parts
        if file.suffix not in ENDINGS or any(other in parts for other in OTHERS):
            continue
        text = file.read_text(encoding="utf-8")
        yield "/".join(parts), _COMMENT.sub(" ", _CASE_OF_MATCH.sub("", text))


def numbers(said: str) -> set[int]:
    """Return the numbers of "7", "6, 7 and 9" or "1 to 4"."""
    found = [int(one) for one in re.findall(r"\d+", said)]
    if " to " in said:
        return {*found, *range(found[-2], found[-1] + 1)}
    return set(found)


def cited(text: str) -> set[tuple[str, int]]:
    """Return the laws, cases and decisions that a text cites."""
    found = _CITED.finditer(text)
    return {(one[1].lower(), number) for one in found for number in numbers(one[2])}


def rfcs(text: str) -> dict[int, set[str]]:
    """Return the RFCs that a text cites, each with the sections."""
    found: dict[int, set[str]] = defaultdict(set)
    for one in _RFC.finditer(text):
        for number in (int(one[1]), *map(int, re.findall(r"\d+", one[2]))):
            found[number] |= set()
        if not one[2] and (sections := _SECTIONS.match(text, one.end())):
            found[int(one[1])] |= set(re.split(r", | and | to ", sections[1]))
    return found


@cache
def anchors(page: str) -> list[int]:
    """Return the numbers of a page's anchors, in their order."""
    name = next(kind for kind, file in PAGES.items() if file == page)
    text = (DOCS / page).read_text(encoding="utf-8")
    return [int(one) for one in re.findall(rf'<a id="{name}-(\d+)"></a>', text)]


def rfc_rows() -> dict[int, set[str]]:
    """Return what the table of RFCs lists."""
    rows = re.findall(
        r"^\| (\d+) \| [^|]+ \| ([^|]*) \|$", (DOCS / "rfcs.md").read_text("utf-8"), re.MULTILINE
    )
    return {int(number): set(filter(None, said.strip().split(", "))) for number, said in rows}


def test_the_reader_of_citations_reads_the_ways_in_which_we_cite() -> None:
    """One that finds nothing would be content with everything."""
    assert cited("Laws 1 to 3, (case 7); cases 8, 9 and 11. decision 4") == {
        *(("law", number) for number in (1, 2, 3)),
        *(("case", number) for number in (7, 8, 9, 11)),
        ("decision", 4),
    }
    assert rfcs("RFC 5321 sections 2.3.8 and 4.1 (RFC 2369, 2919 and 8058), RFC 5322 3.6.4") == {
        5321: {"2.3.8", "4.1"},
        2369: set(),
        2919: set(),
        8058: set(),
        5322: {"3.6.4"},
    }


def test_laws_cases_and_decisions_are_numbered_without_a_gap() -> None:
    """A number that is given twice, or missing, makes its citations wrong."""
    for page in PAGES.values():
        assert anchors(page) == list(range(1, len(anchors(page)) + 1)), page
    assert len(anchors("inbound-cases.md")) == 74
    assert len(anchors("laws.md")) == 19


def test_every_citation_of_ours_leads_somewhere() -> None:
    """A successor who follows "law 3" must find it."""
    wrong = [
        f"{file}: {kind} {number}"
        for file, text in written()
        for kind, number in cited(text)
        if number not in anchors(PAGES[kind])
    ]
    assert wrong == []


def test_every_rfc_and_section_that_is_cited_is_in_the_table_and_no_other() -> None:
    """The table is what an auditor reads; the differences say which rows to change."""
    found: dict[int, set[str]] = defaultdict(set)
    for file, text in written():
        if file != "docs/rfcs.md" and not file.endswith("docs/test_citations.py"):
            for number, sections in rfcs(text).items():
                found[number] |= sections
    assert rfc_rows() == dict(found)


def test_the_tests_that_the_laws_name_exist() -> None:
    """A law whose test was renamed or removed is held by nothing that anybody can find."""
    tests = "\n".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests").rglob("test_*.py"))
    )
    defined = set(re.findall(r"^\s*(?:async )?def (test_\w+)", tests, re.MULTILINE))
    laws = (DOCS / "laws.md").read_text(encoding="utf-8").split("\n## Law ")[1:]
    for law in laws:
        named = set(re.findall(r"`(test_\w+)`", law))
        assert named, law
        assert named <= defined, named - defined


def test_each_decision_has_a_date_and_a_status() -> None:
    """A decision that holds no longer must say so, and name its successor."""
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    decisions = re.findall(r"^## (\d+)\. .+\n\n(\S+) · (.+)$", text, re.MULTILINE)
    assert [int(number) for number, _, _ in decisions] == anchors("decisions.md")
    dates = [date.fromisoformat(day) for _, day, _ in decisions]
    assert dates == sorted(dates)
    link = r"\[decision (\d+)\]\(#decision-\1\)"
    for number, _, status in decisions:
        assert re.match(rf"accepted\b|superseded by {link}$", status), number
