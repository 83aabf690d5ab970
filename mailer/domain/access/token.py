"""Signed tokens: what a link or an address lets its bearer do, and to whom it was given.

Two forms. Most tokens are packed: numbers in letters of 5 bits, each as wide as `LAYOUTS` says, and
the MAC, without a separator, since a local part has 64 octets for the list's name and all of it.
Others are numbers in hexadecimal and the MAC, joined by hyphens; so was all mail sent before.
`mailer.domain.subscribers.bearer` tells what the numbers mean.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any, Final

from mailer.domain.subscribers.address import AddressError, key_of


class Purpose(StrEnum):
    """The purpose of a token; one made for a purpose is worthless for any other.

    A value is part of what is signed and never changes: old mail carries it. At most 16 octets.
    """

    LEAVE = "leave"
    """To leave the list."""
    PREFERENCES = "preferences"
    """To see and change what one gets."""
    CONFIRM = "confirm"
    """To confirm a request, or to change one thing at any time."""
    BOUNCE = "bounce"
    """The variable part of an envelope sender."""
    RSVP = "rsvp"
    """The token of the organizer's address in an invitation, to which the answer comes back."""
    FEEDBACK = "feedback"
    """Comes back in complaints."""
    TRIAL = "trial"
    """Shows what a campaign will send to whoever was sent a trial of it."""
    SIGN_IN = "sign-in"
    """The link of a user of the institution to sign in, or of an invitation to do so."""
    ANSWER = "answer"
    """The address that replies to an answer of the secretariat come to."""
    APPROVE = "approve"
    """The address to which an approver replies; it names what they were asked."""
    APPROVE_CODE = "approve-code"
    """The code in the mail that asks them, of which the address tells nothing."""
    MESSAGE = "message"
    """The left side of a Message-ID.

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
_PAIRS: Final = [high + low for high in _ALPHABET for low in _ALPHABET]
"""Each number of 10 bits, in two letters."""
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_PACKED: Final = re.compile(rf"[{_ALPHABET}]+")

MAILING, SHORT, NUMBER, MARK = 13, 8, 7, 8
"""Letters of a mailing's identity, of its beginning, of a subscriber's number, and of a mark."""
BRIEF: Final = 4
"""Letters of a mark where a local part has no room for more."""
LAYOUTS: Final[Mapping[Purpose, tuple[tuple[int, ...], ...]]] = {
    Purpose.LEAVE: ((4, 2, NUMBER, BRIEF),),
    Purpose.PREFERENCES: ((NUMBER, MARK),),
    Purpose.CONFIRM: ((NUMBER, 4, BRIEF),),
    Purpose.BOUNCE: ((SHORT, NUMBER),),
    Purpose.RSVP: ((7, NUMBER, BRIEF),),
    Purpose.FEEDBACK: ((MAILING, NUMBER), (MAILING, 1, NUMBER, MARK)),
    Purpose.TRIAL: ((MAILING,),),
    Purpose.SIGN_IN: ((MAILING,),),
    Purpose.ANSWER: ((MAILING,),),
    Purpose.APPROVE: ((MAILING,),),
    Purpose.APPROVE_CODE: ((MAILING,),),
    Purpose.MESSAGE: ((MAILING, NUMBER), (MAILING, NUMBER, 2), (MAILING, 1, NUMBER, MARK)),
}
"""The width of each number of a packed token, in letters; the layouts of one purpose differ in the
count of their numbers, and in length."""


class Series:
    """Makes packed tokens that begin alike, quicker than `Signer.pack` does."""

    def __init__(self, mac: Any, beginning: str) -> None:
        self._mac, self._beginning = mac, beginning

    def sign(self, rest: str) -> str:
        """Make one token, given the letters that follow."""
        mac = self._mac.copy()
        mac.update(rest.encode("ascii"))
        return f"{self._beginning}{rest}{mac.digest().translate(_LETTERS).decode('ascii')}"


class Signer:
    """Makes tokens and tells true ones from false, with the service's secret key."""

    def __init__(self, secret: bytes) -> None:
        """Sign with a secret key of at least 16 octets.

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
        self._marks = hashlib.blake2b(digest_size=MARK, key=key, person=b"mark")

    def mark(self, address: str) -> str:
        """Return what a token knows a reader's address by, besides their number.

        Numbers repeat where a store lost its last hours: when a copy is brought back, or another
        server takes over, they are given to others. The mark does not, so that a link acts for
        nobody but whoever it was sent to (law 16).

        Args:
            address: in any spelling that `key_of` takes for the same.

        Returns:
            `MARK` letters, of which a token may hold the first few only.
        """
        key = address.lower()
        if not key.isascii() or "xn--" in key:
            with suppress(AddressError):  # nobody subscribes by what is none
                key = key_of(address)
        marks = self._marks.copy()
        marks.update(key.encode())
        return marks.digest().translate(_LETTERS).decode("ascii")

    def series(self, purpose: Purpose, beginning: str = "") -> Series:
        """Make what signs many packed tokens that begin with these letters."""
        mac = self._macs[purpose].copy()
        mac.update(beginning.encode("ascii"))
        return Series(mac, beginning)

    def pack(self, purpose: Purpose, *numbers: int) -> str:
        """Make the packed token that stands for these numbers.

        Raises:
            ValueError: no layout of that purpose has so many, or one is too large.
        """
        widths = next((one for one in LAYOUTS[purpose] if len(one) == len(numbers)), ())
        if not widths:
            raise ValueError(f"No token for {purpose} holds {len(numbers)} numbers.")
        text = "".join(map(letters, numbers, widths))
        return f"{text}{self._mac(purpose, text)}"

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
        token = token.lower().translate(_MISREAD)
        if "-" not in token:
            return self._unpacked(purpose, token)
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        text = found[1][:-1]
        if not hmac.compare_digest(self._mac(purpose, text), found[2]):
            return None
        return tuple(int(number, 16) for number in text.split("-"))

    def _unpacked(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        text, mac = token[:-MAC_LENGTH], token[-MAC_LENGTH:]
        widths = next((one for one in LAYOUTS[purpose] if sum(one) == len(text)), ())
        if not widths or not _PACKED.fullmatch(token):
            return None
        if not hmac.compare_digest(self._mac(purpose, text), mac):
            return None
        numbers, at = [], 0
        for width in widths:
            numbers.append(number_of(text[at : at + width]))
            at += width
        return tuple(numbers)

    def _mac(self, purpose: Purpose, text: str) -> str:
        mac = self._macs[purpose].copy()
        mac.update(text.encode("ascii"))
        return mac.digest().translate(_LETTERS).decode("ascii")


def letters(number: int, width: int) -> str:
    """Write a number in letters of 5 bits.

    Raises:
        ValueError: it is negative, or needs more letters.
    """
    if not 0 <= number < 1 << 5 * width:
        raise ValueError(f"{number} does not fit in {width} letters of 5 bits.")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(width - 1, -1, -1))


def subscriber_letters(number: int) -> str:
    """Write a subscriber's number in `NUMBER` letters, as `letters` does but quicker.

    Raises:
        IndexError: it has over 35 bits.
    """
    upper, lower = number >> 20, number & 0xFFFFF
    return (
        f"{_ALPHABET[upper >> 10]}{_PAIRS[upper & 1023]}{_PAIRS[lower >> 10]}{_PAIRS[lower & 1023]}"
    )


def number_of(text: str) -> int:
    """Read what `letters` wrote."""
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    return number


def suppression_hash(secret: bytes, address: str) -> str:
    """Name an address without telling it, so that erasing a person does not unsuppress them.

    Args:
        secret: the service's secret key.
        address: the normalised address; other spellings of it give other hashes.

    Returns:
        HMAC-SHA256 in hexadecimal, 64 characters.
    """
    return hmac.digest(secret, b"suppression\0" + address.encode(), "sha256").hex()
