"""Changes of a look: what is said of an entry leaves the others be, and None takes it back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.look.changes import applied, differences, places

names = st.dictionaries(st.sampled_from(["en", "fr", ""]), st.sampled_from("abc"), min_size=1)
documents = st.fixed_dictionaries(
    {},
    optional={
        "institution": names,
        "accent": st.sampled_from(["#111111", "#222222"]),
        "texts": st.dictionaries(
            st.sampled_from(["en", "fr"]),
            st.dictionaries(st.sampled_from(["a.b", "c.d"]), st.sampled_from("xyz"), min_size=1),
            min_size=1,
        ),
        "topics": st.sampled_from([{"a": {}, "b": {}}, {"b": {}, "a": {}}]),
    },
)


@given(documents, documents)
def test_a_change_is_made_where_it_is_said_and_nowhere_else(
    before: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """Two who change different texts do not disturb each other."""
    after = applied(before, wanted)
    assert places(after).items() >= places(wanted).items()
    untouched = {k: v for k, v in places(before).items() if k not in places(wanted)}
    assert {
        k: v for k, v in places(after).items() if k in untouched
    } == untouched or "topics" in wanted


@given(documents, documents)
def test_what_was_said_can_be_taken_back(before: dict[str, Any], wanted: dict[str, Any]) -> None:
    """None for each place that was new, what was before for the others."""
    after = applied(before, wanted)
    back: dict[str, Any] = {}
    for part in after:
        back[part] = before.get(part)
        if isinstance(back[part], dict) and part != "topics":
            gone = {key: None for key in after[part] if key not in before[part]}
            back[part] = {**before[part], **gone}
            if part == "texts":
                for code, said in after[part].items():
                    known = before[part].get(code, {})
                    back[part][code] = {**dict.fromkeys(said), **known} or None
    assert applied(after, back) == before
    assert differences(applied(after, back), before) == {}


def test_another_order_of_topics_is_a_change() -> None:
    """Forms show them in their order."""
    one: dict[str, Any] = {"topics": {"a": {}, "b": {}}}
    other: dict[str, Any] = {"topics": {"b": {}, "a": {}}}
    assert list(differences(one, other)) == ["topics"]
    assert differences(one, one) == {}


def test_one_text_for_all_languages_becomes_a_table() -> None:
    """When a language gets its own."""
    assert applied({"imprint": "A"}, {"imprint": {"fr": "B"}}) == {"imprint": {"": "A", "fr": "B"}}
