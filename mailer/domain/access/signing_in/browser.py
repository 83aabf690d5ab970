"""A browser that asks to sign in: the random value in its cookie, and a name for people.

The value says nothing about a person. Challenges are bound to it, and a browser in which somebody
has signed in before is known by it, whatever strangers do meanwhile from elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

KNOWN: Final = timedelta(days=180)
"""The time after a sign-in for which a browser is known."""
LONGEST_AGENT: Final = 1000
"""Characters of a User-Agent that are looked at."""
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_PROGRAMS: Final[Mapping[str, str]] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS: Final[Mapping[str, str]] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def draw() -> str:
    """Draw a secret of 256 random bits, for a cookie."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Tell whether a text has the form of what `draw` returns."""
    return bool(_SECRET.fullmatch(text))


def digest_of(secret: str) -> str:
    """Return what is stored of such a secret; its random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def name_of(agent: str) -> str:
    """Name a browser for people by its User-Agent: `Firefox, Windows`; empty if nothing is known.

    Of what it sends, only our own words are kept.
    """
    agent = agent[:LONGEST_AGENT]
    named = (_first(agent, _PROGRAMS), _first(agent, _SYSTEMS))
    return ", ".join(filter(None, named))


def _first(agent: str, names: Mapping[str, str]) -> str:
    return next((name for sign, name in names.items() if sign in agent), "")
