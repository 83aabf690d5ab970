"""Makes the tokens of invitations."""

from __future__ import annotations

from mailer.domain.access.token import Signer
from mailer.message.outgoing.tokens import Tokens


def invitation_token(signer: Signer, entry: int, number: int, address: str) -> str:
    """Make the token of a reader's invitation to an entry, as the mail that invites has it."""
    return Tokens(signer, 0, 0, invitation=entry).of(number, address).rsvp
