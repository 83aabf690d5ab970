"""Keys of signing in: sessions, what must be answered to get one, and what users have for it."""

from __future__ import annotations

from typing import Final

ASKS_DUE: Final = "mailer:access:asks:due"
"""Sorted set: number of a wish for a link to sign in that nobody has looked at -> since when."""
FACTORS: Final = "mailer:access:factors"
"""Hash: number of a user -> passkeys, password and codes (JSON); of what can be guessed, only what
neither this nor a copy of it lets anybody guess."""


def session(digest: str) -> str:
    """Text, expiring: a session (JSON), by the digest of its secret."""
    return f"mailer:access:session:{digest}"


def user_sessions(u: int) -> str:
    """Sorted set, expiring: digests of a user's sessions -> when each began (Unix seconds)."""
    return f"mailer:access:sessions:{u}"


def ask(number: int) -> str:
    """Text, expiring: a wish for a link to sign in (JSON), until it is looked at."""
    return f"mailer:access:ask:{number}"


def challenge(name: str) -> str:
    """Text, expiring: what somebody must answer to sign in (JSON)."""
    return f"mailer:access:challenge:{name}"


def known_browser(digest: str) -> str:
    """Set, expiring: numbers of the users who have signed in in a browser."""
    return f"mailer:access:known:{digest}"


def wrong_answers(whose: str) -> str:
    """Text, expiring: how many wrong answers there were, and when the last one (JSON)."""
    return f"mailer:access:wrong:{whose}"


def access_limit(what: str) -> str:
    """Counter, expiring: how often something was asked for in a time."""
    return f"mailer:access:limit:{what}"
