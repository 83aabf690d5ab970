"""A challenge: what somebody must answer to sign in, once, in time, in the browser that asked."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Way(StrEnum):
    """A way to prove one's person."""

    LINK = "link"
    """A link that was mailed to the user's address."""
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105 - a word, no secret
    """Together with a code: never alone."""
    OPENID = "openid"


class Purpose(StrEnum):
    """The purpose of a challenge."""

    LINK = "link"
    INVITATION = "invitation"
    """A link for somebody who has not asked, and so for no browser: it signs nobody in."""
    HANDED = "handed"
    """A link that the operator was given on the machine, to hand on: no mail is needed, and the
    first browser that opens it signs in."""
    PASSKEY = "passkey"
    ENROLMENT = "enrolment"
    """A new passkey."""
    OPENID = "openid"


VALID: Final[Mapping[Purpose, timedelta]] = {
    Purpose.LINK: timedelta(minutes=10),
    Purpose.INVITATION: timedelta(days=3),
    Purpose.HANDED: timedelta(hours=1),
    Purpose.PASSKEY: timedelta(minutes=10),
    Purpose.ENROLMENT: timedelta(minutes=10),
    Purpose.OPENID: timedelta(minutes=10),
}
_NUMBER_BITS: Final = 63


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge, as stored."""

    purpose: Purpose
    browser: str
    """Digest of the value in the cookie of the browser that asked; empty: none did."""
    at: datetime
    user: int = 0
    """The user whom it is for; 0: whoever answers it."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the way needs besides: the page to go to, a nonce."""

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return now - self.at >= VALID[self.purpose]

    def fits(self, browser: str) -> bool:
        """Tell whether that browser, given by its digest, may answer it: the one that asked for it.

        A link that the operator hands on is good for any.
        """
        if self.purpose is Purpose.HANDED:
            return True
        return bool(self.browser) and hmac.compare_digest(self.browser, browser)


def draw_number() -> int:
    """Draw the number of a challenge: random, so that no restored copy gives it again (law 16)."""
    return 1 + secrets.randbits(_NUMBER_BITS)
