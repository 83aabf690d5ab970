"""Meaning of a token's numbers: who may act by it, and which mailing it came with (law 16).

| purpose | packed | in hexadecimal |
|---|---|---|
| leave | campaign, check, subscriber, mark | subscriber, campaign; and 1 if it was asked |
| preferences | subscriber, mark | subscriber |
| confirm | subscriber, change, mark | request; or 0, subscriber, change |
| rsvp | calendar entry, subscriber, mark | calendar entry, subscriber |
| bounce | mailing (its beginning), subscriber | campaign, subscriber |
| feedback | mailing, subscriber | campaign, subscriber |
| message | mailing, subscriber, and a third in trials | campaign, subscriber |
| both, of service mail | mail, 0, subscriber, mark | 0, subscriber, mail |
| trial | mailing | campaign |

Numbers of subscribers and campaigns are given again where a store lost its last hours. So a token
names a subscriber with the mark of the address (`Signer.mark`), and a campaign by the random
identity that it drew when it started: the mailing. What is in hexadecimal, but for requests, whose
numbers are random, is of mail from before that; `subscriptions.bearers` tells for whom it stands.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mailer.domain.access.token import (
    BRIEF,
    MAILING,
    MARK,
    SHORT,
    Purpose,
    Signer,
    letters,
    subscriber_letters,
)
from mailer.domain.subscribers.subscribing import ASKED, STANDING

LARGEST_CAMPAIGN: Final = 2**20 - 1
"""A hundred campaigns a day for 28 years."""
LARGEST_SUBSCRIBER: Final = 2**32 - 1
"""The store's bitmaps end there."""
IDENTITY_BITS: Final = 64
LEAST_IDENTITY: Final = 1 << IDENTITY_BITS - 1
"""Identities begin with a bit that is set, so that neither they nor their beginnings are numbers
of campaigns."""
SHORT_BITS: Final = 5 * SHORT
LARGEST_REQUEST: Final = 2**53 - 1
"""The largest number that every reader of JSON can hold."""
_CUT: Final = IDENTITY_BITS - SHORT_BITS
_QUESTION: Final = 1 << 34
"""Beside a subscriber's number: the token was sent with the question whether to leave."""
_CHECK_BITS: Final = 10


class Bearer(NamedTuple):
    """The reader that a token was sent to."""

    subscriber: int
    """0: nobody; a trial, for one."""
    mark: str = ""
    """The mark of the address that it was sent to; empty: the token is from before marks."""

    def is_marked(self, mark: str) -> bool:
        """Tell whether an address with that mark is the one that the token was sent to."""
        return bool(self.mark) and mark.startswith(self.mark)


class Leave(NamedTuple):
    """The facts in a token to leave."""

    bearer: Bearer
    campaign: int = 0
    """Number of the campaign that it came with; 0: mail outside a campaign."""
    check: int | None = None
    """See `check_of`; none: from before there were identities."""
    asked: bool = False
    """True if it was sent with the question whether to leave, so that the answer must be clear."""


class Standing(NamedTuple):
    """The facts in a token that changes one thing at any time."""

    bearer: Bearer
    change: int
    """See `mailer.domain.subscribers.subscribing.mark`."""


class Invited(NamedTuple):
    """The facts in an invitation's token."""

    entry: int
    """See `mailer.domain.calendar.entry.Entry.number`."""
    bearer: Bearer


def short(mailing: int) -> int:
    """Return how envelope senders name a mailing, for want of space: an identity's beginning."""
    return mailing >> _CUT if mailing >= LEAST_IDENTITY else mailing


def check_of(mailing: int) -> int:
    """Return what a token to leave tells of its mailing besides the campaign's number: 10 bits.

    Whom it is about the mark says; which campaign they left by is for statistics only.
    """
    return mailing & (1 << _CHECK_BITS) - 1 if mailing >= LEAST_IDENTITY else 0


def leave_beginning(campaign: int, mailing: int) -> str:
    """Write what all tokens to leave of one campaign begin with."""
    return letters(campaign, 4) + letters(check_of(mailing), 2)


def sign_leave(signer: Signer, number: int, address: str, *, asked: bool = False) -> str:
    """Make a token to leave for mail outside a campaign."""
    named = number | (_QUESTION if asked else 0)
    rest = subscriber_letters(named) + signer.mark(address)[:BRIEF]
    return signer.series(Purpose.LEAVE, leave_beginning(0, 0)).sign(rest)


def sign_preferences(signer: Signer, number: int, address: str) -> str:
    """Make a token to see and change what one gets."""
    return signer.series(Purpose.PREFERENCES).sign(
        subscriber_letters(number) + signer.mark(address)
    )


def sign_standing(signer: Signer, number: int, address: str, change: int) -> str:
    """Make a token that changes one thing at any time; see `subscribers.subscribing.mark`."""
    rest = subscriber_letters(number) + letters(change, 4) + signer.mark(address)[:BRIEF]
    return signer.series(Purpose.CONFIRM).sign(rest)


def sign_service_mail(
    signer: Signer, purpose: Purpose, mail: int, number: int, address: str
) -> str:
    """Make what names a service mail, given the mail's identity.

    Args:
        signer: makes it.
        purpose: MESSAGE, the left side of its Message-ID; or FEEDBACK.
        mail: its identity.
        number: of the subscriber whom it is to; 0 for somebody who is none.
        address: whom it is to.
    """
    rest = letters(mail, MAILING) + "0" + subscriber_letters(number) + signer.mark(address)
    return signer.series(purpose).sign(rest)


def leave(numbers: tuple[int, ...]) -> Leave | None:
    """Read a token to leave."""
    match numbers:
        case (campaign, check, named, mark):
            asked, number = bool(named & _QUESTION), named & ~_QUESTION
            return Leave(Bearer(number, letters(mark, BRIEF)), campaign, check, asked)
        case (number, _, asked) if asked == ASKED:
            return Leave(Bearer(number), asked=True)
        case (number, campaign):
            return Leave(Bearer(number), campaign)
    return None


def preferences(numbers: tuple[int, ...]) -> Bearer | None:
    """Read a token to see and change what one gets."""
    match numbers:
        case (number, mark):
            return Bearer(number, letters(mark, MARK))
        case (number,):
            return Bearer(number)
    return None


def request(numbers: tuple[int, ...]) -> int:
    """Read which request a token confirms; 0: none."""
    return numbers[0] if len(numbers) == 1 else 0


def standing(numbers: tuple[int, ...]) -> Standing | None:
    """Read a token that changes one thing at any time."""
    match numbers:
        case (first, number, change) if first == STANDING:
            return Standing(Bearer(number), change)
        case (number, change, mark):
            return Standing(Bearer(number, letters(mark, BRIEF)), change)
    return None


def invited(numbers: tuple[int, ...]) -> Invited | None:
    """Read an invitation's token."""
    match numbers:
        case (entry, number, mark):
            return Invited(entry, Bearer(number, letters(mark, BRIEF)))
        case (entry, number):
            return Invited(entry, Bearer(number))
    return None
