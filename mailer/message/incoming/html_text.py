"""HTML as a person reads it: its text, line by line, in one pass over its tags."""

from __future__ import annotations

import html
import re
from typing import Final

_TAG: Final = re.compile(
    r"<!--|<(/?)([A-Za-z][A-Za-z0-9]*(?:[:-][A-Za-z0-9]+)*(?=[\s/>])|[!?])[^<>]*>"
)
"""Names of office programs have a colon (`o:p`), those that people make up a hyphen."""
_COMMENT_ENDS: Final = re.compile(r"--!?>")
_BREAKS: Final = frozenset(
    [
        "address",
        "blockquote",
        "br",
        "dd",
        "div",
        "dt",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
    ]
)
_UNSEEN: Final = frozenset({"head", "script", "style", "title"})
_RAW: Final = frozenset({"script", "style"})
"""Nothing in them is markup."""
_CELLS: Final = frozenset({"td", "th"})
_CELL: Final = "\x1f"
"""Stands at the edges of a cell until it is known whether its row is one line."""
_ADDRESS: Final = re.compile(r"<?[^\s@<>]{1,200}@[^\s@<>]{1,200}>?")
_LONGEST_ROW: Final = 300
_NO_SIGN: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9A-Fa-f]{7,});?")
"""A reference to a sign that there is not: Python refuses to read numbers of 4,301 digits."""
_QUOTES: Final = frozenset({"blockquote"})


def text_of_html(markup: str) -> str:
    """Return the text of an HTML document; quotations are marked with `> ` as in plain text.

    Any text will do; what is not HTML stays. Takes time in proportion to the length.
    """
    pieces: list[str] = []
    place, hidden, quoted = 0, "", 0
    while tag := _TAG.search(markup, place):
        if not hidden:
            pieces.append(_marked(markup[place : tag.start()], quoted))
        place = tag.end()
        if tag[2] is None:
            if hidden not in _RAW:
                place = _after_comment(markup, tag.start())
            continue
        closing, name = bool(tag[1]), tag[2].lower()
        hidden = _hidden(hidden, name, closing=closing)
        if name in _QUOTES:
            quoted = max(0, quoted - 1) if closing else quoted + 1
        if name in _BREAKS and not hidden:
            pieces.append("\n" + "> " * min(quoted, 1))
        if name in _CELLS and not hidden:
            pieces.append(_CELL)
    if not hidden:
        pieces.append(_marked(markup[place:], quoted))
    text = html.unescape(_NO_SIGN.sub("\ufffd", "".join(pieces)))
    if _CELL in text:
        text = "\n".join(_row(line) for line in text.split("\n"))
    return re.sub(r"[ \t\xa0]+", " ", text)


def _hidden(hidden: str, name: str, *, closing: bool) -> str:
    """Return which element hides what follows a tag; empty: it is seen."""
    if hidden:
        ends = name == hidden and closing
        # What is told of a head that nobody closed ends where the body begins.
        return "" if ends or (hidden not in _RAW and name == "body") else hidden
    return name if name in _UNSEEN and not closing else ""


def _after_comment(markup: str, start: int) -> int:
    """Return where a comment ends; one without an end hides all that follows, as in browsers."""
    found = _COMMENT_ENDS.search(markup, start + 2)
    return found.end() if found else len(markup)


def _row(line: str) -> str:
    """Put the cells of a row on one line if one holds an address: the others are about it."""
    if _CELL not in line:
        return line
    cells = [cell.strip() for cell in line.split(_CELL)]
    if len(line) <= _LONGEST_ROW and any(_ADDRESS.fullmatch(cell) for cell in cells):
        return " ".join(cell for cell in cells if cell)
    return line.replace(_CELL, "\n")


def _marked(text: str, quoted: int) -> str:
    """Join the lines of running text; an address in angle brackets is not a tag."""
    joined = " ".join(text.split("\n")) if text.strip() else " "
    return f"> {joined}" if quoted and joined.strip() else joined
