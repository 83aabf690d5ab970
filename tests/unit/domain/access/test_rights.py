"""The tables of rights and acts hold together: a role gives what it is meant to, and no more."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pytest

from mailer.domain.access.actor import STRANGER, operator
from mailer.domain.access.acts import ACTS
from mailer.domain.access.rights import GIVEN, RIGHTS, STEP_UP, Right, Role, table
from support.places import ROOT


@pytest.mark.parametrize(
    ("role", "right", "has"),
    [
        (Role.READER, Right.CAMPAIGNS_READ, True),
        (Role.READER, Right.SUBSCRIBERS_EXPORT, False),
        (Role.READER, Right.INBOUND_READ, False),
        (Role.EDITOR, Right.EDITIONS_WRITE, True),
        (Role.EDITOR, Right.CAMPAIGNS_WRITE, True),
        (Role.EDITOR, Right.CAMPAIGNS_SEND, False),
        (Role.EDITOR, Right.CAMPAIGNS_APPROVE, False),
        (Role.SENDER, Right.CAMPAIGNS_SEND, True),
        (Role.SENDER, Right.CAMPAIGNS_APPROVE, True),
        (Role.SENDER, Right.USERS_MANAGE, False),
        (Role.SENDER, Right.SUBSCRIBERS_EXPORT, False),
        (Role.OWNER, Right.USERS_MANAGE, True),
        (Role.OWNER, Right.OPERATION, False),
    ],
)
def test_a_role_gives_what_it_is_meant_to(role: Role, right: Right, has: bool) -> None:
    """A user who writes must not be able to send: that is the purpose of roles."""
    assert (right in RIGHTS[role]) is has


def test_each_role_may_all_that_the_one_below_it_may() -> None:
    """People expect that a promotion takes nothing away."""
    for above, below in pairwise(GIVEN):
        assert RIGHTS[above] > RIGHTS[below]


def test_every_right_is_needed_by_some_act() -> None:
    """A right without an act would protect nothing."""
    assert {act.right for act in ACTS.values()} == {*Right, None}


UNRECORDED: Final = {
    "drafts.save": "every few seconds while somebody writes: the draft's history says who did",
    "calendar.preview": "it changes nothing, and counts the list for those alone who may change",
}
"""Acts that need a right to change, but are not recorded, and why."""


def test_acts_that_change_something_or_export_are_recorded() -> None:
    """The audit log tells of every change, by the kind of the right that it needs."""
    for act in ACTS.values():
        reads = act.name.endswith((".list", ".show", ".read")) or (
            act.right is not None and act.right.value.endswith(":read")
        )
        told = not reads or act.name == "audit.export"
        assert act.recorded is (told and act.name not in UNRECORDED), act.name


def test_what_mails_many_asks_for_proof() -> None:
    """A browser that was left open must not mail an audience (law 18)."""
    assert {Right.CAMPAIGNS_SEND, Right.SUBSCRIBERS_EXPORT, Right.USERS_MANAGE} <= STEP_UP


def test_strangers_have_no_right() -> None:
    """Pages for readers run as nobody of the institution."""
    assert not STRANGER.rights
    assert operator("root", "host").may(Right.OPERATION)


@pytest.mark.docs
def test_the_table_of_rights_is_documented() -> None:
    """An owner looks up there what a role may do."""
    page = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in page
