"""What becomes of an answer after it was written: it did not leave, or it came back.

Either way its letter waits again: whoever wrote the answer believes that it arrived (law 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mailer.clock import Clock
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Item, Standing, Why
from mailer.domain.inbound.kinds import Action, Kind, Understanding
from mailer.domain.inbound.own_addresses import OwnAddress, Role
from mailer.domain.inbound.received import MailState, Received
from mailer.errors import NotFoundError
from mailer.services.inbound.intake import AtAddress, Outcome
from mailer.store.inbound import inbox
from mailer.store.inbound.inbox import Change
from mailer.store.server.connection import Store


def waits_again(store: Store, clock: Clock, number: int, why: Why) -> bool:
    """Have the letter wait again that an answer was written to; false if there is none any more.

    Does nothing where that is so already: it may be told several times.

    Args:
        store: the open store.
        clock: the time.
        number: the answer's.
        why: `UNSENT` or `RETURNED`.
    """
    answer = inbox.answer(store, number)
    if answer is None:
        return False

    def decide(record: Received) -> Change | None:
        item = record.item or Item(Standing.WAITING, why, author=answer.to, thread=answer.thread)
        if item.standing is Standing.WAITING and item.why is why and record.item:
            return None
        facts: dict[str, str | int] = {"mail": record.number, "answer": number, "reason": why}
        event = Event("inbox.answer_failed", clock.now(), facts)
        return Change(replace(item, standing=Standing.WAITING, why=why), event, {})

    try:
        inbox.change(store, answer.mail, decide)
    except NotFoundError:
        return False
    return True


class Returned:
    """Acts on mail to the address that an answer came from."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Set up with the store and a clock."""
        self._store, self._clock = store, clock

    def at_addresses(self) -> Mapping[Role, AtAddress]:
        """Return what the intake asks, by kind of our addresses."""
        return {Role.OWNER: self.at_address}

    def at_address(
        self, _record: Received, understood: Understanding, own: OwnAddress
    ) -> Outcome | None:
        """Take a report that an answer was not delivered; None: the mail is something else."""
        if not own.numbers or understood.kind is not Kind.BOUNCE:
            return None
        if any(one.action is Action.DELAYED for one in understood.bounces):
            return Outcome(MailState.HANDLED, "an answer is late; nothing follows from it")
        _, answer = inbox.known(self._store, [inbox.digest("answer", str(own.numbers[0]))])
        if not waits_again(self._store, self._clock, answer, Why.RETURNED):
            return Outcome(MailState.HANDLED, "an answer came back whose letter is not kept")
        return Outcome(MailState.HANDLED, "an answer came back: its letter waits again")
