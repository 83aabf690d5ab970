"""Passages of an edition for some readers only: conditions in its text, judged for one reader.

    {% if "meetings" in topics %}We meet on 28 June.{% else %}Meetings are a topic too.{% endif %}

The notation is Jinja's, cut down to what a secretary needs: `if`, comparisons, and a few filters
on what is known of a reader. Everything else is refused when the edition is read, with line and
remedy; so nothing that a text says can do more than choose words, and what that takes is bounded
before anything is parsed.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailer.content.parsing.containers import split
from mailer.content.parsing.placeholders import mark
from mailer.content.rendering.rendered import slot
from mailer.errors import InputError, Problem

FACTS: Final = ("name", "topics", "tags")
FILTERS: Final = ("capitalize", "default", "length", "lower", "title", "trim", "upper")

MOST_TAGS: Final = 1_000
"""Conditions and values of one text, each `if`, `elif`, `else` and `endif` counted."""
DEEPEST: Final = 10
"""Conditions inside one another."""
LONGEST_TAG: Final = 500
"""Characters between `{%` and `%}`."""
MOST_TOKENS: Final = 60
"""Words and signs between them."""
DEEPEST_BRACKETS: Final = 5
"""Brackets inside one another, there."""

_LOGIC: Final = re.compile(r"\{%|\{\{[^{}|\n]*\|[^{}\n]*\}\}")
_TAG: Final = re.compile(rf"\{{%[^\n]{{0,{LONGEST_TAG}}}?%\}}|\{{\{{[^{{}}\n]*\}}\}}")
_TOKEN: Final = re.compile(r"""\w+|"[^"]*"|'[^']*'|\S""")
_OPENING: Final = frozenset({"if", "for", "block", "macro", "call", "filter", "with", "autoescape"})
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
    """The facts about its reader that a text may ask for."""

    name: str = ""
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


NOBODY: Final = Reader()
"""A reader of whom nothing is known: for pages that everybody sees."""


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
        """Prepare texts whose conditions passed `check`.

        Raises:
            InputError: they are not.
        """
        trees = [_conditions(marked) for marked in map(mark, texts) if is_personal(marked)]
        names = (name for tree in trees for name in tree.find_all(nodes.Name))
        self.asks: Final = frozenset(name.name for name in names)
        """The names of the facts that the texts ask for."""
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
    return [
        Problem(f"{file}:{first_line + line - 1}", said, remedy, code="edition.condition")
        for line, said, remedy in _faults(marked)
    ]


@lru_cache(maxsize=64)
def _faults(marked: str) -> tuple[tuple[int, str, str], ...]:
    """Find what is wrong with a text's conditions, each with its line."""
    if excess := tuple(islice(beyond(marked), 1)):
        return excess
    try:
        tree = _environment.parse(marked)
    except TemplateSyntaxError as error:
        return ((error.lineno, f"a condition cannot be read: {error.message}", _REMEDY),)
    return (*_strangers(tree), *torn(tree)) or tuple(islice(_failing(marked, tree), 1))


def beyond(marked: str) -> Iterator[tuple[int, str, str]]:
    """Find what goes beyond the bounds, before anything is parsed: parsers go as deep as a text."""
    shorter = "write fewer or shorter conditions; topics and tags can do much of it"
    depth = line = place = 0
    for tags, opened in enumerate(re.finditer(r"\{%|\{\{", marked), 1):
        line += marked.count("\n", place, opened.start())
        place = opened.start()
        if tags > MOST_TAGS:
            yield line + 1, f"the text has more than {MOST_TAGS:,} conditions and values", shorter
            return
        inner = marked[opened.end() : opened.end() + LONGEST_TAG + 2]
        inner = re.split(r"[%}]\}|\n", inner, maxsplit=1)[0]
        if len(inner) > LONGEST_TAG:
            yield line + 1, f"a condition has more than {LONGEST_TAG} characters", shorter
        tokens = _TOKEN.findall(inner.lstrip("-+"))
        if len(tokens) > MOST_TOKENS:
            yield line + 1, f"a condition has more than {MOST_TOKENS} words and signs", shorter
        if _bracketed(tokens) > DEEPEST_BRACKETS:
            yield line + 1, "a condition has too many brackets inside one another", shorter
        if opened[0] == "{%" and tokens:
            depth += (tokens[0] in _OPENING) - tokens[0].startswith("end")
        if depth > DEEPEST:
            yield line + 1, f"more than {DEEPEST} conditions lie inside one another", shorter


def _bracketed(tokens: Iterable[str]) -> int:
    """Return how deep the brackets of a condition go."""
    depth = deepest = 0
    for token in tokens:
        depth += (token in {"(", "[", "{"}) - (token in {")", "]", "}"})
        deepest = max(deepest, depth)
    return deepest


def _failing(marked: str, tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Find conditions that can be read and not judged, such as a number that is in a number."""
    for reader in _samples(tree):
        try:
            _environment.from_string(marked).render(_facts_of(reader))
        except Exception as error:  # noqa: BLE001 - whatever comparing and filtering raise
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == "<template>"]
            yield (lines[-1] if lines else None) or 1, f"a condition fails: {error}", _REMEDY


def samples(text: str) -> tuple[Reader, ...]:
    """Return readers who between them see every word that hangs on one fact; none without such."""
    marked = mark(text)
    if not is_personal(marked) or check(text, 1, ""):
        return ()
    return _samples(_environment.parse(marked))


def _samples(tree: nodes.Template) -> tuple[Reader, ...]:
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


def torn(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Find conditions and loops in which a ::: block begins or ends that does not do both there."""
    split_by: list[nodes.If | nodes.For] = [*tree.find_all(nodes.If), *tree.find_all(nodes.For)]
    for node in split_by:
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
"""An environment that makes only enough of a text to tell its words from others."""


@lru_cache(maxsize=64)
def _compiled(marked: str) -> Template:
    problems = check(marked, 1, "the text")
    if problems:
        raise InputError(problems)
    return _environment.from_string(marked)
