"""Keeps room for mail: whose it counts as, what goes in the end, who is told when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.inbound.own_addresses import OwnAddresses
from mailer.domain.inbound.quotas import is_urgent, shares_of
from mailer.domain.inbound.received import FREE, READ, Incoming, MailState
from mailer.domain.subscribers.subscribing import Mail
from mailer.services.inbound.origin import origin_of
from mailer.store.inbound import inbox, room
from mailer.store.inbound.mails import Arrival, Kept
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Letter, Step

ONE_HOUR: Final = timedelta(hours=1)
_SWEPT: Final = 500
"""Mails that are removed at once."""
_ROOM: Final = 0.9
"""Share of the limit from which on the oldest mail that was handled gives way."""
_STAY: Final = frozenset({MailState.UNREAD, MailState.CITED})
"""The states that no person may drop: what is not yet known, and what proves a consent."""

_log = log.get_logger(__name__)


class Room:
    """The room that mail has; one for each intake."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, addresses: OwnAddresses
    ) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._addresses = addresses

    def arrival(self, mail: Incoming) -> Arrival:
        """Tell what a mail counts in, and whether it is urgent, before anybody has read it."""
        settings = self._settings
        own = [one for one in map(self._addresses.read, mail.recipients) if one]
        origin = origin_of(settings, mail, mail.content)
        shares = shares_of(
            own,
            mail.sender,
            origin.client,
            room=settings.keep_raw_bytes,
            largest=settings.inbound_max_bytes,
        )
        return Arrival(mail, shares, urgent=is_urgent(own, mail.sender))

    def tell(self, why: Kept) -> None:
        """Say, once an hour, that mail is turned away: it is not lost, but somebody must look."""
        limit = "room" if why is Kept.NO_ROOM else why.name.removeprefix("OVER_").lower()
        _log.error(
            "inbound.full",
            message=f"Mail is turned away, for too much is kept ({limit})."
            " `mailer inbound list` shows what waits.",
        )
        now, owner, name = self._clock.now(), self._settings.owner_address, Mail.FULL.value
        letter = Letter(
            name=name,
            to=owner,
            language=self._settings.languages[0],
            limited_by=name,
            facts={"limit": limit},
        )
        step = Step(
            now,
            nobody=True,
            once=ONE_HOUR,
            limited_by=name,
            letter=letter if owner else None,
            events=(Event("inbound.full", now, {"limit": limit}),),
        )
        requests.take(self._store, step)

    def tidy(self) -> int:
        """Remove mail whose time is over, and make room; returns how many went."""
        now = self._clock.now()
        before = now - timedelta(days=self._settings.keep_raw_days)
        gone = 0
        for state in (*READ, MailState.CITED):
            gone += self._remove(room.oldest(self._store, state, before, _SWEPT), state, now)
        return gone + self._empty_bin(now) + self.make()

    def _empty_bin(self, now: datetime) -> int:
        """Remove for good what people dropped a while ago."""
        over = inbox.overdue(self._store, now, _SWEPT)
        gone = room.remove(self._store, over, set(MailState) - _STAY, now)
        inbox.forget_bin(self._store, over)
        return gone

    def make(self) -> int:
        """Remove the oldest mail that was handled, if little room is left."""
        if room.bytes_kept(self._store) < self._settings.keep_raw_bytes * _ROOM:
            return 0
        now = self._clock.now()
        handled = room.oldest(self._store, MailState.HANDLED, now, _SWEPT)
        return self._remove(handled, MailState.HANDLED, now)

    def drop(self, numbers: Sequence[int]) -> int:
        """Remove mails as a person asks, but for those that stay; returns how many went."""
        states, now, gone = set(MailState) - _STAY, self._clock.now(), 0
        for first in range(0, len(numbers), _SWEPT):
            some = numbers[first : first + _SWEPT]
            gone += room.remove(self._store, some, states, now)
        return gone

    def _remove(self, numbers: Sequence[int], state: MailState, now: datetime) -> int:
        """Remove mails in a state, but for those on which a subscriber's consent rests."""
        kept = room.cited(self._store, numbers) if state in FREE else set()
        room.keep_cited(self._store, kept, now)
        return room.remove(self._store, [one for one in numbers if one not in kept], {state}, now)
