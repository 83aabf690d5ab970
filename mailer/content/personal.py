"""Passages of an edition for some readers only: conditions in its text, judged for one reader.

    {% if "meetings" in topics %}We meet on 28 June.{% else %}Meetings are a topic too.{% endif %}

The notation is Jinja's, cut down to what a secretary needs: `if`, comparisons, and a few filters
on what is known of a reader. Everything else is refused when the edition is read, with line and
remedy; so nothing that a text says can do more than choose words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailer.content.containers import split
from mailer.content.placeholders import mark
from mailer.content.rendered import slot
from mailer.errors import InputError, Problem

FACTS: Final = ("name", "topics", "tags")
FILTERS: Final = ("capitalize", "default", "length", "lower", "title", "trim", "upper")

_LOGIC: Final = re.compile(r"\{%|\{\{[^{}\n]*\|[^{}\n]*\}\}")
_TAG: Final = re.compile(r"\{%[^\n]*?%\}|\{\{[^{}\n]*\}\}")
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_NODES: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.Name, nodes.Const),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr),
    *(nodes.List, nodes.Tuple, nodes.Filter),
)
_REMEDY: Final = (
    f"use if, elif, else and endif with {', '.join(FACTS)}, as docs/editions.md shows;"
    f" filters are {', '.join(FILTERS)}"
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a text may ask of its reader."""

    name: str = ""
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


NOBODY: Final = Reader()
"""Somebody of whom nothing is known: for pages that everybody sees."""


def is_personal(text: str) -> bool:
    """Tell whether a text has conditions, so that it must be read anew for each reader."""
    return _LOGIC.search(text) is not None


def spoken_to(reader: Reader, text: str) -> str:
    """Choose the words for a reader; simple placeholders, `{{ name }}` too, become slots.

    Args:
        reader: whom the text is for.
        text: Markdown, its conditions found good by `check`.

    Raises:
        InputError: they are not.
    """
    marked = mark(text)
    if not is_personal(marked):
        return marked
    return _compiled(marked).render(_facts_of(reader))


def _facts_of(reader: Reader) -> dict[str, Any]:
    return {"name": reader.name, "topics": list(reader.topics), "tags": list(reader.tags)}


class Chooser:
    """Tells which words of some texts a reader gets, without writing them.

    Each text is compiled once to its conditions alone: a number stands for each passage. Choosing
    takes some microseconds, however long the texts are.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Take the texts, their conditions found good by `check`.

        Raises:
            InputError: they are not.
        """
        trees = [_conditions(marked) for marked in map(mark, texts) if is_personal(marked)]
        names = (name for tree in trees for name in tree.find_all(nodes.Name))
        self.asks: Final = frozenset(name.name for name in names)
        """What the texts ask of their reader."""
        self._outlines = [_outlining.from_string(tree) for tree in trees]

    def variant(self, reader: Reader) -> str:
        """Name the words that a reader gets: the same name is given for the same words only."""
        facts = _facts_of(reader)
        return "/".join([outline.render(facts) for outline in self._outlines])


def _conditions(marked: str) -> nodes.Template:
    """Read a text, and let a number stand for each of its passages."""
    if problems := check(marked, 1, "the text"):
        raise InputError(problems)
    tree = _environment.parse(marked)
    for number, passage in enumerate(tree.find_all(nodes.TemplateData)):
        passage.data = f"#{number}"
    return tree


def flattened(text: str) -> str:
    """Return the words for all readers together, for checks: each line stays where it is."""
    marked = mark(text)
    return _TAG.sub("", marked) if is_personal(marked) else marked


def check(text: str, first_line: int, file: str) -> list[Problem]:
    """Find what is wrong with a text's conditions; each by file and line."""
    marked = mark(text)
    if not is_personal(marked):
        return []
    try:
        tree = _environment.parse(marked)
    except TemplateSyntaxError as error:
        place = f"{file}:{first_line + error.lineno - 1}"
        return [Problem(place, f"a condition cannot be read: {error.message}", _REMEDY)]
    found = [*_strangers(tree), *_torn(tree)]
    return [Problem(f"{file}:{first_line + line - 1}", said, then) for line, said, then in found]


def samples(text: str) -> tuple[Reader, ...]:
    """Return readers who between them see every word that hangs on one fact; none without such."""
    marked = mark(text)
    if not is_personal(marked) or check(text, 1, ""):
        return ()
    tree = _environment.parse(marked)
    words = tuple(sorted({str(const.value) for const in tree.find_all(nodes.Const)}))
    return NOBODY, Reader("Reader", words, words)


def names_everybody(text: str) -> bool:
    """Tell whether `{{ name }}` stands where readers without a name see a gap."""
    return not check(text, 1, "") and slot("name") in spoken_to(NOBODY, text)


def _strangers(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Find what is not of our small part of the language."""
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Name) and node.name not in FACTS:
            yield node.lineno, f"nothing is known of a reader by the name {node.name!r}", _REMEDY
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield node.lineno, f"there is no filter {node.name!r} here", _REMEDY
        elif not isinstance(node, (*_NODES, nodes.Keyword, nodes.EvalContextModifier)):
            said = f"{type(node).__name__.lower()!r} cannot be used in a text"
            yield node.lineno, said, _REMEDY


def _torn(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Find conditions in which a ::: block begins or ends that does not do both there."""
    for node in tree.find_all(nodes.If):
        for branch in (node.body, node.else_):
            if branch and split(_words(branch), 1, "")[1]:
                said = "a ::: block begins or ends within a condition, but not both"
                yield node.lineno, said, "put the whole block inside the condition"


def _words(branch: list[nodes.Node]) -> str:
    return "".join(data.data for node in branch for data in _texts(node))


def _texts(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    if isinstance(node, nodes.TemplateData):
        yield node
    else:
        yield from node.find_all(nodes.TemplateData)


def _as_markdown(value: Any) -> str:
    """Write a value so that Markdown shows it as it is."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(str(value).split()))


def _counted(value: Any) -> str:
    """Write a value with its length before it, so that none is taken for something else."""
    written = _as_markdown(value)
    return f"{len(written)}:{written}"


_environment: Final = ImmutableSandboxedEnvironment(
    comment_start_string="{\ue002",
    comment_end_string="\ue002}",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    finalize=_as_markdown,
)
_outlining: Final = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_counted)
"""What makes only so much of a text as tells its words from others."""


@lru_cache(maxsize=64)
def _compiled(marked: str) -> Template:
    problems = check(marked, 1, "the text")
    if problems:
        raise InputError(problems)
    return _environment.from_string(marked)
