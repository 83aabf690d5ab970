"""What may stand between braces in a template: little, and nothing that reaches beyond its data."""

from __future__ import annotations

import tracemalloc

import pytest

from mailer.content.language.words import words_for
from mailer.content.rendering.rendered import slot
from mailer.content.transactional.dialect import Marks, check, expanded
from mailer.domain.transactional.variable import Kind, Variable
from mailer.errors import InputError

DECLARED = {
    "name": Variable("name", Kind.TEXT),
    "fee": Variable("fee", Kind.NUMBER),
    "page": Variable("page", Kind.URL),
    "tags": Variable("tags", Kind.LIST),
    "items": Variable("items", Kind.LIST, of={"title": Kind.TEXT, "keys": Kind.TEXT}),
}
DATA = {
    "name": "Ana",
    "fee": 2,
    "page": "",
    "tags": ["a", "b"],
    "items": [{"title": "T", "keys": "K"}],
}


def written(text: str) -> str:
    """Return what a text comes to, values in their places."""
    marks = Marks(words_for("en"))
    found = expanded(text, DATA, marks)
    for name, value in marks.values.items():
        found = found.replace(slot(name), value.text)
    return found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear {{ name }}", "Dear Ana"),
        ("{{ name | upper }}, {{ fee }}", "ANA, 2"),
        ("{{ page | default('none') }}", "none"),
        ("{% if page %}a{% elif fee > 1 %}b{% else %}c{% endif %}", "b"),
        ("{% if name in ['Ana', 'Bo'] and not page %}yes{% endif %}", "yes"),
        ("{% for tag in tags %}{{ loop.index }}{{ tag }}{% if not loop.last %}-{% endif %}{% endfor %}", "1a-2b"),
        ("{% for one in items %}{{ one.title }}{{ one.keys }}{% else %}none{% endfor %}", "TK"),
        ("{{ tags | join(', ') }} {{ items | length }}", "a, b 1"),
        ("{% for a in tags %}{% for b in tags %}{{ a }}{{ b }} {% endfor %}{% endfor %}", "aa ab ba bb "),
        ("{# no comment #} 100 %}", "{# no comment #} 100 %}"),
    ],
)  # fmt: skip
def test_the_notation_does_what_templates_need(text: str, words: str) -> None:
    """Values, conditions, loops over lists."""
    assert check(text, 1, "en.md", DECLARED) == []
    assert written(text) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ stranger }}", "'stranger' is not declared"),
        ("{{ nam.title }}", "no"),
        ("{% if x %}a{% endif %}", "'x' is not declared"),
        ("{{ ''.__class__ }}", "field"),
        ("{{ name.__class__.__mro__ }}", "field"),
        ("{{ name['__class__'] }}", "cannot be used"),
        ("{{ name|attr('__class__') }}", "no filter 'attr'"),
        ("{{ name.upper() }}", "cannot be used"),
        ("{{ self }}", "not declared"),
        ("{{ loop.index }}", "field"),
        ("{% for a in tags %}{{ loop.cycle('a', 'b') }}{% endfor %}", "cannot be used"),
        ("{% for a in tags %}{{ loop.__init__ }}{% endfor %}", "no field '__init__'"),
        ("{% for a in items %}{{ a.other }}{% endfor %}", "no field 'other'"),
        ("{% for a in items %}{{ a.items }}{% endfor %}", "no field 'items'"),
        ("{% for a in items %}{{ a }}{% endfor %}", "no single value"),
        ("{{ items }}", "no single value"),
        ("{% for a in name %}x{% endfor %}", "one declared list"),
        ("{% for a in range(10**9) %}x{% endfor %}", "one declared list"),
        ("{% for a, b in items %}x{% endfor %}", "one declared list"),
        ("{% for a in tags if a %}x{% endfor %}", "takes no condition"),
        ("{% for name in tags %}x{% endfor %}", "is taken"),
        ("{% for a in tags %}{% for b in tags %}{% for c in tags %}x{% endfor %}{% endfor %}{% endfor %}", "inside one another"),
        ("{{ 'a' * 10**9 }}", "cannot be used"),
        ("{{ 9**9**9 }}", "cannot be used"),
        ("{{ name ~ name }}", "cannot be used"),
        ("{{ '%999999999d'|format(1) }}", "no filter 'format'"),
        ("{{ name is defined }}", "cannot be used"),
        ("{% set x = 1 %}", "cannot be used"),
        ("{% include '/etc/passwd' %}", "cannot be used"),
        ("{% import 'x' as y %}", "cannot be used"),
        ("{% extends 'x' %}", "cannot be used"),
        ("{% macro a() %}{% endmacro %}", "cannot be used"),
        ("{% raw %}{{ leave_url }}{% endraw %}", "'raw' cannot be used"),
        ("{%- raw -%}x{% endraw %}", "'raw' cannot be used"),
        ("{% autoescape true %}x{% endautoescape %}", "cannot be used"),
        ("{{ name", "cannot be read"),
        ("{% if name %}", "cannot be read"),
        ("{% if name %}::: box\n{% endif %}\n:::", "begins or ends within"),
        ("{% for a in tags %}\n:::\n{% endfor %}", "begins or ends within"),
        ("{{ name }}" * 201, "more than 200"),
        ("{{ " + "(" * 9 + "1" + ")" * 9 + " }}", "brackets"),
    ],
)  # fmt: skip
def test_all_else_is_refused_with_its_line(text: str, said: str) -> None:
    """A template is a text that an editor wrote, not a program of ours."""
    found = check(f"First\n{text}", 4, "en.md", DECLARED)
    assert found
    assert said in " ".join(one.text for one in found)
    assert {one.place.partition(":")[0] for one in found} == {"en.md"}


@pytest.mark.parametrize(
    "text",
    ["{{ ''.__class__ }}", "{{ name.__class__ }}", "{{ name['__class__'] }}", "{{ name.upper() }}",
     "{{ items[0] }}", "{{ tags.append(1) }}", "{% for a in items %}{{ a.keys() }}{% endfor %}",
     "{{ stranger }}", "{{ tags }}", "{% if name > 3 %}x{% endif %}", "{{ fee | length }}"],
)  # fmt: skip
def test_the_sandbox_holds_without_the_check(text: str) -> None:
    """Two walls: what a check overlooked fails when it is written, and tells no value."""
    with pytest.raises(InputError) as caught:
        written(text)
    assert "Ana" not in str(caught.value)


def test_a_field_is_the_item_s_own() -> None:
    """`keys` and `items` are methods of what Python keeps an item in."""
    assert written("{% for a in items %}{{ a.keys }}{{ a.items }}{% endfor %}") == "K"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{% for a in tags %}{% for b in tags %}{% endfor %}{% endfor %}", {"tags": ["x"] * 100}),
        ("{% for a in tags %}{{ a }}{% endfor %}", {"tags": ["x" * 2000] * 100}),
        ("{% for a in tags %}" + "y" * 2000 + "{% endfor %}", {"tags": ["x"] * 100}),
        ("{% for a in tags %}{{ tags | join }}{% endfor %}", {"tags": ["x"] * 100}),
    ],
)
def test_what_a_text_costs_has_an_end(text: str, data: dict[str, list[str]]) -> None:
    """By counts, so that it means the same on a busy machine (decision 65)."""
    with pytest.raises(InputError, match="with this data"):
        expanded(text, data, Marks(words_for("en")))


def test_values_are_written_as_the_language_does() -> None:
    """A date and a number read differently in French."""
    from datetime import date

    marks = Marks(words_for("fr"))
    expanded(
        "{{ day }} {{ day | weekday }} {{ fee }}", {"day": date(2027, 6, 1), "fee": 1250.5}, marks
    )
    assert [one.text for one in marks.values.values()] == [
        "1er juin 2027",
        "mardi 1er juin 2027",
        "1\u202f250,5",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{{ name | join(name) }}",
        "{{ name | join('" + "x" * 5000 + "') | join('" + "y" * 5000 + "') }}",
        "{{ many | join('" + "x" * 50_000 + "') }}",
    ],
)
def test_joining_stays_within_the_length_of_a_text(text: str) -> None:
    """A few joined joins of a text would come to gigabytes before anything measured them."""
    marks, data = Marks(words_for("en")), {"name": "Ana" * 600, "many": ["a"] * 100}
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            expanded(text, data, marks)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
