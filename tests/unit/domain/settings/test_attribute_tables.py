"""Declarations of attributes are read with all their mistakes at once, and names have a meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailer.domain.settings.attribute_tables import attributes
from mailer.domain.settings.setting import SettingError
from mailer.domain.subscribers.attributes import (
    MOST_ATTRIBUTES,
    MOST_CHOICES,
    Attribute,
    Kind,
)

CHOICE = {"kind": "choice", "choices": ["CH", "FR"], "labels": {"fr": "Pays"}}


@pytest.mark.parametrize("form", [dict, json.dumps])
def test_each_attribute_has_its_kind(form: Any) -> None:
    """By a table in the file, or as JSON in a variable."""
    declared = {"country": CHOICE, "fee": {"kind": "Number"}}
    assert attributes(form(declared)) == {
        "country": Attribute("country", Kind.CHOICE, ("CH", "FR"), {"fr": "Pays"}),
        "fee": Attribute("fee", Kind.NUMBER),
    }


def test_what_was_read_is_taken_as_it_is() -> None:
    """Settings are made from settings, in tests and in child processes."""
    read = attributes({"country": CHOICE})
    assert attributes(read) == read


@pytest.mark.parametrize(
    ("name", "declared", "said"),
    [
        ("Country", CHOICE, "cannot name an attribute"),
        ("my country", CHOICE, "cannot name an attribute"),
        ("x" * 41, CHOICE, "cannot name an attribute"),
        *((name, CHOICE, "means something else") for name in ("topic", "joined", "and", "in")),
        *((name, CHOICE, "means something else") for name in ("address", "email", "name", "tags")),
        *((name, CHOICE, "means something else") for name in ("status", "unsubscribed", "added")),
        ("country", "choice", "is a table"),
        ("country", {}, "not one of the choices"),
        ("country", {"kind": "colour"}, "not one of the choices"),
        ("country", {"kind": "choice"}, "list is empty"),
        ("country", {"kind": "choice", "choices": ["CH", "ch"]}, "twice"),
        ("country", {"kind": "choice", "choices": ["=CH"]}, "like a formula"),
        ("country", {"kind": "choice", "choices": ["x" * 201]}, "too long"),
        (
            "country",
            {"kind": "choice", "choices": [f"c{n}" for n in range(MOST_CHOICES + 1)]},
            "more than",
        ),
        ("country", {"kind": "text", "choices": ["CH"]}, "has no choices"),
        ("country", {"kind": "text", "values": ["CH"]}, "has no values"),
        ("country", {"kind": "text", "labels": "Country"}, "labels are a table"),
        ("country", {"kind": "text", "labels": {"xx-nowhere": "x"}}, "not the code"),
    ],
)
def test_what_cannot_be_declared_is_refused(name: str, declared: Any, said: str) -> None:
    """A name that tells who may be mailed would hide that from an import (law 7)."""
    with pytest.raises(SettingError) as caught:
        attributes({name: declared})
    (problem,) = caught.value.problems
    assert said in problem.text
    assert problem.place == name
    assert problem.remedy


@pytest.mark.parametrize("value", ["country", 3, ["country"], None])
def test_something_else_than_a_table_is_refused(value: Any) -> None:
    """With an example of what is meant."""
    with pytest.raises(SettingError, match="no table of attributes"):
        attributes(value)


def test_all_mistakes_are_told_at_once_and_there_is_a_most() -> None:
    """Each attribute costs the store bitmaps."""
    with pytest.raises(SettingError) as caught:
        attributes({"a": {}, "b": {"kind": "x"}})
    assert [one.place for one in caught.value.problems] == ["a", "b"]
    many = {f"a{number}": {"kind": "text"} for number in range(MOST_ATTRIBUTES + 1)}
    with pytest.raises(SettingError, match="more than"):
        attributes(many)
