"""The table of a user's standings, over the whole product; and what ends sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from mailer.domain.access.api_token import ApiToken, digest_of, draw, id_of, scopes_of
from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.domain.access.user import (
    TRANSITIONS,
    Action,
    Standing,
    User,
    after,
    keeps_an_owner,
    with_role,
)
from mailer.errors import StateError

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
ADA = User(1, "ada@example.org", "Ada", Role.SENDER, Standing.ACTIVE, "en", NOW)


@pytest.mark.parametrize(("standing", "action"), list(product(Standing, Action)))
def test_every_pair_has_a_row_or_is_refused(standing: Standing, action: Action) -> None:
    """A person who was disabled never gets in, whatever way they try."""
    user = replace(ADA, standing=standing)
    if (standing, action) not in TRANSITIONS:
        assert (standing, action) == (Standing.DISABLED, Action.SIGN_IN)
        with pytest.raises(StateError):
            after(user, action)
        return
    now = after(user, action)
    assert now.standing is TRANSITIONS[standing, action].to
    ends = action is Action.DISABLE and standing is not Standing.DISABLED
    assert (now.epoch > user.epoch) is ends


def test_another_role_ends_sessions_and_the_same_does_not() -> None:
    """A session must not keep rights that were taken away."""
    assert with_role(ADA, Role.READER).epoch == ADA.epoch + 1
    assert with_role(ADA, Role.SENDER) is ADA


@pytest.mark.parametrize("role", [Role.OWNER, Role.SENDER, Role.EDITOR, Role.READER])
def test_a_user_acts_with_the_rights_of_their_role(role: Role) -> None:
    """Rights come from the table, and from nowhere else."""
    actor = replace(ADA, role=role).actor("console", "192.0.2.1", proved=True)
    assert actor.rights == RIGHTS[role]
    assert (actor.person, str(actor)) == ("user:1", "user:1")


def test_a_disabled_user_does_not_act() -> None:
    """Sessions that are left over give nothing."""
    with pytest.raises(StateError):
        replace(ADA, standing=Standing.DISABLED).actor("console", "", proved=True)


def test_somebody_must_be_left_to_manage_users() -> None:
    """An installation without an owner could be managed by a shell only."""
    owner = replace(ADA, role=Role.OWNER)
    assert keeps_an_owner({1: owner})
    assert not keeps_an_owner({1: replace(owner, standing=Standing.DISABLED), 2: ADA})


def test_a_token_never_gives_more_than_its_user_has() -> None:
    """A user who is demoted takes their programs along."""
    token = ApiToken("a" * 10, "sync", 1, frozenset({Right.CAMPAIGNS_SEND}), "", NOW)
    assert token.actor(ADA, "").rights == {Right.CAMPAIGNS_SEND}
    assert token.actor(replace(ADA, role=Role.READER), "").rights == frozenset()
    assert token.actor(ADA, "").person == ADA.person


def test_a_token_is_known_by_its_text_alone() -> None:
    """The store holds nothing that one could sign in with."""
    drawn, other = draw(), draw()
    token = ApiToken(drawn.id, "sync", 1, frozenset(), digest_of(drawn.text), NOW)
    assert id_of(drawn.text) == drawn.id
    assert token.fits(drawn.text)
    assert not token.fits(other.text)
    assert drawn.text not in repr(token)
    assert id_of("mailer_x") == id_of(drawn.text + "x") == ""


def test_a_token_is_over_at_its_time() -> None:
    """A date that was promised is kept to the second."""
    token = ApiToken("a" * 10, "sync", 1, frozenset(), "", NOW, NOW + timedelta(days=1))
    assert not token.is_over(NOW)
    assert token.is_over(NOW + timedelta(days=1))


def test_scopes_are_rights_by_name() -> None:
    """A word that is no right is told, not left out."""
    assert scopes_of(["campaigns:read", "fly"]) == (frozenset({Right.CAMPAIGNS_READ}), ["fly"])
