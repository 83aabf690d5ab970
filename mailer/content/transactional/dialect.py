"""The notation of templates: values, conditions and loops over what a template declares.

    {% for item in items %}
    - {{ item.title }}, {{ item.when }}
    {% endfor %}

It is Jinja's, cut down: `if`, `for` over a declared list, comparisons, a few filters. There is no
arithmetic, no call, no attribute but a declared field, so that what a text costs is bounded by its
length and by the data. A value never becomes part of the Markdown: a mark stands for it (a slot, as
editions have them), which is filled after the Markdown was made into blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from babel.numbers import format_decimal
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailer.content.language.words import Words
from mailer.content.parsing import personal
from mailer.content.rendering.rendered import slot
from mailer.domain.transactional.variable import Kind, Url, Variable
from mailer.errors import InputError, Problem

FILTERS: Final = ("capitalize", "default", "join", "length", "lower", "title", "upper", "weekday")
LOOP: Final = ("first", "index", "last", "length")
"""The facts about a loop that its text may ask for."""
DEEPEST_LOOP: Final = 2
LONGEST: Final = 100_000
"""Characters that a text may come to, and those of the values in it."""
MOST_STEPS: Final = 5_000
"""Items that all loops of a text may go over."""
MOST_TAGS: Final = 200
"""Values, conditions and loops of a text."""

_NODES: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name),
    *(nodes.Const, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr),
    *(
        nodes.List,
        nodes.Tuple,
        nodes.Filter,
        nodes.Getattr,
        nodes.Keyword,
        nodes.EvalContextModifier,
    ),
)
_TAGS: Final = re.compile(r"\{%[^\n]*?%\}")
_OUTPUTS: Final = re.compile(r"\{\{([^\n]*?)\}\}")
_NAMED: Final = re.compile(r"(?:[a-z0-9_]+\.)?([a-z][a-z0-9_]*)")
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\b")
_REMEDY: Final = (
    "use if, elif, else, endif, for and endfor with the declared variables, as"
    f" docs/transactional.md shows; filters are {', '.join(FILTERS)}"
)
_MARKS: Final = "\ue002"
"""The name under which a rendering has its marks: no text can write it."""
_DIGITS: Final = str.maketrans("0123456789", "abcdefghij")


@dataclass(frozen=True, slots=True)
class Value:
    """A value in the place of its mark."""

    text: str
    """As it is shown, on one line."""
    is_url: bool = False

    @property
    def within_target(self) -> str:
        """The value as a part of a link's target."""
        return self.text if self.is_url else quote(self.text, safe="")


@dataclass(slots=True)
class Marks:
    """The values of one rendering, by the slots that stand for them."""

    words: Words
    values: dict[str, Value] = field(default_factory=dict)
    length: int = 0
    """Characters of the values so far."""
    steps: int = 0
    """Items that loops went over so far."""

    def over(self, items: Iterable[Any]) -> Iterator[Any]:
        """Go over a list, as often as a text may.

        Raises:
            InputError: that is too often.
        """
        for item in items:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise _too_large(f"with this data its loops take more than {MOST_STEPS:,} steps")
            yield item

    def put(self, value: Any) -> str:
        """Keep a value, and return its mark; empty for one that is empty.

        Raises:
            TypeError: it is no value that can be shown, such as a list.
            InputError: all values together are too long.
        """
        if value is None or value == "":
            return ""
        name = "v_" + str(len(self.values)).translate(_DIGITS)
        kept = self.values[name] = Value(_shown(value, self.words), isinstance(value, Url))
        self.length += len(kept.text)
        _measure(self.length)
        return slot(name)


def expanded(text: str, data: Mapping[str, Any], marks: Marks) -> str:
    """Choose and repeat a text's words for some data; marks stand for the values.

    Args:
        text: found good by `check`.
        data: as `variable.read` returns it.
        marks: takes the values.

    Raises:
        InputError: the text comes to too much, or compares what cannot be compared.
    """
    pieces, length = [], 0
    given = {name: _counted(value, marks) for name, value in data.items()}
    try:
        for piece in _compiled(text).generate({**given, _MARKS: marks}):
            length += len(piece)
            _measure(length)
            pieces.append(piece)
    except InputError:
        raise
    except Exception as error:
        # Whatever comparing and filtering raise; their messages may repeat values.
        said = "a condition or a filter of the text does not fit this data"
        raise InputError.of("data", said, code="template.with_data") from error
    return "".join(pieces)


def _too_large(said: str) -> InputError:
    return InputError.of("data", said, "give less of it", code="data.too_large")


def _measure(length: int) -> None:
    if length > LONGEST:
        raise _too_large(f"with this data the text has more than {LONGEST:,} characters")


class _List(list[Any]):
    """A list whose items are counted whenever something goes over them."""

    marks: Marks

    def __iter__(self) -> Iterator[Any]:
        return self.marks.over(super().__iter__())


def _counted(value: Any, marks: Marks) -> Any:
    if not isinstance(value, list):
        return value
    counted = _List(value)
    counted.marks = marks
    return counted


def flattened(text: str, variables: Mapping[str, Variable], marks: Marks) -> str:
    """Return the words for all data together, for checks: each line stays where it is."""

    def marked(match: re.Match[str]) -> str:
        is_url = _is_url(match[1].strip(), variables)
        return marks.put(Url("https://example.org/") if is_url else "value")

    return _OUTPUTS.sub(marked, _TAGS.sub("", text))


def check(
    text: str, first_line: int, file: str, variables: Mapping[str, Variable]
) -> list[Problem]:
    """Find what is wrong with a text's notation; each by file and line."""
    return [
        Problem(f"{file}:{first_line + line - 1}", said, remedy, code="template.notation")
        for line, said, remedy in _faults(text, variables)
    ]


def used(text: str) -> frozenset[str]:
    """Return the names that a text asks for; none if it cannot be read."""
    try:
        tree = _environment.parse(text)
    except TemplateSyntaxError:
        return frozenset()
    return frozenset(node.name for node in tree.find_all(nodes.Name))


def _faults(text: str, variables: Mapping[str, Variable]) -> list[tuple[int, str, str]]:
    if excess := next(personal.beyond(text), None):
        return [(excess[0], excess[1], _REMEDY)]
    if len(re.findall(r"\{\{|\{%", text)) > MOST_TAGS:
        return [(1, f"the text has more than {MOST_TAGS} values, conditions and loops", _REMEDY)]
    if raw := _RAW.search(text):
        return [(text.count("\n", 0, raw.start()) + 1, "'raw' cannot be used in a text", _REMEDY)]
    try:
        tree = _environment.parse(text)
    except TemplateSyntaxError as error:
        return [
            (error.lineno, f"what stands between braces cannot be read: {error.message}", _REMEDY)
        ]
    return [*_Scopes(variables).faults(tree), *personal.torn(tree)]


Type = Kind | Mapping[str, Kind] | Variable
"""Of what a name stands for: a scalar, an item with fields, or a list."""


class _Scopes:
    """Looks at every name where it stands: inside a loop there are more of them."""

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        self._types: dict[str, Type] = {
            name: one if one.kind is Kind.LIST else one.kind for name, one in variables.items()
        }

    def faults(self, tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
        for node in tree.body:
            yield from self._at(node, self._types, 0)

    def _at(
        self, node: nodes.Node, types: Mapping[str, Type], depth: int
    ) -> Iterator[tuple[int, str, str]]:
        if isinstance(node, nodes.For):
            yield from self._loop(node, types, depth)
            return
        if isinstance(node, nodes.Getattr):
            yield from self._field(node, types)
            return
        if isinstance(node, nodes.Output):
            for shown in node.nodes:
                if isinstance(shown, nodes.Name) and not isinstance(
                    types.get(shown.name, Kind.TEXT), Kind
                ):
                    said = f"{shown.name!r} is no single value"
                    yield node.lineno, said, "name one of its fields, or write a loop"
        yield from self._of_itself(node, types)
        for child in node.iter_child_nodes():
            yield from self._at(child, types, depth)

    def _of_itself(
        self, node: nodes.Node, types: Mapping[str, Type]
    ) -> Iterator[tuple[int, str, str]]:
        if isinstance(node, nodes.Name):
            if node.name not in types:
                known = ", ".join(sorted(self._types)) or "none"
                said = f"the variable {node.name!r} is not declared"
                yield node.lineno, said, f"declare it in template.toml; declared are: {known}"
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield node.lineno, f"there is no filter {node.name!r} here", _REMEDY
        elif not isinstance(node, _NODES):
            name = type(node).__name__.lower()
            yield node.lineno or 1, f"{name!r} cannot be used in a text", _REMEDY

    def _loop(
        self, node: nodes.For, types: Mapping[str, Type], depth: int
    ) -> Iterator[tuple[int, str, str]]:
        over = types.get(node.iter.name) if isinstance(node.iter, nodes.Name) else None
        if not isinstance(over, Variable) or not isinstance(node.target, nodes.Name):
            yield node.lineno, "a loop goes over one declared list", "write {% for item in LIST %}"
            return
        if node.recursive or node.test is not None:
            yield node.lineno, "a loop takes no condition", "put an if inside of it"
            return
        if node.target.name in types or node.target.name == "loop":
            yield node.lineno, f"the name {node.target.name!r} is taken", "name the item otherwise"
            return
        if depth >= DEEPEST_LOOP:
            yield node.lineno, f"more than {DEEPEST_LOOP} loops lie inside one another", _REMEDY
            return
        inner = {**types, node.target.name: over.of, "loop": dict.fromkeys(LOOP, Kind.NUMBER)}
        for child in node.body:
            yield from self._at(child, inner, depth + 1)
        for child in node.else_:
            yield from self._at(child, types, depth)

    def _field(
        self, node: nodes.Getattr, types: Mapping[str, Type]
    ) -> Iterator[tuple[int, str, str]]:
        of = types.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if not isinstance(of, Mapping):
            said = f"nothing here has a field {node.attr!r}"
            yield node.lineno, said, "only the items of a list that declares fields have some"
        elif node.attr not in of:
            yield node.lineno, f"there is no field {node.attr!r}", f"fields are {', '.join(of)}"


def _is_url(expression: str, variables: Mapping[str, Variable]) -> bool:
    """Tell whether an expression is, by its name, an address."""
    named = _NAMED.fullmatch(expression)
    if named is None:
        return False
    variable = variables.get(named[1])
    if variable is not None and "." not in expression:
        return variable.kind is Kind.URL
    kinds = [one.of for one in variables.values() if one.kind is Kind.LIST]
    return any(
        of is Kind.URL if isinstance(of, Kind) else of.get(named[1]) is Kind.URL for of in kinds
    )


def _shown(value: Any, words: Words) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return words.long_day(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("only texts, numbers and dates can be shown")
    return str(format_decimal(value, locale=words.locale))


@pass_context
def _marked(context: Context, value: Any) -> str:
    marks: Marks = context[_MARKS]
    return marks.put(value)


@pass_context
def _weekday(context: Context, value: Any) -> str:
    """Write a date with its weekday, as the language does."""
    if value == "":
        return ""
    marks: Marks = context[_MARKS]
    return marks.words.day(value)


@pass_context
def _joined(context: Context, value: Any, between: str = ", ") -> str:
    """Join the items of a list, and of nothing else: joined texts would grow without bounds."""
    if not isinstance(value, list):
        raise TypeError("only lists can be joined")
    marks: Marks = context[_MARKS]
    pieces, length = [], 0
    for one in value:
        pieces.append(_shown(one, marks.words))
        length += len(pieces[-1]) + len(between)
        _measure(length)
    return between.join(pieces)


def _default(value: Any, otherwise: Any = "") -> Any:
    return otherwise if value is None or value == "" else value


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox in which only items of lists have fields, and only their own."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            return obj.get(attribute, "")
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        del obj
        return False


_environment: Final = _Sandbox(
    comment_start_string="{\ue002",
    comment_end_string="\ue002}",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    finalize=_marked,
)
_environment.globals.clear()
_environment.tests.clear()
for _name in set(_environment.filters) - set(FILTERS):
    del _environment.filters[_name]
_environment.filters.update(default=_default, join=_joined, weekday=_weekday)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    return _environment.from_string(text)
