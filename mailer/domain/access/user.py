"""A user: a person of the institution who signs in, and the rules for changing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from mailer.domain.access.actor import Actor, Kind
from mailer.domain.access.mails import Topic, by_default, offered
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.transitions import Transitions
from mailer.errors import StateError

LONGEST_NAME: Final = 100


class Standing(StrEnum):
    """Whether a user can sign in."""

    INVITED = "invited"
    """May sign in, and has not done so yet."""
    ACTIVE = "active"
    DISABLED = "disabled"
    """May not sign in; the name stays in the audit log and beside what they made."""


class Action(StrEnum):
    """The actions that are possible on a user."""

    SIGN_IN = "sign in"
    DISABLE = "disable"
    ENABLE = "enable"


TRANSITIONS: Final = Transitions[Standing, Action](
    "user",
    {
        (Standing.INVITED, Action.SIGN_IN): (Standing.ACTIVE, "signed in for the first time"),
        (Standing.INVITED, Action.DISABLE): (Standing.DISABLED, "the invitation was withdrawn"),
        (Standing.INVITED, Action.ENABLE): (Standing.INVITED, "may sign in already"),
        (Standing.ACTIVE, Action.SIGN_IN): (Standing.ACTIVE, "signed in again"),
        (Standing.ACTIVE, Action.DISABLE): (Standing.DISABLED, "was disabled"),
        (Standing.ACTIVE, Action.ENABLE): (Standing.ACTIVE, "may sign in already"),
        (Standing.DISABLED, Action.DISABLE): (Standing.DISABLED, "was disabled already"),
        (Standing.DISABLED, Action.ENABLE): (Standing.INVITED, "may sign in again"),
    },
    remedies={(Standing.DISABLED, Action.SIGN_IN): "An owner can enable them."},
)


@dataclass(frozen=True, slots=True)
class User:
    """One user, as stored."""

    number: int
    """Never given again."""
    address: str
    """The address to which links to sign in are mailed; normalised."""
    name: str
    role: Role
    standing: Standing
    language: str
    """Of the console and of mails to them."""
    added_at: datetime
    epoch: int = 0
    """Counts what ends their sessions: a change of role, disabling, signing out everywhere."""
    signed_in_at: datetime | None = None
    mails: frozenset[Topic] | None = None
    """The mails about the service's work that they chose; None: those of their role."""

    @property
    def person(self) -> str:
        """The person for the rule of the second person; see `Actor.person`."""
        return f"user:{self.number}"

    def wants(self, topic: Topic) -> bool:
        """Tell whether they get mails of a kind: chosen or by their role, and never once disabled.

        Who has not signed in yet gets none: the address may be mistyped.
        """
        chosen = by_default(self.role) if self.mails is None else self.mails
        active = self.standing is Standing.ACTIVE
        return active and topic in chosen and topic in offered(self.role)

    def actor(self, via: str, origin: str, *, proved: bool) -> Actor:
        """Return the user as somebody who acts in a session."""
        if self.standing is Standing.DISABLED:
            raise StateError("user", self.name, self.standing.value, Action.SIGN_IN.value)
        return Actor(
            Kind.USER,
            self.name,
            RIGHTS[self.role],
            str(self.number),
            self.person,
            via,
            origin,
            proved=proved,
        )


def after(user: User, action: Action) -> User:
    """Return the user after an action.

    Raises:
        StateError: it does not fit their standing.
    """
    standing = TRANSITIONS.follow(user.standing, action, user.name).to
    ends = action is Action.DISABLE and user.standing is not standing
    return replace(user, standing=standing, epoch=user.epoch + ends)


def with_role(user: User, role: Role) -> User:
    """Return the user with another role; their sessions end, for they were given for the old."""
    return user if role is user.role else replace(user, role=role, epoch=user.epoch + 1)


def keeps_an_owner(users: Mapping[int, User]) -> bool:
    """Tell whether somebody is left who can manage users by the console."""
    return any(
        one.role is Role.OWNER and one.standing is not Standing.DISABLED for one in users.values()
    )
