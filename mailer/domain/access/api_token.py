"""An API token: the key of a program that acts for a user, with a part of their rights."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from mailer.domain.access.actor import Actor, Kind
from mailer.domain.access.rights import Right
from mailer.domain.access.user import User

PREFIX: Final = "mailer_"
"""Lets scanners for secrets find one that got into a repository."""
_ID: Final = 10
_SECRET: Final = 43
"""Letters of 256 random bits."""
_FORM: Final = re.compile(rf"{PREFIX}([a-z0-9]{{{_ID}}})_([A-Za-z0-9_-]{{{_SECRET}}})")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token, as stored: the secret itself is not."""

    id: str
    name: str
    """The purpose of the token, for people."""
    user: int
    """The user it acts for."""
    scopes: frozenset[Right]
    digest: str
    """SHA-256 of the whole token; its 256 random bits need no slow hash."""
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    """About when it was used last."""
    makers: frozenset[str] = frozenset()
    """See `Actor.makers`; empty: the service made it."""

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at

    def fits(self, text: str) -> bool:
        """Tell whether a text is this token, in a time that does not tell how far it fits."""
        return hmac.compare_digest(digest_of(text), self.digest)

    def actor(self, user: User, origin: str) -> Actor:
        """Return the program as somebody who acts: by its scopes, as far as its user still may."""
        of_user = user.actor("api", origin, proved=True)
        return Actor(
            Kind.TOKEN,
            f"{self.name} ({user.name})",
            of_user.rights & self.scopes,
            self.id,
            user.person,
            "api",
            origin,
            self.makers,
        )


class Drawn(NamedTuple):
    """A new token: its id, and the text that is shown once."""

    id: str
    text: str


def draw() -> Drawn:
    """Draw a new token."""
    name = "".join(secrets.choice(_LETTERS) for _ in range(_ID))
    return Drawn(name, f"{PREFIX}{name}_{secrets.token_urlsafe(32)}")


def digest_of(text: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def id_of(text: str) -> str:
    """Return the id that a token's text names; empty if it has not the form of one."""
    found = _FORM.fullmatch(text)
    return found[1] if found else ""


def scopes_of(words: Iterable[str]) -> tuple[frozenset[Right], list[str]]:
    """Read scopes; also returns the words that are none."""
    known, unknown = set[Right](), list[str]()
    for word in words:
        try:
            known.add(Right(word))
        except ValueError:
            unknown.append(word)
    return frozenset(known), unknown
