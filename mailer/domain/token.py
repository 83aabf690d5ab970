"""Signed tokens: what a link or an address lets its bearer do, and to whom it was given."""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    """What a token is good for; one made for a purpose is worthless for any other.

    A value is part of what is signed and never changes: old mail carries it. At most 16 octets.
    """

    LEAVE = "leave"
    """Numbers: subscriber, campaign (0 for mail outside a campaign)."""
    PREFERENCES = "preferences"
    """Numbers: subscriber."""
    CONFIRM = "confirm"
    """Numbers: those by which the service finds its pending request."""
    BOUNCE = "bounce"
    """Numbers: campaign, subscriber. The variable part of an envelope sender."""
    RSVP = "rsvp"
    """Numbers: calendar entry (see `Entry.number`), subscriber. Of the organizer's address in an
    invitation, which the answer comes back to."""
    FEEDBACK = "feedback"
    """Numbers: campaign, subscriber. Comes back in complaints."""
    TRIAL = "trial"
    """Numbers: campaign. Shows what it will send to whoever was sent a trial of it."""
    MESSAGE = "message"
    """Numbers: campaign, subscriber, and a third for trials. The left side of a Message-ID.

    Apart from BOUNCE because replies quote a Message-ID to third parties, who must not be able
    to make a bounce of it.
    """


MAC_LENGTH: Final = 16
"""Characters of 5 bits: 80 bits are beyond guessing through mail or a web form."""
LARGEST_NUMBER: Final = 2**64 - 1

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base 32 by Crockford: no letter that is mistaken for a digit, and no case."""
_LETTERS: Final = bytes(ord(_ALPHABET[octet % 32]) for octet in range(256))
"""Translates an octet to the letter for its lowest 5 bits: quicker than packing 8 bits."""
_MISREAD: Final = str.maketrans("oil", "011")
_TOKEN: Final = re.compile(
    rf"((?:(?:0|[1-9a-f][0-9a-f]{{0,15}})-)+)([{_ALPHABET}]{{{MAC_LENGTH}}})"
)
_LONGEST: Final = 128


class Signer:
    """Makes tokens and tells true ones from false, with the service's secret key."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret key, at least 16 octets.

        Raises:
            ValueError: the key is too short to be one.
        """
        if len(secret) < 16:
            raise ValueError("The secret key is too short: it needs 16 octets at least.")
        key = hashlib.sha256(secret).digest()
        self._macs = {
            purpose: hashlib.blake2b(
                digest_size=MAC_LENGTH, key=key, person=purpose.value.encode("ascii")
            )
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, *numbers: int) -> str:
        """Make the token that stands for these numbers; the same ones give the same token.

        Args:
            purpose: what the token is for.
            numbers: one or more, from 0 to 2**64 - 1; they can be read by anyone.

        Returns:
            The numbers in hexadecimal and the MAC, joined by hyphens: letters, digits and `-`
            only, so it fits URLs, local parts and file names, in any case.

        Raises:
            ValueError: no number was given, or one is out of range.
        """
        if not numbers or min(numbers) < 0 or max(numbers) > LARGEST_NUMBER:
            raise ValueError("A token needs one number at least, each from 0 to 2**64 - 1.")
        text = "-".join(["%x"] * len(numbers)) % numbers
        return f"{text}-{self._mac(purpose, text)}"

    def verify(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """Read the numbers out of a token, or None if we did not make it for this purpose.

        Tolerates what mail systems and people do to a token: capitals, and the letters O, I
        and L for the digits they look like. Does not tell whether what it names still exists.
        """
        if len(token) > _LONGEST or not token.isascii():
            return None
        found = _TOKEN.fullmatch(token.lower().translate(_MISREAD))
        if found is None:
            return None
        text = found[1][:-1]
        if not hmac.compare_digest(self._mac(purpose, text), found[2]):
            return None
        return tuple(int(number, 16) for number in text.split("-"))

    def _mac(self, purpose: Purpose, text: str) -> str:
        mac = self._macs[purpose].copy()
        mac.update(text.encode("ascii"))
        return mac.digest().translate(_LETTERS).decode("ascii")


def suppression_hash(secret: bytes, address: str) -> str:
    """Name an address without telling it, so that erasing a person does not unsuppress them.

    Args:
        secret: the service's secret key.
        address: the normalised address; other spellings of it give other hashes.

    Returns:
        HMAC-SHA256 in hexadecimal, 64 characters.
    """
    return hmac.digest(secret, b"suppression\0" + address.encode(), "sha256").hex()
