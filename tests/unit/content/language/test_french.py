"""French as it is set in print: the apostrophe, the guillemets, and the spaces that do not break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer.content.language.locale_files import TEMPLATES, read_table

FOLDER = TEMPLATES / "locale" / "fr"
FILES = sorted(file for file in FOLDER.rglob("*.toml") if file.name != "commands.toml")
"""All but the words that readers may write in a command, as keyboards give them."""
TYPED = {"words.yes", "words.no", "words.subscribe"}
"""What a reader writes in a reply, in `service.toml`."""
THIN, WIDE = "\u202f", "\u00a0"
WRONG = {
    "a straight apostrophe": re.compile("'"),
    "no narrow space before ; ! ?": re.compile(rf"(?:[^\S{THIN}]|[^\s«(\"?!;])[;!?](?!\w)"),
    "no space that does not break before :": re.compile(rf"(?:[^\S{WIDE}])(?::)|\w:(?=\s|$)"),
    "no space that does not break within « »": re.compile(f"«[^{WIDE}]|[^{WIDE}]»|«$|^»"),
    "straight or English quotation marks": re.compile('["“”]'),
    "dots for an ellipsis": re.compile(r"\.\.\."),
}
CODE = re.compile(r"https?://\S*|smtps://|mailto:|mode: \w+|rua=\S+|[a-z0-9_]+=\S*|\{\w+\}")
"""What is not French."""


def texts(table: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of a file with their keys."""
    if isinstance(table, dict):
        for name, value in table.items():
            yield from texts(value, f"{key}.{name}".lstrip("."))
    elif isinstance(table, list):
        for value in table:
            yield from texts(value, key)
    elif isinstance(table, str) and key not in TYPED:
        yield key, table


def flaws(text: str) -> set[str]:
    """Name what is wrong with the setting of a text."""
    text = CODE.sub("X", text)
    return {name for name, pattern in WRONG.items() if pattern.search(text)}


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(FOLDER)) for file in FILES])
def test_texts_are_set_as_in_print(file: Path) -> None:
    """A line that begins with a colon, or a straight apostrophe, looks like a machine's French."""
    found = {key: flaws(text) for key, text in texts(read_table(file)) if flaws(text)}
    assert not found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("L'envoi", "a straight apostrophe"),
        ("Sûr ?", "no narrow space before ; ! ?"),
        ("Sûr?", "no narrow space before ; ! ?"),
        ("un ; deux", "no narrow space before ; ! ?"),
        ("Adresse : {a}", "no space that does not break before :"),
        (f"Adresse{THIN}: {{a}}", "no space that does not break before :"),
        ("Adresse: {a}", "no space that does not break before :"),
        ("« mot »", "no space that does not break within « »"),
        ("«mot»", "no space that does not break within « »"),
        ("“mot”", "straight or English quotation marks"),
        ("Annuler...", "dots for an ellipsis"),
    ],
)
def test_each_flaw_is_found(text: str, wrong: str) -> None:
    """The test above would pass if it found nothing."""
    assert wrong in flaws(text)


def test_good_french_passes() -> None:
    """Addresses and code within it keep their colons."""
    good = f"«{WIDE}{{name}}{WIDE}»{WIDE}: l’édition part{THIN}; allez à https://example.org{THIN}!"
    assert not flaws(good)
