"""Links between our documents lead somewhere, and every document is found from the index."""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from support.places import ROOT

pytestmark = pytest.mark.docs

INDEX: Final = ROOT / "docs" / "index.md"
PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
)
_FENCED: Final = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(r"`[^`\n]+`")
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MADE: Final = re.compile(r"/(?:xx|(?:test_)?about|(?:test_)?acme\.py|to_N\.py|vN\.json\.gz)\b")
"""The things that the guides tell their reader to make."""
_OUTSIDE: Final = re.compile(r"[a-z][a-z+.-]+:", re.IGNORECASE)


def links(page: Path) -> list[str]:
    """Return what a page links to within this repository."""
    text = _CODE.sub("`", _FENCED.sub("", page.read_text(encoding="utf-8")))
    return [link for link in _LINK.findall(text) if not _OUTSIDE.match(link)]


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return what may follow `#`: anchors that are written, and headings as forges name them."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", one).lower() for one in headings)
    made = (re.sub(r"[^\w\- ]", "", one).strip().replace(" ", "-") for one in plain)
    return frozenset([*made, *re.findall(r'<a id="([^"]+)"', text)])


def problems(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    wrong = []
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    """Otherwise the test below would be content with everything."""
    (tmp_path / "there.md").write_text("# What is it?\n\n```\n# not a heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#what-is-it) [c](https://example.org/x) `[d](none.md)`\n"
        "[e](none.md) [f](there.md#not-a-heading) [g](#nowhere)\n"
    )
    assert problems(page) == ["none.md", "there.md#not-a-heading", "#nowhere"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """A dead link sends a reader away with nothing."""
    assert problems(page) == []


def test_every_document_is_in_the_index() -> None:
    """A page that nothing leads to is written for nobody."""
    listed = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    missing = [page for page in PAGES if page != INDEX and page.resolve() not in listed]
    assert missing == []


GUIDES: Final = sorted((ROOT / "docs" / "how-to").glob("*.md"))
EACH_GUIDE: Final = pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)


def names_in(page: Path) -> set[str]:
    """Find the files of the repository that a guide names."""
    text = page.read_text(encoding="utf-8")
    return set(re.findall(r"(?<![/\w])(?:mailer|templates|tests|docs|deploy)/[\w./-]*\w", text))


def objects_in(page: Path) -> set[str]:
    """Find what a guide imports, or names by its module, as dotted names."""
    text = page.read_text(encoding="utf-8")
    found = set(re.findall(r"`(mailer(?:\.\w+)+)", text)) - {"mailer.toml"}
    for module, names in re.findall(
        r"^ *from ((?:mailer|support)[\w.]*) import (.+)$", text, re.MULTILINE
    ):
        found |= {f"{module}.{name.strip()}" for name in names.split(",")}
    for names, module in re.findall(r"^\| (`[^|]+) \| `(mailer[\w.]+)` \|$", text, re.MULTILINE):
        found |= {f"{module}.{name}" for name in re.findall(r"(?:^|, )`(\w+)", names)}
    return found


def test_most_guides_name_files() -> None:
    """The tests below are about nothing if they find none."""
    assert sum(bool(names_in(page)) for page in GUIDES) >= 6
    assert sum(bool(objects_in(page)) for page in GUIDES) >= 2


@EACH_GUIDE
def test_guides_name_files_that_exist(page: Path) -> None:
    """A reader who follows a guide to a file that has moved is lost at once."""
    named = names_in(page)
    examples = {name for name in named if _MADE.search(name)}
    assert [name for name in sorted(named - examples) if not (ROOT / name).exists()] == []


@EACH_GUIDE
def test_guides_import_what_is_there(page: Path) -> None:
    """Code that is copied from a guide must run as it stands."""
    missing = []
    for name in objects_in(page):
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError):
            missing.append(name)
    assert missing == []
