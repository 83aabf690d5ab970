"""The variable envelope sender: a bounce comes back to an address that names its delivery."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.domain.access.token import (
    MAC_LENGTH,
    SHORT,
    Purpose,
    Series,
    Signer,
    letters,
    subscriber_letters,
)
from mailer.domain.subscribers.bearer import (
    LARGEST_CAMPAIGN,
    LARGEST_SUBSCRIBER,
    LEAST_IDENTITY,
    short,
)

LONGEST_LOCAL_PART: Final = 64
"""Octets (RFC 5321 section 4.5.3.1.1)."""
LONGEST_MAILBOX: Final = LONGEST_LOCAL_PART - len("-bounces+") - len("fffff-ffffffff-") - MAC_LENGTH

_MAILBOX: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_READ: Final = 1024


class Source(NamedTuple):
    """The delivery that an envelope sender belongs to."""

    mailing: int
    """The beginning of its identity, or the number of a campaign from before there were any; see
    `mailer.store.campaigns.records.of_mailing`."""
    subscriber: int


class ReturnPath:
    """Writes and reads envelope senders such as `bulletin-bounces+TOKEN@lists.example.org`.

    What they name is random (law 16): a bounce of mail that the store has forgotten, after a copy
    was brought back, is never one of a later campaign that has the same number.
    """

    def __init__(self, mailbox: str, domain: str, signer: Signer) -> None:
        """Make return paths of one list; its domain is in A-labels.

        Raises:
            ValueError: the name is not one, or so long that a local part could exceed 64 octets.
        """
        if not _MAILBOX.fullmatch(mailbox) or ".." in mailbox:
            raise ValueError(f"{mailbox!r} is no mailbox name: use letters, digits, - . and _.")
        if len(mailbox) > LONGEST_MAILBOX:
            raise ValueError(
                f"The mailbox name {mailbox!r} is too long for bounce addresses:"
                f" {LONGEST_MAILBOX} characters at most."
            )
        self._before = f"{mailbox}-bounces+"
        self._after = f"@{domain}"
        self._signer = signer
        self._last: tuple[int, Series] = (0, signer.series(Purpose.BOUNCE))
        # A token may not be preceded by the end of a longer name, nor followed by more token.
        self._pattern = re.compile(
            rf"(?<![a-z0-9]){re.escape(self._before.lower())}([a-z0-9-]+)", re.ASCII
        )

    def write(self, mailing: int, subscriber: int) -> str:
        """Make the envelope sender of a delivery; its local part is never over 64 octets.

        Args:
            mailing: the campaign's identity, or its number if it was started without one.
            subscriber: whose delivery it is; 0 for a trial.

        Raises:
            ValueError: a number is negative or too large.
        """
        if not 0 <= subscriber <= LARGEST_SUBSCRIBER or LARGEST_CAMPAIGN < mailing < LEAST_IDENTITY:
            raise ValueError(
                "Campaigns are numbered up to 2**20 - 1 and subscribers up to 2**32 - 1."
            )
        if mailing < LEAST_IDENTITY:
            token = self._signer.sign(Purpose.BOUNCE, mailing, subscriber)
        else:
            token = self._series(mailing).sign(subscriber_letters(subscriber))
        return f"{self._before}{token}{self._after}"

    def read(self, recipient: str) -> Source | None:
        """Tell which delivery a bounce address belongs to, or None if we never wrote it.

        The signature decides, so the form may be changed as far as mail systems do: capitals,
        a further `+detail`, SRS0/SRS1 (`SRS0=hash=day=domain=local@forwarder`), BATV
        (`prvs=tag=local@domain`), quotes, angle brackets, another domain.
        """
        for token in self._pattern.findall(recipient[:_LONGEST_READ].lower()):
            numbers = self._signer.verify(Purpose.BOUNCE, token)
            if numbers is not None and len(numbers) == 2:
                return Source(*numbers)
        return None

    def _series(self, mailing: int) -> Series:
        """Return what signs a mailing's deliveries; that of the last one is kept."""
        known, series = self._last  # at once: several threads may write
        if known != mailing:
            series = self._signer.series(Purpose.BOUNCE, letters(short(mailing), SHORT))
            self._last = (mailing, series)
        return series
