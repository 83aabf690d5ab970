"""What people do about the inbox: marking, teaching what a mail is, acting on its author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import (
    NEXT,
    STANDINGS,
    TAUGHT,
    Deed,
    Item,
    Standing,
    Why,
    why_of,
)
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.received import OPEN, Received
from mailer.domain.subscribers.address import Address, parse_address
from mailer.errors import InputError, MailerError, NotFoundError, StateError
from mailer.services.access.acting import act, current, tell
from mailer.services.inbound.inbox.entering import Entering
from mailer.services.inbound.intake import Intake, own_addresses
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.opting_in import OptingIn, Wanted
from mailer.store.inbound import inbox
from mailer.store.inbound import mails as inbound
from mailer.store.inbound.inbox import Change
from mailer.store.server.connection import Store
from mailer.store.subscribers import records

_REASON = "asked in a letter"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one mail of several."""

    number: int
    error: MailerError | None = None
    """Why nothing was done; None: it was."""


class Deeds:
    """Acts on mails of the inbox."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._entering = Entering(store, settings, own_addresses(settings))

    @act("inbound.mark", "number", "standing")
    def mark(self, number: int, standing: Standing) -> Item:
        """Say what was done about a mail: done, in the bin, or that it waits (again).

        Nothing happens where that is so already.

        Raises:
            InputError: `answered`, which only an answer does.
            NotFoundError: there is no such mail in the inbox.
            StateError: it lies in the bin, and must be taken out first.
        """
        if standing is Standing.ANSWERED:
            said = "only an answer makes it so"
            raise InputError.of("standing", said, code="unknown_value")
        found = self._find(number)

        def decide(record: Received) -> Change | None:
            item = record.item or found
            if item.standing is standing:
                return None
            if standing not in NEXT[item.standing]:
                remedy = "Take it out of the bin first."
                raise StateError("mail", str(number), item.standing, f"mark {standing}", remedy)
            tell(before={"standing": item.standing}, after={"standing": standing})
            facts: dict[str, str | int] = {"mail": number, "standing": standing}
            return Change(
                self._by(item, standing), Event("inbox.marked", self._clock.now(), facts), {}
            )

        changed = inbox.change(self._store, number, decide)
        return changed.item if changed else self._find(number)

    @act("inbound.reclassify", "number", "kind")
    def reclassify(self, number: int, kind: Kind) -> Item:
        """Say what kind of mail it is, where the service was wrong.

        A letter then waits in the inbox, also one that was handled as something else; reports and
        notes of absence are done with. What follows from a command is for the same person to do.

        Raises:
            InputError: nobody can say that of a mail.
            NotFoundError: there is no such mail.
            StateError: it is not read yet.
        """
        if kind not in TAUGHT:
            remedy = f"say one of {', '.join(TAUGHT)}"
            raise InputError.of(
                "kind", f"a mail cannot be called {kind}", remedy, code="unknown_value"
            )
        why = {Kind.PERSON: Why.TOLD, Kind.COMMAND: Why.PUZZLED}.get(kind, why_of(kind))
        record = inbound.get(self._store, number)
        fresh, join = self._entering.item(record, why)

        def decide(record: Received) -> Change | None:
            if record.state in OPEN:
                raise StateError("mail", str(number), record.state, "reclassify")
            tell(before={"kind": record.kind}, after={"kind": kind})
            item = replace(record.item or fresh, why=why, taught=kind.value)
            facts: dict[str, str | int] = {"mail": number, "from": record.kind, "to": kind}
            event = Event("inbox.taught", self._clock.now(), facts)
            fields = {"kind": kind.value, "reason": f"a person said that it is: {kind}"}
            return Change(self._by(item, TAUGHT[kind]), event, fields, join)

        changed = inbox.change(self._store, number, decide)
        return changed.item if changed else self._find(number)

    def each(self, numbers: Sequence[int], deed: Deed, *, unvouched: bool = False) -> list[Done]:
        """Do the same about several mails; one that fails stops no other.

        Each is an act of its own, by the rights of whoever acts, with a record of its own.

        Args:
            numbers: the mails'.
            deed: what is done; also about their authors, after which the mail is done with.
            unvouched: true if whoever acts knows that some authors may be forged, and means it.
        """
        found = []
        for number in dict.fromkeys(numbers):
            try:
                self.do(number, deed, unvouched=unvouched)
                found.append(Done(number))
            except MailerError as error:
                found.append(Done(number, error))
        return found

    def do(self, number: int, deed: Deed, *, unvouched: bool = False) -> None:
        """Do one thing about one mail.

        Raises:
            InputError: its author cannot be acted on, or nobody vouches for it (law 13).
            LeftAloneError: to be added, but never mailed again (law 7).
            NotAllowedError: whoever acts lacks the right.
            NotFoundError: there is no such mail in the inbox, or its author is not on the list.
            StateError: the state of the mail or of the reader does not allow it.
        """
        if deed in STANDINGS:
            self.mark(number, STANDINGS[deed])
            return
        if deed is Deed.REQUEUE:
            Intake(self._store, self._settings, self._clock).requeue(number)
            return
        item = self._find(number)
        self._about(item, deed, unvouched=unvouched)
        self.mark(number, Standing.DONE)

    def _about(self, item: Item, deed: Deed, *, unvouched: bool) -> None:
        address = self._address(item)
        if deed is Deed.ADD:  # asks its owner, whoever wrote (law 6)
            language = item.language if item.language in self._settings.languages else ""
            wanted = Wanted(language=language)
            OptingIn(self._store, self._settings, self._clock).ask(address, wanted)
            return
        if not item.vouched and not unvouched:
            said = "nobody vouches for its author, whose address may be forged"
            remedy = "do it all the same if you know that its owner wants it"
            raise InputError.of("", said, remedy, code="inbox.unvouched")
        now = self._clock.now()
        if deed is Deed.SUPPRESS:
            subscribers.suppress(self._store, self._settings, now, address, _REASON)
            return
        number = records.number_of(self._store, address.key)
        if not number:
            raise NotFoundError("subscriber", address.given)
        subscribers.remove(self._store, now, number, _REASON)

    def _address(self, item: Item) -> Address:
        if not item.author:
            said = "it names no author, or several"
            raise InputError.of("", said, code="inbox.no_author")
        return parse_address(item.author)

    def _find(self, number: int) -> Item:
        record = inbound.get(self._store, number)
        if record.item is None:
            raise NotFoundError("mail", str(number))
        return record.item

    def _by(self, item: Item, standing: Standing) -> Item:
        """Return an item with whoever acts as the one who dealt with it."""
        actor = current()
        return replace(
            item,
            standing=standing,
            by=str(actor) if actor else "",
            by_name=actor.name if actor else "",
            at=self._clock.now(),
        )
