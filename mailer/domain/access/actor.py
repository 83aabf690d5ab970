"""Actors for the institution: a user, a program with a token, the operator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailer.domain.access.rights import RIGHTS, Right, Role


class Kind(StrEnum):
    """The way in which an actor is known."""

    USER = "user"
    """By signing in."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    """By an API token."""
    OPERATOR = "operator"
    """By having a shell on the machine."""
    PROVIDER = "provider"
    """By the settings: a provider of identities, whose word gives roles."""
    STRANGER = "stranger"
    """Not at all: a visitor of the web pages."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A party that acts, and its rights."""

    kind: Kind
    name: str
    """For people: the name of a user of this service or of the system, or of a token."""
    rights: frozenset[Right] = frozenset()
    identity: str = ""
    """Number of the user or id of the token; empty for operators and strangers."""
    person: str = ""
    """The person behind it, the same for all that act for one: `user:3`, `operator:root`. Nobody is
    their own second person."""
    via: str = ""
    """The front end: `cli`, `api`, `console`, or `mail` for a reply to a mail of ours."""
    origin: str = ""
    """The place they act from: an IP address, or the host's name."""
    makers: frozenset[str] = frozenset()
    """The persons who made the token by which it acts, or that by which that one was made."""
    proved: bool = True
    """False if a session must prove its person again before an act that asks for it."""

    def may(self, right: Right) -> bool:
        """Tell whether the right is theirs."""
        return right in self.rights

    def __str__(self) -> str:
        """One word for logs and tables: `user:3`, `operator:root`."""
        return f"{self.kind}:{self.identity or self.name}" if self.name else self.kind.value


_OPERATOR: Final = f"{Kind.OPERATOR}:"
STRANGER = Actor(Kind.STRANGER, "")


def provider(name: str, origin: str) -> Actor:
    """Return a provider of identities: it adds the users that it vouches for, and gives them roles.

    Args:
        name: for people.
        origin: the place from which whoever it vouches for came.
    """
    rights = frozenset({Right.USERS_MANAGE})
    return Actor(Kind.PROVIDER, name, rights, via="console", origin=origin)


def operator(name: str, origin: str) -> Actor:
    """Return the operator: a user of the system with a shell on the machine."""
    return Actor(
        Kind.OPERATOR,
        name,
        RIGHTS[Role.OPERATOR],
        person=f"{_OPERATOR}{name}",
        via="cli",
        origin=origin,
    )


def is_operator(person: str) -> bool:
    """Tell whether a person, as `Actor.person` names them, is an operator."""
    return person.startswith(_OPERATOR)
