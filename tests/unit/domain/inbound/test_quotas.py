"""By what each mail is counted, and how much of the room that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.inbound.own_addresses import OwnAddress, Role
from mailer.domain.inbound.quotas import RECORD_BYTES, Share, is_urgent, kind_of, shares_of

ROOM, LARGEST = 1_000_000_000, 1_000_000
LIST = OwnAddress(Role.LIST)
ASKS = {Role.SUBSCRIBE, Role.LEAVE, Role.CONFIRM, Role.CALENDAR, Role.HELP, Role.RSVP, Role.APPROVE}
"""To these people write who wait for an answer."""


def test_mail_of_strangers_is_counted_in_all_by_kind_network_and_sender() -> None:
    """Each has a part, the smaller the easier it is to be somebody else."""
    shares = shares_of([LIST], "Ana@Example.org", "203.0.113.7", room=ROOM, largest=LARGEST)
    assert shares == [
        Share("strangers", "", 800_000_000),
        Share("kind", "letters", 400_000_000),
        Share("network", "203.0.113.0/24", 200_000_000),
        Share("sender", "ana@example.org", 50_000_000),
    ]


def test_mail_without_a_sender_is_not_counted_by_one() -> None:
    """All reports of all servers would be one sender's."""
    shares = shares_of([LIST], "", "203.0.113.7", room=ROOM, largest=LARGEST)
    assert [(one.name, one.who) for one in shares] == [
        ("strangers", ""),
        ("kind", "reports"),
        ("network", "203.0.113.0/24"),
    ]


def test_mail_that_bears_a_token_is_counted_by_it_alone() -> None:
    """Strangers cannot use up what is kept for it (law 15)."""
    own = [LIST, OwnAddress(Role.LEAVE, numbers=(7, 1)), OwnAddress(Role.BOUNCES, numbers=(2, 9))]
    (share,) = shares_of(own, "x@example.net", "203.0.113.7", room=ROOM, largest=LARGEST)
    assert (share.name, share.most) == ("token", 50_000_000)
    (same,) = shares_of(own[::-1], "", "", room=ROOM, largest=LARGEST)
    assert same == share  # the order in which a sender names us buys no second share


def test_each_token_has_a_share_of_its_own() -> None:
    """Of each reader, and of each thing that a reader may do."""
    tokens = [(Role.LEAVE, (7, 1)), (Role.LEAVE, (8, 1)), (Role.CONFIRM, (7, 1))]
    found = [
        shares_of([OwnAddress(role, numbers=numbers)], "", "", room=ROOM, largest=LARGEST)[0].key
        for role, numbers in tokens
    ]
    assert len({*found}) == len(tokens)


@pytest.mark.parametrize("own", [[LIST], [OwnAddress(Role.LEAVE, numbers=(7, 1))]])
def test_each_share_has_room_for_the_largest_mail(own: list[OwnAddress]) -> None:
    """Incompressible content grows by a hundredth, and two records go with it."""
    shares = shares_of(own, "x@example.net", "203.0.113.7", room=1000, largest=LARGEST)
    least = 1_010_000 + 2 * RECORD_BYTES
    assert {one.most for one in shares if one.name != "strangers"} == {least}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("sender", ["", "ana@example.org"])
def test_the_kind_of_a_mail_is_guessed_from_where_it_goes(role: Role, sender: str) -> None:
    """Before anybody has read it, and for every address of ours."""
    if not sender or role is Role.COMPLAINTS:
        expected = "reports"
    else:
        expected = "commands" if role in ASKS else "letters"
    assert kind_of([OwnAddress(role)], sender) == expected
    assert kind_of([LIST, OwnAddress(role)], sender) == expected


@pytest.mark.parametrize("role", Role)
def test_what_somebody_may_wait_for_is_urgent(role: Role) -> None:
    """A mail without a sender waits for nothing; one to several addresses is as urgent as one of them."""
    urgent = role in ASKS or role is Role.LIST
    assert is_urgent([OwnAddress(role)], "ana@example.org") is urgent
    assert is_urgent([OwnAddress(Role.OWNER), OwnAddress(role)], "ana@example.org") is urgent
    assert is_urgent([OwnAddress(role)], "") is False
    assert is_urgent([], "ana@example.org") is False


@given(st.text(), st.text())
def test_a_key_is_short_and_tells_one_from_another(one: str, other: str) -> None:
    """Strangers choose how long their names are, and would like to be counted as somebody else."""
    keys = [Share("sender", who, 1).key for who in (one, other)]
    assert (keys[0] == keys[1]) is (one == other)
    assert all(key.startswith("sender ") and len(key) < 40 for key in keys)
    assert Share("network", one, 1).key != keys[0]
