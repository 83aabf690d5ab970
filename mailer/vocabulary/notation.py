"""The notation in which phrases are written down, so that nobody needs regular expressions.

    unbekannt             the whole word
    unbekannt*            a word that begins so; `*` at the front: one that ends so
    fail+                 the same, with one letter at least
    nicht (da|bekannt)    either
    (sehr )?geehrte       with or without
    bin {6 words}krank    up to six words between
    mailbox{40 letters}   up to forty letters between; or `{40 in sentence}`, without a full stop,
                          or `{40 in clause}`, without a full stop or semicolon

Scripts that leave no blanks between words know no whole words: there a phrase stands anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"\{(?P<most>\d+) (?P<what>words|plain words|letters|in sentence|in clause)\}"
    r"|(?P<open>\()|(?P<close>\)\??)|(?P<bar>\|)|(?P<star>\*)|(?P<plus>\+)"
    r"|(?P<maybe>[^\\{}()|*+?\[\]^$]\?)|(?P<text>(?:[^\\{}()|*+?\[\]^$](?!\?))+)",
)
_GAPS: Final = {
    "words": r"(?:\S+ ){{0,{}}}",
    "plain words": r"(?:\w+ ){{0,{}}}",
    "letters": ".{{0,{}}}",
    "in sentence": "[^.]{{0,{}}}",
    "in clause": "[^.;]{{0,{}}}",
}
_ESCAPES: Final = {ord("."): r"\."}
_ALONE: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Letters of scripts without blanks: Thai, Lao, Burmese, Khmer, Chinese, Japanese, and Korean,
whose particles stick to its words."""

Stems = tuple[str, ...]
Needs = tuple[Stems, ...]
"""Sets of stems; of each set at least one must stand in a text for a phrase to be found there."""


class Expression(NamedTuple):
    """The expression by which a phrase is found."""

    source: str
    """A regular expression."""
    needs: Needs
    """Folded; the set that tells most comes first. Empty if nothing is needed."""


class _Sequence(NamedTuple):
    """The reading of one branch of a phrase."""

    source: str
    runs: Needs
    """The words of which one must be there, for each of these."""


def folded(text: str) -> str:
    """Return a text in which letters are the same that an expression may take for the same."""
    if text.isascii():
        return text.lower()
    # These are one where case is ignored, though not when they are folded.
    return text.replace("ı", "i").replace("İ", "i").casefold()


def read_phrase(phrase: str) -> Expression:
    """Make an expression of a phrase.

    Raises:
        ValueError: it is not written in the notation; says where.
    """
    inner = phrase.removeprefix("*").removesuffix("*")
    tokens = list(_tokens(inner))
    sequences, rest = _branches(tokens, 0)
    if rest < len(tokens):
        raise ValueError(f"{phrase!r} closes a bracket that is not open")
    if len(sequences) > 1:
        raise ValueError(f"{phrase!r} has `|` outside of brackets: write two phrases")
    (read,) = sequences
    front = "" if phrase.startswith("*") else _edge(inner.lstrip("(")[:1])
    back = r"\w*" if phrase.endswith("*") else _edge(inner.rstrip(")?")[-1:])
    return Expression(f"{front}{read.source}{back}", by_telling(read.runs))


def by_telling(runs: Needs) -> Needs:
    """Put the set of stems first that fewest texts have."""
    telling = [run for run in dict.fromkeys(runs) if run and all(run)]
    return tuple(sorted(telling, key=lambda run: (-min(map(len, run)), len(run))))


def _edge(letter: str) -> str:
    """Return what stands for the end of a word there."""
    ends = letter == "+" or ((letter.isalnum() or letter == "_") and not _ALONE.match(letter))
    return r"\b" if ends else ""


def _tokens(phrase: str) -> Iterator[re.Match[str]]:
    place = 0
    while place < len(phrase):
        found = _TOKEN.match(phrase, place)
        if found is None:
            raise ValueError(f"{phrase!r} is not understood from {phrase[place:]!r} on")
        yield found
        place = found.end()


def _branches(tokens: list[re.Match[str]], place: int) -> tuple[list[_Sequence], int]:
    """Read what stands between brackets, up to the one that closes them or to the end."""
    done: list[_Sequence] = []
    source, text = "", ""
    runs: list[Stems] = []
    while place < len(tokens) and tokens[place].lastgroup != "close":
        token = tokens[place]
        place += 1
        kind = token.lastgroup
        if kind == "text":
            source += token[0].translate(_ESCAPES)
            text += token[0]
            continue
        runs.append((folded(text),))
        text = ""
        if kind == "bar":
            done.append(_Sequence(source, tuple(runs)))
            source, runs = "", []
        elif kind == "open":
            inner, place = _branches(tokens, place)
            if place == len(tokens):
                raise ValueError("a bracket is not closed")
            source += f"(?:{'|'.join(one.source for one in inner)}){tokens[place][0][1:]}"
            if tokens[place][0] == ")":
                runs.append(_any_of(inner))
            place += 1
        else:
            source += _other(token)
    runs.append((folded(text),))
    return [*done, _Sequence(source, tuple(runs))], place


def _any_of(branches: list[_Sequence]) -> Stems:
    """Return stems one of which any of the branches needs; none if one branch needs nothing."""
    needed = [by_telling(one.runs) for one in branches]
    if not all(needed):
        return ()
    return tuple(dict.fromkeys(stem for one in needed for stem in one[0]))


def _other(token: re.Match[str]) -> str:
    if token["star"]:
        return r"\w*"
    if token["plus"]:
        return r"\w+"
    if token["maybe"]:
        return f"{token['maybe'][0].translate(_ESCAPES)}?"
    return _GAPS[token["what"]].format(token["most"])
