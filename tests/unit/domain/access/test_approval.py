"""The rule of the second person, over every change that can make a consent void."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailer.domain.access.approval import (
    GOOD_FOR,
    WORDS,
    Kind,
    Lack,
    Proposal,
    Rule,
    Said,
    Terms,
    is_second,
    lack_of,
)

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
TERMS = Terms("digest", "audience", "")
PROPOSED = Proposal(TERMS, Said("user:1", "Ada", NOW), 100)
APPROVED = replace(PROPOSED, approved=Said("user:2", "Bo", NOW))


@pytest.mark.parametrize(
    ("proposal", "terms", "after", "lack"),
    [
        (None, TERMS, 0, Lack.NOT_PROPOSED),
        (PROPOSED, TERMS, 0, Lack.NOT_APPROVED),
        (APPROVED, TERMS, 0, None),
        (APPROVED, replace(TERMS, content="other"), 0, Lack.OTHER_CONTENT),
        (APPROVED, replace(TERMS, audience="other"), 0, Lack.OTHER_AUDIENCE),
        (APPROVED, replace(TERMS, at=NOW.isoformat()), 0, Lack.OTHER_TIME),
        (APPROVED, TERMS, 3, None),
        (APPROVED, TERMS, 3.01, Lack.TOO_OLD),
    ],
)
def test_a_consent_is_good_for_exactly_what_was_seen(
    proposal: Proposal | None, terms: Terms, after: float, lack: Lack | None
) -> None:
    """Nobody can have one thing approved and send another."""
    assert lack_of(proposal, terms, NOW + timedelta(days=after)) is lack


def test_a_consent_to_a_time_does_not_grow_old() -> None:
    """What is scheduled for next month was approved for next month."""
    at = replace(TERMS, at="2026-06-27T09:00:00+00:00")
    agreed = replace(APPROVED, terms=at)
    assert lack_of(agreed, at, NOW + 10 * GOOD_FOR) is None


def test_a_consent_to_a_time_is_none_to_send_long_after_it() -> None:
    """A service that was down for weeks would else let one person send what is no news any more."""
    at = replace(TERMS, at=NOW.isoformat())
    agreed = replace(APPROVED, terms=at)
    assert lack_of(agreed, at, NOW + GOOD_FOR) is None
    assert lack_of(agreed, at, NOW + GOOD_FOR + timedelta(seconds=1)) is Lack.OTHER_TIME


@pytest.mark.parametrize(
    ("person", "second"),
    [("user:1", False), ("user:2", True), ("operator:root", True), ("", False)],
)
def test_nobody_is_their_own_second_person(person: str, second: bool) -> None:
    """A token or another session of the same user is the same person."""
    assert is_second(PROPOSED, Said(person, "Bo", NOW)) is second


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        (("user:1", ""), ("user:2", "user:2"), True),
        (("user:1", ""), ("user:2", "user:1"), False),
        (("user:2", "user:1"), ("user:1", ""), False),
        (("user:2", "user:1"), ("user:3", "user:1"), False),
        (("user:2", "user:1"), ("user:3", "user:4"), True),
        (("user:1", "operator:root"), ("user:2", "operator:root"), True),
        (("operator:root", ""), ("user:2", "operator:root"), False),
        (("user:2", "operator:root"), ("operator:root", ""), False),
        (("", ""), ("user:2", "operator:root"), True),
    ],
)
def test_whoever_made_a_token_is_behind_what_it_says(
    first: tuple[str, str], second: tuple[str, str], may: bool
) -> None:
    """They have its text: with one in a colleague's name they would be their own second person."""
    said, proposed = (
        Said(person, "x", NOW, frozenset(filter(None, [maker])))
        for person, maker in (second, first)
    )
    assert is_second(replace(PROPOSED, proposed=proposed), said) is may


@pytest.mark.parametrize(
    ("rule", "kind", "planned", "asks"),
    [
        (Rule(), Kind.BULLETIN, 10**6, False),
        (Rule((Kind.BULLETIN,)), Kind.BULLETIN, 1, True),
        (Rule((Kind.BULLETIN,)), Kind.NOTICE, 10**6, False),
        (Rule((), 100), Kind.REMINDER, 100, False),
        (Rule((), 100), Kind.REMINDER, 101, True),
    ],
)
def test_the_settings_say_what_needs_it(rule: Rule, kind: Kind, planned: int, asks: bool) -> None:
    """An institution that wants no second person is not asked for one."""
    assert rule.asks_for(kind, planned) is asks


def test_every_lack_has_words() -> None:
    """What is stuck says why."""
    assert set(WORDS) == set(Lack)
    assert len({replace(TERMS, at=str(n)).digest for n in range(9)}) == 9
