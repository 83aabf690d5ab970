"""Users, tokens and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from mailer.client import reading
from mailer.client.answers.access import Entry, MadeToken, Right, Token, User, Verdict
from mailer.client.asking import Ask, Mode, Resource, blocks, call, listing
from mailer.client.reading import Tagged

Role: TypeAlias = Literal["owner", "sender", "editor", "reader"]
"""The roles that are given."""


class Users(Resource[Mode]):
    """Users, by their numbers."""

    @listing("/users")
    def list(self, *, limit: int = 100) -> Ask[User]:
        """Iterate over them, in the order in which they were added; also disabled ones."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/users")
    def add(self, address: str, role: Role, *, name: str = "", language: str = "") -> Ask[User]:
        """Add somebody who may sign in from now on. Mails nobody."""
        body = {"address": address, "role": role, "name": name, "language": language}
        return Ask(reading.whole, json=body)

    @call("GET", "/users/{number}")
    def get(self, number: int) -> Ask[Tagged[User]]:
        """Tell what is known of a user."""
        return Ask(reading.tagged, path={"number": number})

    @call("POST", "/users/{number}/role")
    def give_role(self, number: int, role: Role, *, etag: str = "") -> Ask[Tagged[User]]:
        """Give a user another role. Their sessions end; the last owner stays one."""
        headers = {"If-Match": etag}
        return Ask(reading.tagged, path={"number": number}, json={"role": role}, headers=headers)

    @call("POST", "/users/{number}/disable")
    def disable(self, number: int, *, etag: str = "") -> Ask[Tagged[User]]:
        """Let a user sign in no more. Their sessions and API tokens end at once."""
        return Ask(reading.tagged, path={"number": number}, headers={"If-Match": etag})

    @call("POST", "/users/{number}/enable")
    def enable(self, number: int, *, etag: str = "") -> Ask[Tagged[User]]:
        """Let a user who was disabled sign in again."""
        return Ask(reading.tagged, path={"number": number}, headers={"If-Match": etag})

    @call("POST", "/users/{number}/invite")
    def invite(self, number: int, *, etag: str = "") -> Ask[Tagged[User]]:
        """Mail a user an invitation: a link to the console, good for three days."""
        return Ask(reading.tagged, path={"number": number}, headers={"If-Match": etag})


class Tokens(Resource[Mode]):
    """API tokens, by their ids."""

    @listing("/tokens")
    def list(self, *, limit: int = 100) -> Ask[Token]:
        """Iterate over them, the oldest first."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/tokens")
    def add(
        self, user: int, name: str, scopes: Sequence[Right], *, days: int | None = None
    ) -> Ask[MadeToken]:
        """Make a token. It can do no more than its user, and no more than whoever makes it.

        Args:
            user: number of the user for whom it acts.
            name: what it is for.
            scopes: the rights that it has, as far as its user has them.
            days: after so many it ends; None: never.
        """
        body = {"user": user, "name": name, "scopes": scopes, "days": days}
        return Ask(reading.whole, json=body)

    @call("DELETE", "/tokens/{name}")
    def revoke(self, name: str) -> Ask[None]:
        """End a token at once; `name` is its id."""
        return Ask(reading.nothing, path={"name": name})


class Audit(Resource[Mode]):
    """The audit log."""

    @listing("/audit")
    def list(self, *, limit: int = 100) -> Ask[Entry]:
        """Iterate over what was done, the newest first."""
        return Ask(reading.same, query={"limit": limit})

    @call("GET", "/audit/verify")
    def verify(self, *, noted: str = "") -> Ask[Verdict]:
        """Check that no entry was changed, removed or put between.

        Args:
            noted: `note` of a former answer; it shows whether the log was cut off.
        """
        return Ask(reading.whole, query={"noted": noted})

    @blocks("/audit/export")
    def export(self) -> Ask[bytes]:
        """Iterate over the octets of a file with all entries as JSON, one a line."""
        return Ask(reading.same)
