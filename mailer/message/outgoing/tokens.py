"""The tokens of one mailing's deliveries: five a message, so that they must be quick to make."""

from __future__ import annotations

from typing import NamedTuple

from mailer.domain.access.token import BRIEF, MAILING, Purpose, Signer, letters, subscriber_letters
from mailer.domain.subscribers.bearer import leave_beginning


class Granted(NamedTuple):
    """The rights that one delivery gives to its bearer."""

    leave: str
    preferences: str
    message: str
    """The left side of its Message-ID."""
    feedback: str
    rsvp: str
    """Empty unless it invites to something."""


class Tokens:
    """Makes the tokens of a campaign's deliveries, or those of one lot of trials."""

    def __init__(
        self, signer: Signer, campaign: int, mailing: int, *, invitation: int = 0, trial: int = 0
    ) -> None:
        """Make tokens for the deliveries of one mailing.

        Args:
            signer: makes them.
            campaign: its number; 0 for mail outside a campaign.
            mailing: its identity; 0 if it was started before there were any.
            invitation: names the calendar entry that readers are invited to; 0: none.
            trial: tells the messages of a lot of trials apart; 0: none of those.
        """
        self._signer, self._campaign, self._mailing, self._trial = signer, campaign, mailing, trial
        self._leave = signer.series(Purpose.LEAVE, leave_beginning(campaign, mailing))
        self._preferences = signer.series(Purpose.PREFERENCES)
        self._rsvp = signer.series(Purpose.RSVP, letters(invitation, 7)) if invitation else None
        beginning = letters(mailing, MAILING)
        self._message = signer.series(Purpose.MESSAGE, beginning)
        self._feedback = signer.series(Purpose.FEEDBACK, beginning)
        self._ending = letters(trial, 2) if trial else ""

    def of(self, number: int, address: str) -> Granted:
        """Make those of one delivery; the same ones each time, so that a repeat can be told.

        Args:
            number: the subscriber's.
            address: as the store has it.
        """
        who, mark = subscriber_letters(number), self._signer.mark(address)
        brief = f"{who}{mark[:BRIEF]}"
        if self._mailing:
            message = self._message.sign(f"{who}{self._ending}")
            feedback = self._feedback.sign(who)
        else:
            message, feedback = self._of_old(number)
        return Granted(
            self._leave.sign(brief),
            self._preferences.sign(f"{who}{mark}"),
            message,
            feedback,
            self._rsvp.sign(brief) if self._rsvp is not None else "",
        )

    def _of_old(self, number: int) -> tuple[str, str]:
        """Make what names a delivery as it was named when the campaign was started (law 3)."""
        numbers = (self._campaign, number, *((self._trial,) if self._trial else ()))
        message = self._signer.sign(Purpose.MESSAGE, *numbers)
        return message, self._signer.sign(Purpose.FEEDBACK, *numbers[:2])
