"""Passages for some readers only: chosen by what is known of a reader, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mailer.content.parsing import personal
from mailer.content.parsing.personal import NOBODY, Chooser, Reader, spoken_to
from mailer.errors import InputError

ANA = Reader("Ana", ("meetings",), ("press",))
PASSAGE = '{% if "meetings" in topics %}\nYes.\n{% elif "press" in tags %}\nPress.\n{% else %}\nNo.\n{% endif %}\n'


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (ANA, "Yes."),
        (Reader(tags=("press",)), "Press."),
        (Reader(topics=("bulletin",)), "No."),
        (NOBODY, "No."),
    ],
)
def test_a_reader_gets_the_passage_that_fits(reader: Reader, words: str) -> None:
    """A passage for others must not reach this reader."""
    assert spoken_to(reader, PASSAGE).split() == [words]


ONE = '{% if "meetings" in topics %}x{% endif %}'
BEYOND = {
    "6,000 conditions": (ONE * 6000, 1, "more than 1,000 conditions"),
    "6,000 within one another": (
        "{% if name %}\n" * 6000 + "x" + "{% endif %}" * 6000,
        11,
        "more than 10 conditions lie inside one another",
    ),
    "6,000 alternatives": (
        "{% if name %}" + "{% elif name %}\n" * 6000 + "{% endif %}",
        1000,
        "more than 1,000 conditions",
    ),
    "a long one": ("\n{% if name == '" + "a" * 600 + "' %}x{% endif %}", 2, "500 characters"),
    "many signs": ("{% if " + "not " * 110 + "name %}x{% endif %}", 1, "60 words and signs"),
    "a chain of filters": ("{{ name" + "|trim" * 60 + " }}", 1, "60 words and signs"),
    "brackets": ("{{ name|default(" + "(" * 9 + "1" + ")" * 9 + ") }}", 1, "brackets"),
    "loops": ("{% for a in topics %}" * 500 + "{% endfor %}" * 500, 1, "inside one another"),
    "never closed": ("{%" * 100_000, 1, "500 characters"),
    "a loop": ("\n{% for a in topics %}{{ a|trim }}{% endfor %}", 2, "'for' cannot be used"),
    "a long string": ('{{ "a" * 10**9 }}{{ name|trim }}', 1, "'mul' cannot be used"),
    "a power": ("{{ 9**9**9|trim }}", 1, "'pow' cannot be used"),
    "a range": ("{{ range(10**9)|length }}", 1, "cannot be used"),
    "an attribute": ("{{ ''.__class__|trim }}", 1, "'getattr' cannot be used"),
    "a format": ("{{ '%999999999d'|format(1)|trim }}", 1, "no filter 'format'"),
    "the length of a number": ("a\n\n{{ 3|length }}", 3, "a condition fails"),
    "a name in a number": ("a\n{% if name in 2 %}x{% endif %}", 2, "a condition fails"),
    "a name below a number": ("{% if name < 5 %}x{% endif %}", 1, "a condition fails"),
}


@pytest.mark.parametrize(("text", "line", "said"), BEYOND.values(), ids=BEYOND)
def test_what_asks_for_too_much_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    """A text that ends the program, or keeps it for minutes, must be a mistake like others."""
    (problem, *_) = personal.check(text, 3, "en.md")
    assert problem.place == f"en.md:{line + 2}"
    assert said in problem.text
    for use in (lambda: spoken_to(ANA, text), lambda: Chooser([text])):
        with pytest.raises(InputError):
            use()


def test_as_many_conditions_as_are_allowed_are_judged() -> None:
    """The bound must not be one that editions meet."""
    deep = "{% if name %}" * personal.DEEPEST + "x" + "{% endif %}" * personal.DEEPEST
    many = ONE * (personal.MOST_TAGS // 2)
    assert personal.check(deep, 1, "en.md") == []
    assert spoken_to(ANA, deep) == "x"
    assert spoken_to(ANA, many) == "x" * (personal.MOST_TAGS // 2)


@pytest.mark.parametrize("text", ["{{ " + "|" * 200_000, "{{" * 100_000, "{" * 100_000])
def test_lines_of_braces_are_looked_through_once(text: str) -> None:
    """A pattern that tries each way to read them would take hours."""
    assert not personal.is_personal(text)


@given(
    st.lists(
        st.sampled_from(
            (
                *("{%", "%}", "{{", "}}", "if", "elif", "else", "endif", "for", "name"),
                *("topics", "tags", "in", "not", "(", ")", "[", "]", "|", ","),
                *("lower", "default", "length", "1", "'a'", "==", "<", "+", "~", "."),
                *("**", ":", "{", "}", "\n", "x"),
            )
        ),
        max_size=40,
    ).map(" ".join)
)
def test_any_text_is_spoken_or_refused(text: str) -> None:
    """Nothing but a refusal with its line may come of what somebody types."""
    if personal.check(text, 1, "en.md") == []:
        assert isinstance(spoken_to(ANA, text), str)
        assert isinstance(personal.flattened(text), str)
        Chooser([text]).variant(ANA)


def test_a_text_without_conditions_stays_as_it_is() -> None:
    """Braces and percent signs are part of ordinary texts."""
    text = "100 % of {members} {# agree #} on {{ address }}: 5 %}.\n"
    assert spoken_to(ANA, text) == text.replace("{{ address }}", "\ue000address\ue001")


def test_a_plain_name_stays_a_slot() -> None:
    """Readers with different names share one rendered text, which is what makes sending quick."""
    text = "{% if name %}Dear {{ name }}{% else %}Dear reader{% endif %}"
    assert spoken_to(ANA, text) == spoken_to(Reader("José"), text)
    assert spoken_to(NOBODY, text) == "Dear reader"


CONDITIONAL = (
    PASSAGE,
    "{% if name %}Dear {{ name }}{% else %}Dear reader{% endif %}",
    "For {{ name|upper }}#1{{ name|trim }}",
    '{{ "a" if "press" in tags else "b" }}{% if topics|length > 1 %}c{% endif %}',
    "Nothing of the kind.",
)
WORDS = st.lists(st.sampled_from(("meetings", "press", "bulletin")), unique=True).map(tuple)
READERS = st.builds(
    Reader, st.sampled_from(("", "Ana", "1:#1", "#0/3:Ana", "Ana  B")), WORDS, WORDS
)


@given(st.lists(st.sampled_from(CONDITIONAL), max_size=3), READERS, READERS)
def test_readers_of_one_variant_get_the_same_words(
    texts: list[str], one: Reader, other: Reader
) -> None:
    """They share a compiled message: a variant that stood for two texts would mix readers up."""
    chooser = Chooser(texts)
    said = [[spoken_to(reader, text) for text in texts] for reader in (one, other)]
    assert (chooser.variant(one) == chooser.variant(other)) == (said[0] == said[1])


def test_it_is_known_what_texts_ask_of_a_reader() -> None:
    """Only where topics or tags matter does sending have to look the reader up."""
    assert Chooser(CONDITIONAL[:1]).asks == {"topics", "tags"}
    assert Chooser(CONDITIONAL[1:3]).asks == {"name"}
    assert Chooser(["Dear {{ name }}"]).asks == set()
    with pytest.raises(InputError):
        Chooser(["{% if adress %}x{% endif %}"])


@given(st.text(max_size=40))
def test_no_name_is_ever_read_as_markdown(name: str) -> None:
    """Names come from readers: one with a link or a heading in it must stay a name."""
    written = spoken_to(Reader(name), "Dear {{ name|trim }}x")
    html = MarkdownIt().render(written)
    assert html.startswith("<p>Dear ")
    assert html.count("<") == 2  # the paragraph's tags, and no others


@given(st.text(alphabet="{}%|ifelsnd \n\"'()[].name:topics\\", max_size=60))
def test_any_text_is_judged_and_what_is_found_good_can_be_read(text: str) -> None:
    """A text that passes the import must not fail when its mail is made."""
    if personal.check(text, 1, "en.md"):
        with pytest.raises(InputError):
            spoken_to(ANA, text)
    else:
        for reader in (NOBODY, ANA):
            spoken_to(reader, text)
        assert personal.flattened(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% if name %}x", "cannot be read"),
        ("{% for x in tags %}a{% endfor %}", "'for' cannot be used"),
        ("{% if adress %}x{% endif %}", "'adress'"),
        ("{{ name|safe }}", "no filter 'safe'"),
        ("{{ name.__class__|lower }}", "'getattr' cannot be used"),
        ("{{ range(10**9)|length }}", "cannot be used"),
        ('{% include "x" %}', "'include' cannot be used"),
        ("{% if name %}::: box\n{% endif %}\nx\n:::", "begins or ends within a condition"),
    ],
)
def test_what_a_text_may_not_do_is_refused_with_its_line(text: str, said: str) -> None:
    """The secretary must find the place; and no text may compute, loop or look inside us."""
    found = personal.check(f"\n\n{text}", 10, "en.md")
    assert any(said in problem.text and problem.place == "en.md:12" for problem in found)
    assert all(problem.remedy for problem in found)
