"""The inbox's tables: every kind and every reason has its place."""

from __future__ import annotations

import pytest

from mailer.domain.inbound.inbox import GROUPS, NEXT, TAUGHT, Deed, Standing, Why, suggested, why_of
from mailer.domain.inbound.kinds import Kind


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_that_waits_has_its_reason(kind: Kind) -> None:
    """A kind that is added later must not stop the worker that reads it."""
    assert why_of(kind) in GROUPS


def test_every_reason_has_a_group_and_every_standing_its_ways() -> None:
    """A mail without a group would be in no list."""
    assert GROUPS.keys() == set(Why)
    assert NEXT.keys() == set(Standing)
    assert Kind.PERSON in TAUGHT


@pytest.mark.parametrize("why", list(Why))
@pytest.mark.parametrize("subscribed", [True, False])
def test_what_is_suggested_can_be_done(why: Why, subscribed: bool) -> None:
    """Nobody is added twice, or taken off who is not there; done and drop are always there."""
    found = suggested(why, subscribed=subscribed)
    assert found[-2:] == (Deed.DONE, Deed.DROP)
    assert (Deed.ADD if subscribed else Deed.UNSUBSCRIBE) not in found
    assert len(set(found)) == len(found)
