"""The variable envelope sender: a bounce comes back to an address that names its delivery."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.domain.token import MAC_LENGTH, Purpose, Signer

LONGEST_LOCAL_PART: Final = 64
"""Octets (RFC 5321 section 4.5.3.1.1)."""
LARGEST_CAMPAIGN: Final = 2**20 - 1
"""A hundred campaigns a day for 28 years; a larger one would cost the mailbox name a letter."""
LARGEST_SUBSCRIBER: Final = 2**32 - 1
"""The store's bitmaps end there."""
LONGEST_MAILBOX: Final = LONGEST_LOCAL_PART - len("-bounces+") - len("fffff-ffffffff-") - MAC_LENGTH

_MAILBOX: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_READ: Final = 1024


class Source(NamedTuple):
    """The delivery that an envelope sender belongs to."""

    campaign: int
    subscriber: int


class ReturnPath:
    """Writes and reads envelope senders such as `bulletin-bounces+TOKEN@lists.example.org`."""

    def __init__(self, mailbox: str, domain: str, signer: Signer) -> None:
        """Take the list's mailbox name and domain (A-labels), and who signs.

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
        # A token may not be preceded by the end of a longer name, nor followed by more token.
        self._pattern = re.compile(
            rf"(?<![a-z0-9]){re.escape(self._before.lower())}([a-z0-9-]+)", re.ASCII
        )

    def write(self, campaign: int, subscriber: int) -> str:
        """Make the envelope sender of a delivery; its local part is never over 64 octets.

        Raises:
            ValueError: a number is negative or too large.
        """
        if campaign > LARGEST_CAMPAIGN or subscriber > LARGEST_SUBSCRIBER:
            raise ValueError(
                "Campaigns are numbered up to 2**20 - 1 and subscribers up to 2**32 - 1."
            )
        token = self._signer.sign(Purpose.BOUNCE, campaign, subscriber)
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
