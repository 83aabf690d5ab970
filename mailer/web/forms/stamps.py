"""Marks the forms that we gave out, so that others' are known, and those sent too soon or too late.

A stamp is signed, names what it is for, and holds when it was made. It is no secret of a reader's:
whoever sees the page may have one; but a script of another website cannot read our page. No two are
the same, so that those on strangers' forms can be used once (see `subscribers.forms`). Those on a
reader's own page need not be: without the reader's token they do nothing, and with it anybody has
others.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from itsdangerous import BadSignature, TimestampSigner

from mailer.clock import Clock

LEAST: Final = timedelta(seconds=2)
"""No person fills a form in sooner."""
MOST: Final = timedelta(hours=24)
"""The time for which a page may lie open in a browser."""


class Age(StrEnum):
    """The age of a form, as told by its stamp."""

    GOOD = "good"
    EARLY = "early"
    """Sent sooner than a person could."""
    LATE = "late"
    FALSE = "false"
    """The stamp is not ours, or is for something else; or there is none."""


class Stamps:
    """Makes stamps and knows them."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret, self._clock = secret, clock

    def make(self, purpose: str) -> str:
        """Make a stamp for a form: the same purpose must be named when it comes back."""
        return self._signer(purpose).sign(secrets.token_urlsafe(12)).decode("ascii")

    def age(
        self, purpose: str, stamp: str, *, least: timedelta = timedelta(), most: timedelta = MOST
    ) -> Age:
        """Tell what a stamp is worth."""
        if len(stamp) > 200 or not stamp.isascii():
            return Age.FALSE
        try:
            _, made = self._signer(purpose).unsign(stamp, return_timestamp=True)
        except (BadSignature, OverflowError, ValueError, OSError):
            return Age.FALSE
        age = self._clock.now() - made
        if age > most or age < -timedelta(minutes=1):
            return Age.LATE
        return Age.EARLY if age < least else Age.GOOD

    def _signer(self, purpose: str) -> TimestampSigner:
        return _Signer(
            self._clock,
            self._secret,
            salt=f"mailer form {purpose}",
            digest_method=hashlib.sha256,
        )


class _Signer(TimestampSigner):
    """Tells the time by our own clock."""

    def __init__(self, clock: Clock, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock.now().timestamp())
