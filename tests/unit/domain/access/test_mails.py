"""Who gets which mails about the service's work, by role, choice and standing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from mailer.domain.access.mails import Topic, by_default, offered
from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.domain.access.user import Standing, User

USER = User(
    1,
    "ada@example.org",
    "Ada",
    Role.OWNER,
    Standing.ACTIVE,
    "en",
    datetime(2026, 11, 30, tzinfo=UTC),
)
WHOLE = frozenset(Topic)


def wanted(user: User) -> set[Topic]:
    """Return the mails that a user gets."""
    return {topic for topic in Topic if user.wants(topic)}


def test_owners_and_senders_get_what_concerns_them_and_others_nothing_by_default() -> None:
    """Nobody has to find a setting first to be asked; nobody is told of all that goes out."""
    assert wanted(USER) == {Topic.APPROVALS, Topic.FINISHED, Topic.ALERTS}
    assert wanted(replace(USER, role=Role.SENDER)) == {Topic.APPROVALS, Topic.FINISHED}
    assert wanted(replace(USER, role=Role.EDITOR)) == set()
    assert wanted(replace(USER, role=Role.READER)) == set()


def test_a_choice_counts_as_far_as_the_role_goes() -> None:
    """Whoever loses a role is asked and told no more, whatever they chose before."""
    for role, choice in product(Role, (frozenset(), WHOLE)):
        user = replace(USER, role=role, mails=frozenset(choice))
        assert wanted(user) == set(offered(role)) & choice
    assert (Topic.APPROVALS in offered(Role.EDITOR)) is (
        Right.CAMPAIGNS_APPROVE in RIGHTS[Role.EDITOR]
    )


@pytest.mark.parametrize("standing", [Standing.INVITED, Standing.DISABLED])
def test_who_cannot_be_known_to_read_it_gets_nothing(standing: Standing) -> None:
    """An invited address may be mistyped; a disabled user is out."""
    assert wanted(replace(USER, standing=standing, mails=WHOLE)) == set()


def test_defaults_are_among_what_is_offered() -> None:
    """A box that is ticked must be on the page."""
    assert all(by_default(role) <= set(offered(role)) for role in Role)
