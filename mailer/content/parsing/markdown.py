"""The Markdown of an edition: CommonMark without what a bulletin has no use for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from mailer.content.parsing import blocks as b
from mailer.content.parsing.inline import joined, spans_of
from mailer.content.rendering.rendered import SLOT_OPEN

_NO_MARKDOWN: Final = ("code", "fence", "html_block", "lheading", "html_inline", "backticks")
"""Rules that a bulletin has no use for, and that surprise: an indented line is no code."""


class _Markdown(MarkdownIt):
    """CommonMark that keeps links as they were written: preflight judges them, not the parser."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.disable(list(_NO_MARKDOWN))

    def validateLink(self, url: str) -> bool:  # noqa: N802 (the parser's name for it)
        del url
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 (the parser's name for it)
        return url if SLOT_OPEN in url else super().normalizeLink(url)


_MARKDOWN: Final = _Markdown()


DEEPEST: Final = 12
"""Levels of quotations, lists, their items, emphasis and links inside one another."""


class NestedError(Exception):
    """A text has more levels inside one another than a reader could follow, or a program."""

    def __init__(self, line: int) -> None:
        """Note the line, counted from 0."""
        super().__init__(f"too many levels in line {line}")
        self.line = line


def references_of(text: str) -> dict[str, Any]:
    """Collect the link references of a whole file, because its passages are parsed one by one."""
    found: dict[str, Any] = {}
    _MARKDOWN.parse(text, found)
    return {"references": found.get("references", {})}


def parse(text: str, references: dict[str, Any]) -> list[SyntaxTreeNode]:
    """Parse a passage into its outermost nodes.

    Raises:
        NestedError: what it holds lies too deep: the parser would leave it out without a word.
    """
    tokens = _MARKDOWN.parse(text, references)
    line = 0
    for token in tokens:
        line = token.map[0] if token.map else line
        levels = (inner.level for inner in token.children or ())
        if max(token.level, *levels, 0) > DEEPEST:
            raise NestedError(line)
    return SyntaxTreeNode(tokens).children


def tokens_of(node: SyntaxTreeNode) -> list[Token]:
    """Return what stands inside a heading or paragraph."""
    inline = node.children[0].token if node.children else None
    return (inline and inline.children) or []


def read_inline(text: str, constants: Mapping[str, str]) -> b.Inline:
    """Parse one line of Markdown by itself, such as a title; images in it are left out."""
    tokens = _MARKDOWN.parseInline(text)
    words = [token for token in tokens[0].children or [] if token.type != "image"]
    return joined(spans_of(words, constants))


_TURN: Final = re.compile(r"([QA])[ \u00a0\u202f]?:[ \u00a0\u202f]*")


def turns(inline: b.Inline, line: int) -> list[b.Block]:
    """Split an interview's paragraph where a line begins with `Q:` or `A:`."""
    runs: list[list[b.Span]] = [[]]
    for span in inline:
        fresh = not runs[-1] or runs[-1][-1].text == "\n"
        if fresh and runs[-1] and _TURN.match(span.text):
            runs.append([])
        runs[-1].append(span)
    return [_turn(joined(tuple(run)), line) for run in runs if run]


def _turn(inline: b.Inline, line: int) -> b.Block:
    first, rest = inline[0], inline[1:]
    match = _TURN.match(first.text)
    if match is None:
        return b.Paragraph(line=line, inline=inline)
    start = replace(first, text=first.text[match.end() :])
    spoken = (start, *rest) if start.text else rest
    return b.Turn(line=line, question=match[1] == "Q", inline=spoken)
