"""Mail that came in, as the secretariat looks at it: lists, one mail, what is to be removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from mailer.config import Settings
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.received import MailState, Received
from mailer.services.access.acting import act
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import room
from mailer.store.server.connection import Store

WAITS: Final = (MailState.WAITING, MailState.HELD, MailState.QUARANTINED)
"""The states meant where none is named: mail that waits for something."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The mail that is kept, and the room that it takes."""

    mails: Sequence[Received]
    """The mails that were asked for, the newest first."""
    counts: Mapping[MailState, int]
    """Of all."""
    octets: int
    most_octets: int
    strangers_octets: int
    """The part taken by waiting mail that bears none of our tokens."""
    strangers_most_octets: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice of mails: those to which all of this applies; empty is any."""

    kinds: Sequence[Kind] = ()
    states: Sequence[MailState] = WAITS
    sender: str = ""
    """An address, or all of `@DOMAIN`."""
    before: datetime | None = None
    """The mails that came in at this instant or earlier."""

    def has(self, one: Received) -> bool:
        """Tell whether a mail has this sender and this age."""
        written, sender = one.sender.lower(), self.sender.lower()
        of = written.endswith(sender) if sender.startswith("@") else written == sender
        return (not sender or of) and (self.before is None or one.at <= self.before)


@act("inbound.list")
def overview(
    store: Store,
    settings: Settings,
    most: int,
    states: Sequence[MailState] = (),
    kinds: Sequence[Kind] = (),
) -> Overview:
    """List mail, the newest first, with the sums of all that is kept.

    Args:
        store: the open store.
        settings: for the room that there is.
        most: how many are listed.
        states: only mail in one of these; none: in any.
        kinds: only mail of one of these kinds; none: of any.
    """
    return Overview(
        mails=inbound.newest(store, states or tuple(MailState), kinds, most),
        counts=inbound.counts(store),
        octets=room.bytes_kept(store),
        most_octets=settings.keep_raw_bytes,
        strangers_octets=room.bytes_of_strangers(store),
        strangers_most_octets=room.strangers_limit(settings.keep_raw_bytes),
    )


@act("inbound.list")
def page(store: Store, chosen: Chosen, most: int, before: int = 0) -> list[Received]:
    """List the mails that fit, the newest first.

    Args:
        store: the open store.
        chosen: which.
        most: how many.
        before: only mails with a lower number; 0: from the newest.
    """
    states = chosen.states or tuple(MailState)
    fitting = (
        one
        for one in inbound.older(store, states, before)
        if chosen.has(one) and (not chosen.kinds or one.kind in chosen.kinds)
    )
    return list(islice(fitting, most))


@act("inbound.list")
def find(store: Store, number: int) -> Received:
    """Return a mail's record.

    Raises:
        NotFoundError: there is none of that number.
    """
    return inbound.get(store, number)


@act("inbound.read")
def content(store: Store, number: int) -> bytes:
    """Return a mail as it came.

    Raises:
        NotFoundError: there is none of that number, or its content is not kept any more.
    """
    return inbound.raw(store, number)


@act("inbound.list")
def matching(store: Store, chosen: Chosen, numbers: Sequence[int] | None = None) -> list[Received]:
    """List the mails that fit, of those with these numbers or of all.

    Raises:
        NotFoundError: there is none of one of the numbers.
    """
    if numbers:
        found = [find(store, number) for number in dict.fromkeys(numbers)]
    else:
        most = sum(inbound.counts(store).values())
        found = inbound.newest(store, chosen.states, chosen.kinds, most)
    return [one for one in found if chosen.has(one)]
