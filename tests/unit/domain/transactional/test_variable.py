"""A template's data: what fits the declarations is read, all else is refused at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.transactional import variable
from mailer.domain.transactional.variable import Kind, Url, Variable, plain, read
from mailer.errors import InputError

DECLARED = {
    "name": Variable("name", Kind.TEXT),
    "fee": Variable("fee", Kind.NUMBER, required=False),
    "day": Variable("day", Kind.DATE, required=False),
    "page": Variable("page", Kind.URL, required=False),
    "tags": Variable("tags", Kind.LIST, required=False),
    "items": Variable(
        "items", Kind.LIST, required=False, of={"title": Kind.TEXT, "page": Kind.URL}
    ),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


def problems_of(data: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with data, by place."""
    with pytest.raises(InputError) as caught:
        read(DECLARED, data)
    return {one.place: one.text for one in caught.value.problems}


def test_data_is_read_by_its_kinds() -> None:
    """JSON has no dates and no addresses; templates do."""
    found = read(
        DECLARED,
        {
            "name": " Ana\n  B ",
            "fee": 12.5,
            "day": "2027-06-28",
            "page": "https://example.org/a?b=c",
            "tags": ["x"],
            "items": [{"title": "T"}],
        },
    )
    assert found == {
        "name": "Ana B",
        "fee": 12.5,
        "day": date(2027, 6, 28),
        "page": "https://example.org/a?b=c",
        "tags": ["x"],
        "items": [{"title": "T", "page": ""}],
    }
    assert isinstance(found["page"], Url)


def test_what_is_not_required_is_empty() -> None:
    """A condition asks for it, and finds nothing."""
    assert read(DECLARED, {"name": "Ana"}) == {
        "name": "Ana",
        "fee": "",
        "day": "",
        "page": "",
        "tags": [],
        "items": [],
    }


def test_all_problems_are_told_at_once() -> None:
    """Whoever writes the program mends them in one go."""
    found = problems_of({"nam": "Ana", "fee": "12", "items": [{"title": 1}, {"x": 1}, 3]})
    assert set(found) == {
        *("data.nam", "data.name", "data.fee"),
        *("data.items.1.title", "data.items.2", "data.items.3"),
    }


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "a\x1bb", "a\x7f", "a\u2028b", "a\u202eb", "a\u2066b", "a\ue000v_a\ue001", "\ud800",
     "\ufeff", "\U000e0041", "x" * 2001],
)  # fmt: skip
def test_a_text_holds_nothing_unseen(text: str) -> None:
    """Such characters end lines, turn words round, or pass for our own marks."""
    assert "data.name" in problems_of({"name": text})


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "javascript:alert(1)", "//example.org", "https://", "https:///x",
     "https://a@example.org/", "https://example.org/ x", 'https://example.org/"x', "https://ex\n.org",
     "https://example.org:0/", "https://example.org:99999/", "https://./", "https://a..b/",
     "https://exämple.org/", "HTTPS://example.org/<b>", "https://example.org/\\x", 7],
)  # fmt: skip
def test_an_address_is_plain_https(url: object) -> None:
    """It becomes a link's target, as it is."""
    assert "data.page" in problems_of({"name": "a", "page": url})


@pytest.mark.parametrize("number", [True, "1", float("nan"), float("inf"), 1e16, [1]])
def test_a_number_is_one(number: object) -> None:
    """Truth and text are none."""
    assert "data.fee" in problems_of({"name": "a", "fee": number})


@pytest.mark.parametrize("day", ["28.6.2027", "2027-02-30", "20270628", "2027-06-28T10:00", 3])
def test_a_date_is_one(day: object) -> None:
    """Only one way to write it can be told from others."""
    assert "data.day" in problems_of({"name": "a", "day": day})


def test_a_list_has_an_end() -> None:
    """A text goes over it."""
    assert "data.tags" in problems_of({"name": "a", "tags": ["x"] * (variable.MOST_ITEMS + 1)})


def test_problems_do_not_repeat_values() -> None:
    """They go to logs, and the data may be personal."""
    found = problems_of({"ana@example.org": 1, "name": "a", "fee": "secret", "page": "secret"})
    assert "secret" not in str(found)
    assert "example.org" not in str(found).replace("https://example.org", "")


@given(st.dictionaries(st.sampled_from([*DECLARED, "other"]), JSON))
def test_any_data_is_read_or_refused(data: dict[str, Any]) -> None:
    """What is read can be kept as JSON and read again, and is the same."""
    try:
        found = read(DECLARED, data)
    except InputError:
        return
    assert read(DECLARED, plain(found)) == found
