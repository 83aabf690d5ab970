"""The settings of topics: what is read, and that whatever is wrong is told in one go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailer.domain.settings.setting import SettingError
from mailer.domain.settings.topic_tables import KEYS, LONGEST, MOST, read_topics
from mailer.domain.subscribers.subscribing import Choice, mark
from mailer.domain.subscribers.topic import EVERY, Topic, Topics
from mailer.errors import Problem

CODES = ("en", "fr", "es", "pt-BR", "zh-Hant")
TEXTS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=60
).filter(lambda text: text.isprintable() and text == text.strip())
SAID: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    TEXTS.map(lambda text: {EVERY: text}),
    st.dictionaries(st.sampled_from(CODES), TEXTS),
)
IDS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@st.composite
def many_topics(draw: st.DrawFn) -> Topics:
    """Draw topics that settings can say."""
    ids = draw(st.lists(IDS, min_size=1, max_size=6, unique_by=lambda one: mark(Choice.ADD, one)))
    found = []
    for one in ids:
        visible = draw(st.booleans())
        ticked = visible and draw(st.booleans())
        name, short, description = (draw(SAID) for _ in LONGEST)
        topic = Topic(one, name, short, description, preselected=ticked, visible=visible)
        found.append(replace(topic, moderated=visible and draw(st.booleans())))
    offered = [one.id for one in found if one.visible]
    assume(offered)
    return Topics(found, draw(st.sampled_from(["", *offered])))


def problems_of(value: Any) -> list[tuple[str, str, str]]:
    """Return place, text and remedy of all that is wrong."""
    with pytest.raises(SettingError) as caught:
        read_topics(value)
    return [(one.place, one.text, one.remedy) for one in caught.value.problems]


@given(many_topics())
def test_what_is_written_is_read_again(topics: Topics) -> None:
    """`config show` and the variables of child processes say what the file says."""
    written = topics.written()
    assert read_topics(written) == topics
    assert read_topics(json.dumps(written)) == topics


def read_or_refused(value: Any) -> Topics | tuple[Problem, ...]:
    """Return the topics, or all that is wrong."""
    try:
        return read_topics(value)
    except SettingError as error:
        return error.problems


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=90),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, *CODES, "press", "x\ny", "Ü"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_anything_is_read_or_refused_with_a_place_and_a_remedy(value: Any) -> None:
    """A file that somebody broke at night must say where, and never fail in another way."""
    found = read_or_refused(value)
    if not isinstance(found, Topics):
        assert found
        for problem in found:
            assert problem.text
            assert problem.remedy
            assert problem.place.isprintable()
        return
    assert found.default in found.visible
    assert set(found.preselected) <= set(found.visible)
    assert read_topics(found.written()) == found


@pytest.mark.parametrize(
    "value", [["bulletin", "press"], "bulletin,press", '["bulletin", "press"]', {"bulletin": {}, "press": {}}]
)  # fmt: skip
def test_ids_alone_are_enough(value: Any) -> None:
    """The short form suffices where the languages' folders have the names."""
    assert read_topics(value) == Topics.of("bulletin", "press")


def test_a_table_says_all_there_is_to_say() -> None:
    """Adding a topic is one table."""
    found = read_topics(
        {
            "board": {"name": "Board", "visible": False},
            "press": {"name": {"en": "Press", "fr": "Presse"}, "preselected": True},
            "bulletin": {"description": {"pt_br": "Cada número."}, "short": "it", "default": True},
        }
    )
    assert [*found] == ["board", "press", "bulletin"]
    assert (found.default, found.visible, found.preselected) == (
        "bulletin",
        ("press", "bulletin"),
        ("press",),
    )
    assert found["press"].names == {"en": "Press", "fr": "Presse"}
    assert found["bulletin"].descriptions == {"pt-BR": "Cada número."}
    assert found["bulletin"].shorts == {EVERY: "it"}


@pytest.mark.parametrize(
    ("table", "place", "text", "remedy"),
    [
        ("Press", "press", "a text, not a table", "write [topics.press]"),
        ({"nam": "x"}, "press", 'no "nam"', 'did you mean "name"?'),
        ({"relays": []}, "press", 'no "relays"', "above the first [topics.…]"),
        ({"name": 3}, "press, name", "a number, not a text", "en ="),
        ({"name": ""}, "press, name", "empty", "leave it out"),
        ({"name": {}}, "press, name", "empty", "leave it out"),
        ({"name": "x" * 81}, "press, name", "81 characters", "at most 80"),
        ({"name": {"xx": "x"}}, "press, name, xx", "known language", "en, fr"),
        ({"name": {"pt-BR": "x", "pt_BR": "y"}}, "press, name, pt_BR", "twice", "remove one"),
        ({"name": {"en": "a\nb"}}, "press, name, en", "line break", "one line"),
        ({"description": "x" * 301}, "press, description", "301 characters", "at most 300"),
        ({"visible": "no"}, "press, visible", "a text, not true or false", "without quotes"),
        ({"default": 1}, "press, default", "a number, not true or false", "true or false"),
        ({"visible": False, "preselected": True}, "press, preselected", "not visible", "remove"),
        ({"visible": False, "moderated": True}, "press, moderated", "not visible", "remove"),
        ({"moderated": 1}, "press, moderated", "not true or false", "without quotes"),
        ({"visible": False, "default": True}, "press, visible", "must be visible", "another topic"),
        ({"visible": False}, "", "no topic is visible", "visible = false"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_table_is_told_with_its_place(
    table: Any, place: str, text: str, remedy: str
) -> None:
    """Whoever wrote it must be able to mend it without asking anyone."""
    ((found, said, help_),) = problems_of({"press": table})
    assert found == place
    assert text in said
    assert remedy in help_


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Mending one error only to meet the next wastes an operator's evening."""
    places = [
        place
        for place, *_ in problems_of(
            {
                "Big News": {},
                "press": {"nane": "x", "name": {"xx": "x", "en": 1}, "visible": 0},
                "board": True,
            }
        )
    ]
    assert places == [
        "Big News", "press", "press, name, xx", "press, name, en", "press, visible", "board",
    ]  # fmt: skip


def test_there_is_one_default() -> None:
    """Two would make the order decide, which nobody reads in `default = true`."""
    ((place, text, _),) = problems_of({"a": {"default": True}, "b": {"default": True}})
    assert (place, text) == ("", "a and b are both the default")


@pytest.mark.parametrize("value", [{}, []])
def test_there_is_a_topic(value: Any) -> None:
    """There is nothing to subscribe to otherwise."""
    ((_, text, _),) = problems_of(value)
    assert "no topic" in text or "empty" in text


def test_topics_that_addresses_cannot_tell_apart_are_refused() -> None:
    """A reader who asks for one must never get the other."""
    seen: dict[int, str] = {}
    for number in range(5000):
        name = f"t{number}"
        if (twin := seen.setdefault(mark(Choice.ADD, name), name)) != name:
            break
    ((place, text, remedy),) = problems_of([twin, name])
    assert (place, "cannot tell" in text, "another id" in remedy) == (name, True, True)


def test_there_is_an_end_to_topics() -> None:
    """A form of a thousand boxes is a mistake in a file."""
    tables: Mapping[str, Any] = {f"t{number}": {} for number in range(MOST + 1)}
    assert any("over" in text for _, text, _ in problems_of(tables))
