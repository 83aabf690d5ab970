"""Every key that we name says what it holds and what bounds it."""

from __future__ import annotations

import inspect

import pytest

from mailer.store.key_families import (
    FAMILIES,
    LEDGER_BITMAPS,
    NAMED,
    PREFIXES,
    Bound,
    Family,
    family_of,
)

UNBOUNDED = frozenset({Bound.CAMPAIGNS, Bound.EDITIONS, Bound.CALENDAR, Bound.EVERYTHING})
"""The families that grow for as long as the service runs."""
NAMES = [family.name for family in FAMILIES]


def named() -> list[str]:
    """List what names keys: constants that are texts, and functions that return one."""
    found = []
    for name, value in NAMED.items():
        if inspect.isfunction(value):
            if inspect.signature(value).return_annotation == "str":
                found.append(name)
        elif isinstance(value, str) and name.isupper():
            found.append(name)
    return found


def test_every_name_has_a_family_and_no_family_lacks_its_name() -> None:
    """A key that nobody described grows unseen."""
    assert sorted(set(named()) - set(PREFIXES)) == sorted(set(NAMES) - set(PREFIXES))
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", PREFIXES)
def test_what_is_only_a_prefix_begins_a_family(name: str) -> None:
    """Scripts add to it what the functions do."""
    assert any(family.pattern.startswith(NAMED[name]) for family in FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_a_key_is_found_to_be_of_its_family(family: Family) -> None:
    """Two families with the same keys could not both be right about them."""
    some = min(family.only) if family.only else "some:thing"
    key = family.pattern.replace("#", "17").replace("*", some)
    found = family_of(key)
    assert found is not None
    assert found.name == family.name


@pytest.mark.parametrize(
    "key",
    ["mailer:campaign:1:unheard-of", "mailer:subscriber:x", "rq:queue:urgent", "mailer:"],
)
def test_other_keys_have_none(key: str) -> None:
    """A key under a name of its own must be seen, not taken for the nearest one."""
    assert family_of(key) is None


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_what_the_names_say_is_what_the_family_says(family: Family) -> None:
    """The sentence beside the name is what people read first."""
    value = NAMED[family.name]
    said = inspect.getdoc(value) if inspect.isfunction(value) else None
    if said is not None:
        words = said.split(":")[0].split(",")[0].split(" of ")[0].lower()
        kinds = {"text": "string", "counter": "string", "bitmap": "string", "sorted set": "zset"}
        assert kinds.get(words, words) == family.kind
        assert ("expiring" in said.split(":")[0]) == (family.bound is Bound.EXPIRES)


def test_the_ledger_knows_its_bitmaps() -> None:
    """A bitmap under a name that nobody expects would be counted nowhere."""
    ledger = next(family for family in FAMILIES if family.name == "ledger")
    assert ledger.only == LEDGER_BITMAPS
    assert ledger.bound in UNBOUNDED


def test_what_has_no_bound_is_known() -> None:
    """A developer who adds to this list makes the store grow for good, and should mean to."""
    assert sorted(one.name for one in FAMILIES if one.bound in UNBOUNDED) == sorted(
        [
            "APPROVALS",
            "CALENDAR",
            "CALENDAR_ENDS",
            "CALENDAR_NUMBERS",
            "CALENDAR_TOLD",
            "CALENDAR_UIDS",
            "DRAFTS",
            "EDITIONS",
            "EVENTS",
            "MAILINGS",
            "answer_tally",
            "answered_bits",
            "answered_times",
            "answers",
            "attempts",
            "bounces",
            "calendar_versions",
            "campaign",
            "chunk_owners",
            "chunk_retries",
            "chunks",
            "delivery_language",
            "details",
            "draft",
            "draft_contents",
            "draft_history",
            "edition",
            "edition_card",
            "ledger",
            "over_time",
            "queues",
            "rate",
            "reminded",
            "skipped_for",
            "tally",
            "waiting_for",
        ]
    )
