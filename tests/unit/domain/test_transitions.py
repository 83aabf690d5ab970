"""A table of transitions answers alike, whatever it is about."""

from __future__ import annotations

from enum import StrEnum

import pytest

from mailer.domain.transitions import Move, Transitions
from mailer.errors import StateError


class Door(StrEnum):
    """States for these tests."""

    OPEN = "open"
    SHUT = "shut"
    GONE = "gone"


class Deed(StrEnum):
    """Actions for these tests."""

    SHUT = "shut"
    LOCK = "lock"


TABLE = Transitions[Door, Deed](
    "door",
    {
        (Door.OPEN, Deed.SHUT): (Door.SHUT, "it is cold"),
        (Door.SHUT, Deed.SHUT): (Door.SHUT, "done twice"),
    },
    remedies={(Door.OPEN, Deed.LOCK): "Shut it first."},
    said={Door.GONE: "not there"},
)


def test_a_row_tells_the_state_that_follows_and_why() -> None:
    """The reason goes into the event that people read."""
    assert TABLE.follow(Door.OPEN, Deed.SHUT) == Move(Door.SHUT, "it is cold")
    assert TABLE[Door.OPEN, Deed.SHUT].to is Door.SHUT


def test_a_pair_without_a_row_is_refused_with_its_remedy() -> None:
    """Whoever is refused must be told what to do instead."""
    with pytest.raises(StateError) as caught:
        TABLE.follow(Door.OPEN, Deed.LOCK)
    assert str(caught.value) == "Cannot lock the door: it is open. Shut it first."
    assert (caught.value.state, caught.value.action) == ("open", "lock")


def test_a_state_is_named_as_people_say_it() -> None:
    """A value that programs read is not always a word that fits into a sentence."""
    with pytest.raises(StateError, match=r"^Cannot shut the door: it is not there\.$"):
        TABLE.follow(Door.GONE, Deed.SHUT)


def test_the_ways_of_an_action_are_the_rows_that_it_has() -> None:
    """The store's scripts are given them, and move nobody by another."""
    assert TABLE.ways(Deed.SHUT) == {Door.OPEN: Door.SHUT, Door.SHUT: Door.SHUT}
    assert TABLE.ways(Deed.LOCK) == {}
