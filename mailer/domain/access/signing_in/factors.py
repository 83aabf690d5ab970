"""What a user has to sign in with besides their mailbox: passkeys, and a password with codes."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import pyotp

from mailer.errors import Problem

MOST_PASSKEYS: Final = 20
LONGEST_NAME: Final = 60
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 200
RECOVERY_CODES: Final = 10
STEP_SECONDS: Final = 30
"""RFC 6238 section 4.1."""
DRIFT: Final = (0, -1, 1)
"""Steps by which the clock of an app may be wrong (RFC 6238 section 5.2)."""
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base 32 by Crockford: no letter that is mistaken for a digit."""
_HALF: Final = 5
_DIGITS: Final = re.compile(r"[0-9]{6}", re.ASCII)
_MISREAD: Final = str.maketrans("oil", "011")


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey: its public half."""

    id: str
    """As the authenticator named it, in base64url."""
    public_key: str
    """COSE (RFC 9052), in base64url."""
    count: int
    """The authenticator's counter of signatures, where it has one: it never goes back."""
    name: str
    added_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Password:
    """A password, which is good only together with a code."""

    hashed: str
    """By argon2id, of the password mixed with a key that the store does not hold."""
    seed: str
    """Of the app's codes, encrypted with such a key: codes are made from it, so it cannot be
    hashed."""
    step: int
    """The last time step of which a code was taken: none is taken twice (RFC 6238 section 5.2)."""
    recovery: tuple[str, ...]
    """Keyed hashes of the recovery codes that are left."""


@dataclass(frozen=True, slots=True)
class Factors:
    """All that one user has."""

    passkeys: tuple[Passkey, ...] = ()
    password: Password | None = field(default=None)

    def passkey(self, name: str) -> Passkey | None:
        """Return the passkey of an id."""
        return next((one for one in self.passkeys if one.id == name), None)

    def without(self, name: str) -> Factors:
        """Return them without a passkey."""
        return replace(self, passkeys=tuple(one for one in self.passkeys if one.id != name))

    def having(self, passkey: Passkey) -> Factors:
        """Return them with a passkey, new or changed."""
        others = tuple(one for one in self.passkeys if one.id != passkey.id)
        return replace(self, passkeys=(*others, passkey))


def name_or(given: str, otherwise: str) -> str:
    """Return a name that somebody gave a passkey, as far as it can be shown; else another."""
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in given).split())
    return shown[:LONGEST_NAME] or otherwise


def problem_of(password: str, repeated: str, own: Sequence[str]) -> Problem | None:
    """Tell what is wrong with a new password, if anything is.

    Length is what makes one hard to guess; rules about kinds of signs only make it hard to remember
    (NIST SP 800-63B section 5.1.1.2).

    Args:
        password: as given.
        repeated: the same once more.
        own: the user's name and address, which are no password.
    """
    if len(password) < SHORTEST_PASSWORD:
        said = f"it has fewer than {SHORTEST_PASSWORD} characters"
        return Problem("password", said, "take several words", code="password_short")
    if len(password) > LONGEST_PASSWORD:
        said = f"it has more than {LONGEST_PASSWORD} characters"
        return Problem("password", said, "take a shorter one", code="password_long")
    if password.casefold() in {one.casefold() for one in own}:
        said = "it is your own name or address"
        return Problem("password", said, "take another one", code="password_own")
    if password != repeated:
        said = "the two are not the same"
        return Problem("password", said, "write it twice", code="password_differs")
    return None


def normalised(password: str) -> bytes:
    """Return a password as it is hashed: what looks alike is alike on every keyboard."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


def draw_seed() -> str:
    """Draw the seed of an app's codes: 160 bits (RFC 4226 section 4), in base32."""
    return pyotp.random_base32()


def seed_uri(seed: str, address: str, issuer: str) -> str:
    """Return the link by which an app takes a seed."""
    return pyotp.TOTP(seed).provisioning_uri(name=address, issuer_name=issuer)


def matching_step(seed: str, code: str, now: datetime, after: int) -> int | None:
    """Return the time step whose code somebody gave (RFC 6238); None: it does not fit.

    Args:
        seed: of the app.
        code: as given, with or without spaces.
        now: the present.
        after: the last step of which a code was taken: only later ones count.
    """
    digits = "".join(code.split())
    if not _DIGITS.fullmatch(digits):
        return None
    app, present = pyotp.TOTP(seed, interval=STEP_SECONDS), int(now.timestamp()) // STEP_SECONDS
    fitting = [
        present + drift
        for drift in DRIFT
        if present + drift > after
        and hmac.compare_digest(app.at((present + drift) * STEP_SECONDS), digits)
    ]
    return fitting[0] if fitting else None


def draw_recovery() -> list[str]:
    """Draw recovery codes of 50 random bits each: `k3m9x-7q2wd`."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(_HALF)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]


def read_recovery(given: str) -> str:
    """Return a recovery code in one form, whatever case and spaces somebody wrote it with."""
    return "".join(sign for sign in given.lower() if sign.isalnum()).translate(_MISREAD)


def recovery_digest(key: bytes, code: str) -> str:
    """Return what is stored of a recovery code: a keyed hash, for it has few enough bits to try."""
    return hmac.digest(key, b"recovery\0" + read_recovery(code).encode(), "sha256").hex()


def spent(password: Password, key: bytes, code: str) -> Password | None:
    """Return a password without the recovery code that was given; None: it is none of them."""
    digest = recovery_digest(key, code)
    left = tuple(one for one in password.recovery if not hmac.compare_digest(one, digest))
    return replace(password, recovery=left) if len(left) < len(password.recovery) else None
