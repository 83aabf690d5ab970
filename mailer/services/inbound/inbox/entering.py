"""Gives a mail its item in the inbox when it is read: what a list shows of it, and its thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from mailer import log
from mailer.config import Settings
from mailer.domain.inbound.inbox import LONGEST_SUBJECT, Item, Standing, Why, why_of
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.own_addresses import OwnAddresses, Role
from mailer.domain.inbound.received import MailState, Received
from mailer.errors import StoreError
from mailer.message.incoming import letter as letters
from mailer.message.incoming.letter import Heading
from mailer.services.inbound import believing
from mailer.store.inbound import inbox
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store

_LOT: Final = 200
"""Mails from before there was an inbox that are looked at in one round."""
_WAITS: Final = frozenset({MailState.WAITING, MailState.QUARANTINED})
_NOTHING: Final = Heading("", "", "", ())

_log = log.get_logger(__name__)


def kept_seconds(settings: Settings) -> int:
    """Tell how long answers and threads are kept: as long as mail."""
    return int(timedelta(days=settings.keep_raw_days).total_seconds())


class Entering:
    """Makes items."""

    def __init__(self, store: Store, settings: Settings, addresses: OwnAddresses) -> None:
        self._store, self._settings, self._addresses = store, settings, addresses

    def item(
        self, record: Received, why: Why, language: str = ""
    ) -> tuple[Item, Callable[[Any], None]]:
        """Return the item of a mail, and what has it join its thread, in the same transaction.

        Args:
            record: the mail's.
            why: the reason for its being there.
            language: of its writer, as far as it shows.

        Raises:
            StoreError: the store cannot be read.
        """
        author, vouched, head = self._facts(record)
        tokens = [
            inbox.digest("answer", str(own.numbers[0]))
            for own in map(self._addresses.read, record.recipients)
            if own and own.role is Role.OWNER and own.numbers
        ]
        answered = [inbox.digest("message", one) for one in head.answers]
        thread, answer = inbox.known(self._store, (*tokens, *answered))
        if why is Why.LETTER and answer:
            why = Why.REPLY
        item = Item(
            standing=Standing.WAITING,
            why=why,
            author=author,
            name=head.name,
            subject=head.subject,
            vouched=vouched,
            language=language,
            thread=thread or record.number,
        )
        names = [inbox.digest("message", head.identifier)] if head.identifier else []

        def join(pipe: Any) -> None:
            inbox.join(
                pipe,
                item.thread,
                f"{inbox.MAIL}{record.number}",
                names,
                at=record.at,
                seconds=kept_seconds(self._settings),
            )

        return item, join

    def enter_older(self) -> int:
        """Give items to mail that waited before there was an inbox; returns how many got one.

        Looks at each mail once, and is done for good when it has reached the end.
        """
        begun, last = inbox.entered(self._store), inbox.last(self._store)
        if begun >= last:
            return 0
        upto = min(last, begun + _LOT)
        entered = 0
        for record in inbound.each(self._store, range(begun + 1, upto + 1)):
            if record.state in _WAITS and record.item is None:
                entered += self._enter(record)
        inbox.note_entered(self._store, upto)
        return entered

    def _enter(self, record: Received) -> bool:
        why = Why.QUARANTINE
        if record.state is MailState.WAITING:
            why = why_of(Kind(record.kind or Kind.UNKNOWN))
        item, join = self.item(record, why)
        return inbox.enter(self._store, record.number, item, join)

    def _facts(self, record: Received) -> tuple[str, bool, Heading]:
        """Read what a list shows; of a mail that cannot be read, its envelope."""
        try:
            content = inbound.raw(self._store, record.number)
            read = believing.read(self._settings, record, content)
            author = read.authors[0] if len(read.authors) == 1 else ""
            author = letters.one_line(author, LONGEST_SUBJECT)
            return author, read.authenticated, letters.heading(content)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - what cannot be read must be seen all the same (law 11)
            _log.exception(
                "inbox.unreadable", message="A mail's header cannot be read.", mail=record.number
            )
            return letters.one_line(record.sender, LONGEST_SUBJECT), False, _NOTHING
