"""Reads Markdown files with front matter: as UTF-8, and without what no mail should carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mailer.content.parsing.manifest import Sheet, unsuitable
from mailer.errors import Problem

_FRONT: Final = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class TextFiles:
    """Some files, and what is wrong with those that were read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Read from files, given by name."""
        self.files = files
        self.problems: list[Problem] = []

    def text(self, name: str) -> str:
        """Decode a text file; what is not there, or cannot be used, is empty."""
        data = self.files.get(name, b"")
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            remedy = "save it as UTF-8 in your editor (“Save as…”, encoding UTF-8)"
            self.problems.append(
                Problem(f"{name}:{line}", "the file is not UTF-8", remedy, code="file.not_utf8")
            )
            return ""
        for number, line_text in enumerate(text.split("\n"), 1):
            if bad := unsuitable(line_text, lines=True):
                self.problems.append(
                    Problem(f"{name}:{number}", f"holds {bad}", "remove it", code="bad_text")
                )
                return ""
        return text

    def front(self, name: str) -> tuple[Sheet, str, int] | None:
        """Split a file at its front matter: its sheet, the body, and the body's first line."""
        before = len(self.problems)
        text = self.text(name)
        if len(self.problems) > before:
            return None
        start = len(text) - len(text.lstrip())
        match = _FRONT.match(text, start)
        if match is None:
            opened = text[start:].startswith("+++")
            said = "the front matter is never closed" if opened else "there is no front matter"
            remedy = 'begin with a line of +++, then title = "…", then a line of +++'
            self.problems.append(Problem(f"{name}:1", said, remedy, code="edition.front_matter"))
            return None
        offset = text[:start].count("\n") + 1
        sheet = Sheet(name, match[1], self.problems, offset=offset)
        if len(self.problems) > before:
            return None
        return sheet, text[match.end() :], text[: match.end()].count("\n") + 1
