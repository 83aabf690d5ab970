"""What becomes of a reader who moves in: the whole product of there and here."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailer.domain.moving_in.fate import FATES, Act, Here, here_of
from mailer.domain.moving_in.mover import Mover, Theirs, strictest
from mailer.domain.subscribers.subscriber import (
    FIRST,
    MOVED_IN,
    TRANSITIONS,
    Action,
    Status,
    Subscriber,
)

NOW = datetime(2023, 4, 1, tzinfo=UTC)
ANN = Subscriber(1, "ann@example.org", "en", Status.ACTIVE, NOW, NOW, "import")
EVERY = list(itertools.product(Theirs, Here))


@pytest.mark.parametrize(("theirs", "here"), EVERY)
def test_every_pair_is_decided_with_a_reason(theirs: Theirs, here: Here) -> None:
    """A pair that nobody thought of would be met first with a real reader."""
    fate = FATES[theirs, here]
    assert fate.reason
    assert (fate.action is not None) == (fate.act in {Act.ADD, Act.RECORD, Act.SUPPRESS})


@pytest.mark.parametrize(("theirs", "here"), EVERY)
def test_law_7_nobody_is_put_on_the_list_who_left_bounced_or_complained(
    theirs: Theirs, here: Here
) -> None:
    """Neither here nor there; nor is anybody who did not confirm."""
    if FATES[theirs, here].act in {Act.ADD, Act.JOIN}:
        assert theirs is Theirs.ACTIVE
        assert here in {Here.UNKNOWN, Here.PENDING, Here.WITHDRAWN, Here.VOUCHED}


@pytest.mark.parametrize("theirs", list(Theirs))
def test_what_was_agreed_here_counts_for_more_than_any_export(theirs: Theirs) -> None:
    """An old export must not take off a reader who subscribed here since, nor change a choice."""
    assert FATES[theirs, Here.OWN].act is Act.SKIP


@pytest.mark.parametrize(("theirs", "here"), EVERY)
def test_what_is_decided_fits_the_table_of_statuses(theirs: Theirs, here: Here) -> None:
    """An act that no row of that table allows could not be carried out."""
    fate = FATES[theirs, here]
    statuses = {
        Here.OWN: [Status.ACTIVE],
        Here.VOUCHED: [Status.ACTIVE],
        Here.UNKNOWN: [],
        Here.SUPPRESSED: list(Status),
    }
    for status in statuses.get(here) or ([] if here is Here.UNKNOWN else [Status(here.value)]):
        assert fate.action is None or (status, fate.action) in TRANSITIONS
    if here is Here.UNKNOWN and fate.action not in {None, Action.COMPLAIN}:
        assert fate.action in FIRST


@pytest.mark.parametrize("status", list(Status))
def test_here_is_known_of_every_status(status: Status) -> None:
    """A status without a place here would stop the move midway."""
    assert here_of(replace(ANN, status=status), suppressed=False) in Here
    assert here_of(replace(ANN, status=status), suppressed=True) is Here.SUPPRESSED


@pytest.mark.parametrize(
    ("consent", "here"),
    [
        ("", Here.VOUCHED),
        (f'{MOVED_IN}, "file": "a.csv"}}', Here.VOUCHED),
        ('{"at": "2023-04-01", "how": "web"}', Here.OWN),
    ],
)
def test_only_a_consent_that_was_given_here_is_a_wish_of_ones_own(consent: str, here: Here) -> None:
    """One that was moved in came from a file, and another file may say more."""
    assert here_of(replace(ANN, consent=consent), suppressed=False) is here


@pytest.mark.parametrize(("one", "other"), list(itertools.product(Theirs, Theirs)))
def test_rows_about_one_address_are_joined_by_the_weightier(one: Theirs, other: Theirs) -> None:
    """The order of files and rows must not matter; and who left keeps no list to be put on."""
    first = Mover("a", 1, "ann@example.org", one, "x", lists=("A",))
    second = Mover("b", 2, "ann@example.org", other, "y", name="Ann", lists=("B",))
    joined = first.joined(second)
    assert joined.status is second.joined(first).status
    assert joined.name == "Ann"
    assert set(joined.lists) == {
        name for name, status in (("A", one), ("B", other)) if status is joined.status
    }


@pytest.mark.parametrize(("one", "other"), list(itertools.product(Theirs, Theirs)))
def test_within_a_row_anything_against_mail_counts(one: Theirs, other: Theirs) -> None:
    """What a file is called, and what its column says, may differ."""
    assert (strictest(one, other) is Theirs.ACTIVE) == (one is other is Theirs.ACTIVE)
