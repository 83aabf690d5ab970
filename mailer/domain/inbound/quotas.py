"""Shares of waiting mail by its sender, so that nobody uses up what is kept for the others.

Counted is mail that is not handled: unread, held back, waiting for a person, or put aside. What was
handled gives way by itself. Mail that bears one of our tokens may use all the room there is, for
each token a little; all other mail together leaves a part free, and is counted by kind, network and
sender besides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from mailer.domain.inbound.own_addresses import OwnAddress, Role
from mailer.domain.settings.networks import circles

STRANGERS: Final = 0.8
"""The part of all room that mail without our tokens may take: the rest is a reserve."""
KIND: Final = 0.4
NETWORK: Final = 0.2
SENDER: Final = 0.05
TOKEN: Final = 0.05
RECORD_BYTES: Final = 1024
"""The room for each mail besides its content; without it, many small ones would cost nothing."""
_SPARE: Final = 1.01
"""The growth allowed for content that does not shrink when it is compressed."""
_COMMANDS: Final = frozenset(
    {
        *(Role.SUBSCRIBE, Role.LEAVE, Role.CONFIRM, Role.CALENDAR, Role.HELP),
        *(Role.RSVP, Role.APPROVE),
    }
)


class Share(NamedTuple):
    """The room that one party may use."""

    name: str
    """The name of the rule: `strangers`, `kind`, `network`, `sender` or `token`."""
    who: str
    """The party that is counted; with the name, a key."""
    most: int
    """Octets."""

    @property
    def key(self) -> str:
        """Name the counter; of bounded length, whatever strangers call themselves."""
        return f"{self.name} {hashlib.blake2b(self.who.encode(), digest_size=12).hexdigest()}"


def shares_of(
    own: Sequence[OwnAddress], sender: str, client: str, *, room: int, largest: int
) -> list[Share]:
    """List what a mail is counted by; one of each name at most.

    Args:
        own: those of its recipients that are ours.
        sender: of its envelope.
        client: the network address that it came from; empty: nobody knows.
        room: octets for all mail.
        largest: octets of the largest mail: a share has room for one at least.
    """
    least = int(largest * _SPARE) + 2 * RECORD_BYTES
    tokens = sorted((one.role, one.numbers) for one in own if one.numbers)
    if tokens:
        return [Share("token", str(tokens[0]), max(int(room * TOKEN), least))]
    found = [
        Share("strangers", "", int(room * STRANGERS)),
        Share("kind", kind_of(own, sender), max(int(room * KIND), least)),
        Share("network", circles(client)[1], max(int(room * NETWORK), least)),
    ]
    if sender:
        found.append(Share("sender", sender.lower(), max(int(room * SENDER), least)))
    return found


def is_urgent(own: Sequence[OwnAddress], sender: str) -> bool:
    """Tell whether somebody may wait for an answer: such mail is read before reports."""
    return bool(sender) and any(one.role in _COMMANDS or one.role is Role.LIST for one in own)


def kind_of(own: Sequence[OwnAddress], sender: str) -> str:
    """Tell what kind of mail it seems to be before anybody has read it."""
    roles = {one.role for one in own}
    if not sender or Role.COMPLAINTS in roles:
        return "reports"
    return "commands" if roles & _COMMANDS else "letters"
