"""Takes in what comes by any way: keeps it durably before anyone is told so, then has it read.

    the ways in -> `receive` -> the store, with event and job -> "accepted"
    job -> `process` -> what kind of mail is it? -> its handler, or a person

Both may be repeated at any time: a mail that is here already is accepted and not kept again, and
one that was read is not read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.language.command_words import vocabularies
from mailer.domain.access.token import Signer
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Why, why_of
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.own_addresses import OwnAddress, OwnAddresses, Role
from mailer.domain.inbound.received import Incoming, MailState, Received, Way
from mailer.errors import StoreError
from mailer.message.incoming.understand import understand
from mailer.message.outgoing.verp import ReturnPath
from mailer.services.access.acting import act
from mailer.services.inbound.inbox.entering import Entering
from mailer.services.inbound.making_room import Room
from mailer.store import events
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import reading
from mailer.store.inbound.mails import LOT, Arrival, Kept, Move
from mailer.store.server.connection import Store

MOST_ATTEMPTS: Final = 3
"""The number of workers that may die over a mail before it is put aside."""
_PATIENCE: Final = 4
"""Leases that reading a lot of mails may take before they are asked for again."""
BRIEF_BYTES: Final = 16 * 1024
"""The part kept of reports that can have no consequence, with a digest of the whole."""
_SWEPT: Final = 500
"""Mails that one round asks for again."""

__all__ = ["LOT", "Intake", "Kept", "own_addresses"]

_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of reading a mail."""

    state: MailState
    reason: str
    """For people."""
    follow_up: Callable[[Any], None] | None = None
    """Adds to the transaction that ends the reading: jobs, keys (law 9)."""
    again: datetime | None = None
    """The instant at which the mail is read again, if it is held."""
    brief: bool = False
    """True if nothing follows from it: of a stranger's mail the beginning is enough, then."""
    why: Why | None = None
    """The reason why a person has to see it; None: none has to, or, if it waits, by its kind."""


Handler = Callable[[Received, Understanding], Outcome]
"""Decides what follows from a mail; takes its record, and what was understood of it."""
AtAddress = Callable[[Received, Understanding, OwnAddress], Outcome | None]
"""The same for mail to one kind of our addresses; takes that address too. None: as its kind."""


def _person_decides(_record: Received, _understood: Understanding) -> Outcome:
    return Outcome(MailState.WAITING, "a person has to look at it")


def _nothing_follows(reason: str) -> Handler:
    return lambda _record, _understood: Outcome(MailState.HANDLED, reason)


HANDLERS: Final[Mapping[Kind, Handler]] = {
    Kind.AUTO_REPLY: _nothing_follows("a machine answered; nothing follows from it"),
    Kind.CHALLENGE: _nothing_follows("challenges are never answered"),
    Kind.RECEIPT: _nothing_follows("a report of success; nothing follows from it"),
}
"""The handlers of the kinds handled by themselves. A kind not here waits for a person (law 11)."""


def own_addresses(settings: Settings) -> OwnAddresses:
    """Make what tells our addresses from others.

    Raises:
        ConfigError: the secret key cannot be read.
    """
    signer = Signer(secret_key(settings))
    return OwnAddresses(
        settings.list_name,
        settings.list_domain,
        languages=settings.languages,
        topics=settings.topics.visible,
        hidden=settings.topics,
        signer=signer,
        return_path=ReturnPath(settings.list_name, settings.list_domain, signer).read,
    )


class Intake:
    """Takes mail in; one for each process that does, used by one thread at a time."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        handlers: Mapping[Kind, Handler] | None = None,
        at_addresses: Mapping[Role, AtAddress] | None = None,
    ) -> None:
        """Set up with the handlers of each kind of mail.

        Args:
            store: the open store.
            settings: the settings.
            clock: the time.
            handlers: what acts on mail by its kind, beside `HANDLERS`.
            at_addresses: what acts on mail to certain addresses, and is asked first.
        """
        settings.check_for_sending()
        self._handlers, self._at_addresses = handlers or {}, at_addresses or {}
        self._store, self._clock = store, clock
        self.most_bytes = settings.inbound_max_bytes
        self._lease = settings.lease_seconds
        self.use(settings)
        self.list_address = self._addresses.list_address

    def use(self, settings: Settings) -> None:
        """Go on with another look: other languages and topics have other addresses."""
        self._settings = settings
        self._addresses = own_addresses(settings)
        self._room = Room(self._store, settings, self._clock, self._addresses)
        self._entering = Entering(self._store, settings, self._addresses)

    def address(self, recipient: str) -> OwnAddress | None:
        """Tell which of our addresses a recipient is; none: mail to it is refused.

        Needs no store, and may be asked from any thread.
        """
        return self._addresses.read(recipient)

    def receive(self, mails: Sequence[Incoming]) -> list[Kept]:
        """Keep mails; returns once they are on disk, so that senders may be told so (law 10).

        All of them commit at once: a durable write costs much the same for one and for fifty.

        Raises:
            StoreError: they may not be kept: senders must try again, which does no harm.
        """
        if not mails:
            return []
        mails = [replace(mail, **_readable(mail)) for mail in mails]
        counted = [self._room.arrival(mail) for mail in mails]
        kept = self._keep(counted)
        full = [at for at, one in enumerate(kept) if one is Kept.NO_ROOM]
        if full and self._room.make():
            again = self._keep([counted[at] for at in full])
            for at, one in zip(full, again, strict=True):
                kept[at] = one
        if away := [one for one in kept if not one.taken]:
            self._room.tell(away[0])
        return kept

    def refuse(self, way: Way, size: int, reason: str) -> None:
        """Note that a mail was not taken in where nobody can be told so.

        Raises:
            StoreError: the store is away.
        """
        fields: dict[str, str | int] = {"way": way, "reason": reason, "size": size}
        events.record(self._store, Event("inbound.refused", self._clock.now(), fields))

    def process(self, *numbers: int) -> None:
        """Read mails and do what follows from them; does nothing where that was done.

        Those that are read for the first time are settled together, which is quicker. The others
        may be what ended a worker before, so each is settled before the next one is begun.
        """
        records = list(inbound.each(self._store, numbers))
        self._process_lot([one.number for one in records if not one.attempts])
        for one in records:
            if one.attempts:
                self._process_lot([one.number])

    def work_off(self, *numbers: int) -> None:
        """Read mails, and others that wait with them: their own jobs find nothing left to do.

        A job costs ten times as much as to read a mail; mail that floods in would else keep the
        mail of others waiting.
        """
        waiting = reading.unread(self._store, LOT) if len(numbers) < LOT else ()
        self.process(*dict.fromkeys((*numbers, *waiting)))

    def _process_lot(self, numbers: Sequence[int]) -> None:
        begun = reading.begin(self._store, numbers, self._clock.now(), self._lease * _PATIENCE)
        inbound.move(self._store, [self._decide(record) for record in begun])

    def _decide(self, record: Received) -> Move:
        if record.attempts > MOST_ATTEMPTS:
            return self._put_aside(record, f"{MOST_ATTEMPTS} workers ended while reading it")
        content = inbound.raw(self._store, record.number)
        try:
            understood = understand(
                content, vocabularies(self._settings.languages), record.recipients
            )
            outcome = self._at_its_address(record, understood)
            if outcome is None:
                handler = self._handlers.get(understood.kind) or HANDLERS.get(understood.kind)
                outcome = (handler or _person_decides)(record, understood)
            return self._move(record, understood, outcome)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the mail must neither be lost nor stop others
            _log.exception(
                "inbound.unreadable", message="A mail cannot be read.", mail=record.number
            )
            return self._put_aside(record, f"reading it failed: {type(error).__name__}")

    def _at_its_address(self, record: Received, understood: Understanding) -> Outcome | None:
        """Act on a mail to an address that has something of its own, if it is such a mail."""
        for own in map(self._addresses.read, record.recipients):
            handler = self._at_addresses.get(own.role) if own else None
            if own and handler and (outcome := handler(record, understood, own)):
                return outcome
        return None

    @act("inbound.requeue", "number")
    def requeue(self, number: int) -> None:
        """Have a mail read again, as a person asks.

        Raises:
            NotFoundError: there is no such mail.
            StateError: it waits to be read anyway.
        """
        inbound.requeue(self._store, number, self._clock.now(), self._lease)

    def sweep(self) -> list[int]:
        """Have mail read whose job was lost with a worker; returns which."""
        return inbound.ask_again(self._store, self._clock.now(), self._lease, _SWEPT)

    def tidy(self) -> int:
        """Remove mail whose time is over, and make room; returns how many went."""
        self._entering.enter_older()
        return self._room.tidy()

    @act("inbound.drop", "numbers")
    def drop(self, numbers: Sequence[int]) -> int:
        """Remove mails as a person asks; returns how many went. Unread ones stay."""
        return self._room.drop(numbers)

    def _keep(self, mails: Sequence[Arrival]) -> list[Kept]:
        return inbound.keep(
            self._store,
            mails,
            self._clock.now(),
            lease=self._lease,
            most_bytes=self._settings.keep_raw_bytes,
        )

    def _move(self, record: Received, understood: Understanding, outcome: Outcome) -> Move:
        fields: dict[str, str | int] = {
            "mail": record.number,
            "kind": understood.kind,
            "state": outcome.state,
        }
        event = Event("inbound.classified", self._clock.now(), fields)
        changes = {
            "kind": understood.kind.value,
            "command": understood.command,
            "reason": outcome.reason,
        }
        if outcome.again is not None:  # that it was read is no attempt that failed
            changes |= {"attempts": "0", "held": str(record.held + 1)}
        follow_up, item = outcome.follow_up, None
        why = outcome.why
        if why is None and outcome.state is MailState.WAITING:
            why = why_of(understood.kind)
        if why is not None and outcome.again is None:
            item, entered = self._entering.item(record, why, understood.language)
            follow_up = _both(outcome.follow_up, entered)
        brief = None
        if outcome.brief and record.size > BRIEF_BYTES and not self._bears_token(record):
            content = inbound.raw(self._store, record.number)
            brief = content[:BRIEF_BYTES]
            changes["digest"] = record.digest or hashlib.sha256(content).hexdigest()
        return Move(
            record.number,
            outcome.state,
            event,
            changes,
            follow_up,
            outcome.again,
            brief,
            item,
        )

    def _bears_token(self, record: Received) -> bool:
        own = map(self._addresses.read, record.recipients)
        return any(one.numbers for one in own if one)

    def _put_aside(self, record: Received, reason: str) -> Move:
        fields: dict[str, str | int] = {"mail": record.number, "reason": reason}
        event = Event("inbound.quarantined", self._clock.now(), fields)
        item, entered = self._entering.item(record, Why.QUARANTINE)
        return Move(
            record.number,
            MailState.QUARANTINED,
            event,
            {"reason": reason},
            entered,
            item=item,
        )


def _both(
    first: Callable[[Any], None] | None, second: Callable[[Any], None]
) -> Callable[[Any], None]:
    def follow_up(pipe: Any) -> None:
        if first:
            first(pipe)
        second(pipe)

    return follow_up


def _readable(mail: Incoming) -> dict[str, Any]:
    """Make text of an envelope that was no UTF-8: the store keeps text."""
    return {
        "sender": _text(mail.sender),
        "recipients": tuple(_text(recipient) for recipient in mail.recipients),
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
