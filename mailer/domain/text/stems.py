"""What must stand in a text for a regular expression to be found there, read off its source.

A large alternation is slow because each of its words is tried at each letter. That some letters of
a word stand nowhere in a text is seen far sooner, and a word is only tried where all of them do.

    "not (?:yet )?(?:sent|reach)|bounced?"
        -> "not (?:yet )?(?:sent|reach)", which needs "not ", and one of "sent" and "reach"
        -> "bounced?", which needs "bounce"

Only what such lists are written with is understood: letters, escapes, classes, groups, looks ahead
and behind, and how often something stands. Anything else is refused, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"(?P<letter>\\[^\w\s]|\\ )"
    r"|(?P<edge>\\[bBAZ]|[\^$])"
    r"|(?P<other>\\[dDsSwW]|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[nrt]|\.|\[\^?\]?(?:[^\]\\]|\\.)*\])"
    r"|(?P<look>\(\?<?[=!])"
    r"|(?P<group>\((?:\?:|\?P<\w+>|(?!\?)))"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<repeat>(?:[*+?]|\{\d*(?:,\d*)?\})\??)"
    r"|(?P<text>[^\\\[\](){}|.^$*+?]+(?![*+?{])|[^\\\[\](){}|.^$*+?]|[\]}])",
    re.DOTALL,
)

Stems = tuple[str, ...]
Needs = tuple[Stems, ...]
"""Sets of stems, folded; of each set at least one must occur. An empty stem occurs in any text."""
_NOTHING: Final[Needs] = (("",),)


class Alternative(NamedTuple):
    """One of the expressions that an alternation is made of."""

    source: str
    needs: Needs
    """The set that tells most comes first."""


class _Item(NamedTuple):
    """Something that stands in an expression, with how often it does."""

    source: str
    text: str = ""
    """The letters that it is, if they are known."""
    branches: tuple[_Branch, ...] = ()
    """Of a group."""
    least: int = 1
    once: bool = True
    edge: bool = False
    """True if it takes no letter."""


_Branch = tuple[_Item, ...]


def folded(text: str) -> str:
    """Return a text in which letters are the same that an expression may take for the same."""
    if text.isascii():
        return text.lower()
    # These are one where case is ignored, though not when they are folded.
    return text.replace("ı", "i").replace("İ", "i").casefold()


def alternatives(source: str) -> list[Alternative]:
    """Take an expression apart: it is found where one of the returned ones is.

    Raises:
        ValueError: it is written with something that is not understood; a defect of ours.
    """
    return [
        Alternative("".join(item.source for item in branch), _needs(branch))
        for whole in _Reader(source).whole()
        for branch in _spread(whole)
    ]


def _spread(branch: _Branch) -> Iterator[_Branch]:
    """Yield one branch for each that a group at the beginning has."""
    for number, item in enumerate(branch):
        if item.branches and item.once:
            for inner in item.branches:
                yield from _spread(branch[:number] + inner + branch[number + 1 :])
            return
        if item.least and not item.edge:
            break
    yield branch


def _needs(branch: _Branch) -> Needs:
    """Gather the letters that stand together, and those of groups that cannot be left out."""
    found: list[Stems] = []
    text = ""
    for item in branch:
        if item.text and item.least:
            text += item.text
            if item.once:
                continue
        found.append((folded(text),))
        text = ""
        if item.branches and item.least:
            inner = dict.fromkeys(stem for one in item.branches for stem in _needs(one)[0])
            found.append(tuple(inner))
    found.append((folded(text),))
    telling = [one for one in dict.fromkeys(found) if all(one)]
    if len(telling) > 1:
        telling.sort(key=_vagueness)
    return tuple(telling) or _NOTHING


def _vagueness(stems: Stems) -> tuple[int, int]:
    return -min(map(len, stems)), len(stems)


class _Reader:
    """Reads the source of an expression."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._place = 0

    def whole(self) -> tuple[_Branch, ...]:
        branches = self._branches()
        if self._place < len(self._source):
            raise self._refusal()
        return branches

    def _branches(self) -> tuple[_Branch, ...]:
        """Read up to the end, or to what closes the group."""
        branches: list[_Branch] = []
        items: list[_Item] = []
        while (found := self._next()) and found.lastgroup != "close":
            kind, source = found.lastgroup, found[0]
            self._place = found.end()
            if kind == "bar":
                branches.append(tuple(items))
                items = []
            elif kind == "repeat":
                if not items or not items[-1].once:
                    raise self._refusal()
                items.append(_repeated(items.pop(), source))
            elif kind in {"group", "look"}:
                items.append(self._group(source, is_look=kind == "look"))
            elif kind in {"text", "letter"}:
                items.append(_Item(source, source[1:] if kind == "letter" else source))
            else:
                items.append(_Item(source, edge=kind == "edge"))
        return (*branches, tuple(items))

    def _next(self) -> re.Match[str] | None:
        if self._place == len(self._source):
            return None
        found = _TOKEN.match(self._source, self._place)
        if found is None:
            raise self._refusal()
        return found

    def _group(self, opened: str, *, is_look: bool) -> _Item:
        start = self._place
        inner = self._branches()
        if self._place == len(self._source):
            raise self._refusal()
        self._place += 1
        source = opened + self._source[start : self._place]
        return _Item(source, edge=True) if is_look else _Item(source, branches=inner)

    def _refusal(self) -> ValueError:
        return ValueError(
            f"not understood at {self._place}: {self._source[self._place : self._place + 20]!r}"
        )


def _repeated(item: _Item, how: str) -> _Item:
    fewest = re.match(r"\{(\d+)", how)
    least = int(fewest[1]) if fewest else int(how[0] == "+")
    return item._replace(source=item.source + how, least=least, once=False)
