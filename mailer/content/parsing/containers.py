"""Finds the `:::` containers of a translation, and says by line which are open, stray or unknown.

Done on lines, before Markdown: a container's fence that Markdown closed by itself at the end of
the file would hide the mistake that a secretary must see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from mailer.errors import Problem


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of Markdown between containers."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Container:
    """A container as written: its name, what follows the name, its options and what is in it."""

    name: str
    argument: str
    options: Mapping[str, str]
    parts: tuple[Part, ...]
    line: int


Part = Passage | Container


@dataclass(frozen=True, slots=True)
class Shape:
    """The contents that a kind of container may have."""

    options: tuple[str, ...] = ()
    argument: str = "title"
    """The text after the name: `title` (may be left out), `name`, `link`, or empty for nothing."""
    body: str = "blocks"
    """`blocks`, `text` (no containers inside), or empty for nothing."""
    top: bool = False
    """Whether it stands by itself only, never in another container or under a numbered heading."""


SHAPES: Final[Mapping[str, Shape]] = {
    "announcement": Shape(options=("entry",)),
    "box": Shape(),
    "button": Shape(argument="link", body="text"),
    "call": Shape(options=("deadline", "opened")),
    "contents": Shape(body="", top=True),
    "coordinator": Shape(top=True),
    "dates": Shape(body="text", top=True),
    "figure": Shape(options=("image", "alt", "width"), argument="", body="text"),
    "interview": Shape(),
    "members": Shape(argument="", body=""),
    "quote": Shape(argument="", body="text"),
    "standing": Shape(argument="name", body=""),
}

_FENCE: Final = re.compile(r" {0,3}(:{3,})[ \t]*(.*?)[ \t]*")
_OPTION: Final = re.compile(r"[ \t]*([a-z]+)[ \t]*:[ \t]*(.*?)[ \t]*")
_DEPTH: Final = 8


@dataclass(slots=True)
class _Open:
    """A container whose closing line has not been seen yet; the file itself is the outermost."""

    colons: int
    line: int
    name: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    text_line: int = 0

    def take(self, line: str, number: int) -> None:
        if not self.text:
            self.text_line = number
        self.text.append(line)

    def settle(self) -> None:
        if any(line.strip() for line in self.text):
            self.parts.append(Passage("\n".join(self.text), self.text_line))
        self.text = []

    def closed(self) -> Container:
        self.settle()
        return Container(self.name, self.argument, self.options, tuple(self.parts), self.line)


def split(text: str, first_line: int, file: str) -> tuple[tuple[Part, ...], list[Problem]]:
    """Split a text at its containers.

    Args:
        text: Markdown; lines end in a bare newline.
        first_line: the number of its first line in the file.
        file: its name, for messages.

    Returns:
        The passages and containers in order, and what is wrong, in order of lines.
    """
    reader = _Reader(file)
    for number, line in enumerate(text.split("\n"), first_line):
        reader.read(line, number)
    return reader.finish()


class _Reader:
    """Keeps the containers that are open while lines go by."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.open = [_Open(0, 0)]
        self.problems: list[Problem] = []
        self.heading_lines = False
        self.too_deep = False
        """True: nothing more is read, for whoever follows blocks goes as deep as they do."""

    def read(self, line: str, number: int) -> None:
        if self.too_deep:
            return
        fence = _FENCE.fullmatch(line)
        if fence is None:
            self._content(line, number)
        elif fence[2]:
            self._begin(len(fence[1]), fence[2], number)
        else:
            self._end(len(fence[1]), number)

    def finish(self) -> tuple[tuple[Part, ...], list[Problem]]:
        if self.too_deep:
            return (), self.problems
        while len(self.open) > 1:
            self._unclosed()
        root = self.open[0]
        root.settle()
        return tuple(root.parts), sorted(self.problems, key=_line_of)

    def _content(self, line: str, number: int) -> None:
        top = self.open[-1]
        if self.heading_lines and self._option(top, line, number):
            return
        top.take(line, number)

    def _option(self, top: _Open, line: str, number: int) -> bool:
        """Read an option line at a container's top; the first other line ends the options."""
        known = SHAPES[top.name].options if top.name in SHAPES else ()
        if known and not line.strip():
            self.heading_lines = not top.options
            return True
        match = _OPTION.fullmatch(line) if known else None
        if match is not None and match[1] in known:
            if match[1] in top.options:
                self._problem(
                    number,
                    f"the option {match[1]!r} stands twice",
                    "keep one of them",
                    code="edition.option_twice",
                )
            top.options[match[1]] = match[2]
            return True
        self.heading_lines = False
        if match is None or not (near := get_close_matches(match[1], known, 1)):
            return False
        self._problem(
            number,
            f"unknown option {match[1]!r}",
            f"did you mean {near[0]!r}?",
            code="edition.unknown_option",
        )
        self.heading_lines = True
        return True

    def _begin(self, colons: int, words: str, number: int) -> None:
        name, _, argument = words.partition(" ")
        self.heading_lines = True
        if name not in SHAPES:
            near = get_close_matches(name, SHAPES, 1)
            known = ", ".join(sorted(SHAPES))
            remedy = f"did you mean {near[0]!r}?" if near else f"the blocks are {known}"
            self._problem(number, f"unknown block {name!r}", remedy, code="edition.unknown_block")
        elif len(self.open) > _DEPTH:
            self._problem(
                number,
                "too many blocks inside one another",
                "close some with :::",
                code="edition.too_deep",
            )
            self.too_deep = True
        self.open[-1].settle()
        self.open.append(_Open(colons, number, name, argument.strip()))

    def _end(self, colons: int, number: int) -> None:
        self.heading_lines = False
        if all(container.colons != colons for container in self.open):
            if len(self.open) > 1:
                top = self.open[-1]
                self._problem(
                    number,
                    f"this line has {colons} colons, but {top.name!r} of line {top.line} "
                    f"was opened with {top.colons}",
                    f"close it with {':' * top.colons}",
                    code="edition.block_unclosed",
                )
                self._close()
            else:
                self._problem(
                    number,
                    "this line closes a block, but none is open",
                    "remove the line",
                    code="edition.block_unopened",
                )
            return
        while self.open[-1].colons != colons:
            self._unclosed()
        self._close()

    def _unclosed(self) -> None:
        top = self.open[-1]
        self._problem(
            top.line,
            f"the block {top.name!r} that begins here is never closed",
            f"end it with a line of {':' * top.colons}",
            code="edition.block_unclosed",
        )
        self._close()

    def _close(self) -> None:
        container = self.open.pop().closed()
        self.open[-1].parts.append(container)

    def _problem(self, number: int, text: str, remedy: str, *, code: str) -> None:
        self.problems.append(Problem(f"{self.file}:{number}", text, remedy, code=code))


def _line_of(problem: Problem) -> int:
    return int(problem.place.rpartition(":")[2])
