"""The statuses of a subscriber: the whole product of status and action."""

from __future__ import annotations

import itertools

import pytest

from mailer.domain.subscribers.subscriber import (
    FIRST,
    TRANSITIONS,
    Action,
    Status,
    parse_name,
    parse_tag,
)
from mailer.errors import StateError

IMPOSSIBLE = {
    (Status.SUSPENDED, Action.VOUCH),
    (Status.UNSUBSCRIBED, Action.VOUCH),
    (Status.COMPLAINED, Action.VOUCH),
    (Status.COMPLAINED, Action.CONFIRM),
    (Status.PENDING, Action.REINSTATE),
    (Status.ACTIVE, Action.REINSTATE),
    (Status.UNSUBSCRIBED, Action.REINSTATE),
    (Status.COMPLAINED, Action.REINSTATE),
    (Status.PENDING, Action.RETURN),
    (Status.SUSPENDED, Action.RETURN),
    (Status.COMPLAINED, Action.RETURN),
    (Status.WITHDRAWN, Action.RETURN),
    (Status.WITHDRAWN, Action.REINSTATE),
}


@pytest.mark.parametrize(("status", "action"), list(itertools.product(Status, Action)))
def test_every_pair_has_a_row_with_a_reason_or_a_refusal_with_a_remedy(
    status: Status, action: Action
) -> None:
    """A pair that nobody thought of would be met first in production, at night."""
    if (status, action) in IMPOSSIBLE:
        with pytest.raises(StateError) as caught:
            TRANSITIONS.follow(status, action, "it")
        assert TRANSITIONS.remedies[status, action] in str(caught.value)
    else:
        assert TRANSITIONS.follow(status, action, "it").reason


def test_law_7_the_secretariat_puts_back_only_who_never_left() -> None:
    """A reader who left, bounced or complained comes back by their own doing, or not at all."""
    assert TRANSITIONS.ways(Action.VOUCH) == {
        Status.PENDING: Status.ACTIVE,
        Status.ACTIVE: Status.ACTIVE,
        Status.WITHDRAWN: Status.ACTIVE,
    }


def test_only_the_owner_or_the_secretariat_makes_a_subscriber_active() -> None:
    """Law 6: what a stranger can do, asking, must never lead to mail."""
    towards = {action for (_, action), move in TRANSITIONS.items() if move.to is Status.ACTIVE}
    from_elsewhere = {
        action
        for (before, action), move in TRANSITIONS.items()
        if move.to is Status.ACTIVE and before is not Status.ACTIVE
    }
    assert from_elsewhere == {
        Action.CONFIRM,
        Action.VOUCH,
        Action.REINSTATE,
        Action.RETURN,
    }
    assert towards - from_elsewhere == {Action.REQUEST}
    assert FIRST[Action.REQUEST] is Status.PENDING


@pytest.mark.parametrize("status", list(Status))
def test_law_7_a_directory_takes_off_the_list_only_who_gets_mail(status: Status) -> None:
    """Who left or bounced must not become somebody whom the directory may bring back."""
    after = TRANSITIONS.follow(status, Action.WITHDRAW, "it").to
    assert after is (Status.WITHDRAWN if status is Status.ACTIVE else status)


@pytest.mark.parametrize("action", [Action.LEAVE, Action.REMOVE, Action.SUSPEND, Action.COMPLAIN])
def test_law_7_who_leaves_after_a_directory_withdrew_them_never_returns_by_it(
    action: Action,
) -> None:
    """The link in an old mail still works, and its press counts for more than the directory."""
    assert TRANSITIONS.follow(Status.WITHDRAWN, action, "it").to not in TRANSITIONS.ways(
        Action.VOUCH
    )


@pytest.mark.parametrize("action", [Action.LEAVE, Action.REMOVE, Action.COMPLAIN])
@pytest.mark.parametrize("status", list(Status))
def test_leaving_always_works_and_ends_mail(status: Status, action: Action) -> None:
    """However often and late somebody leaves, the answer is never an error or more mail."""
    assert TRANSITIONS.follow(status, action, "it").to in {Status.UNSUBSCRIBED, Status.COMPLAINED}


def test_a_stranger_cannot_open_the_way_for_an_import() -> None:
    """Were a request to make a leaver pending, the next import would subscribe them (law 7)."""
    for status in Status:
        after = TRANSITIONS.follow(status, Action.REQUEST, "it").to
        assert (after in TRANSITIONS.ways(Action.VOUCH)) == (
            status in TRANSITIONS.ways(Action.VOUCH)
        )


@pytest.mark.parametrize("text", ["", "two words", "a" * 41, "-x", "a,b", "a:b", "a*"])
def test_a_tag_that_could_not_be_typed_again_is_refused(text: str) -> None:
    """Tags name bitmaps, are parted by spaces in files, and people type them."""
    with pytest.raises(ValueError, match="letters, digits"):
        parse_tag(text)


def test_names_of_any_script_are_kept() -> None:
    """A reader's name is theirs; unseen joiners belong to the spelling of some."""
    for name in ("Zoë Ångström", "علی‌رضا", "O’Neil-Smith", "山田 太郎"):
        assert parse_name(f"  {name} ") == name


@pytest.mark.parametrize("text", ["=1+1", "@cmd", "+41", "-x", "a\x07b", "a\u202eb", "x" * 201])
def test_names_that_could_harm_are_refused(text: str) -> None:
    """A formula in an export runs on the secretary's machine; an unseen mark reorders a line."""
    with pytest.raises(ValueError, match="name"):
        parse_name(text)
