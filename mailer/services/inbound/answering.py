"""Limits of the automatic answers that mail may cause: one stranger gets few answered.

Counted are answers that nobody proved to be entitled to; they are sent to addresses that anybody
can write into a From field. What is beyond a limit is neither answered nor lost: the mail is held,
and read again when the limit's time is over, several times within a day. Then a person decides.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.settings.networks import circles, domain_circle
from mailer.domain.subscribers.subscribing import Mail, Proof
from mailer.services.inbound.origin import origin_of
from mailer.services.service_mail.writing import facts_of
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import answers
from mailer.store.subscribers.answers import Limit, Reached
from mailer.store.subscribers.requests import Letter, Step

HOUR: Final = timedelta(hours=1)
MOMENT: Final = timedelta(minutes=1)
"""The time after which a notice is tried again that was not written down."""
DAY: Final = timedelta(days=1)
DAYS_SHARE: Final = 4
"""The number of answers a day, as a multiple of those an hour."""
PASSED_ON: Final = "letter"
"""Mail that is passed on to the secretariat is counted for itself."""
_SPREAD: Final = 0.6180339887
"""The factor whose multiples have fractional parts that lie far apart."""
WORDS: Final = {
    "connection": "one connection",
    "address": "one network address",
    "network": "one network",
    "domain": "authors of one domain",
    "all": "mail in all",
    "reader": "one reader",
}
"""The names of the limits, for people."""


@dataclass(frozen=True, slots=True)
class Held:
    """The reason why a mail is not answered now."""

    state: MailState
    reason: str
    again: datetime | None
    """The instant at which it is tried again; none: no more."""
    notice: Step | None
    """Tells the secretariat, once an hour; none: it has been told."""


class Answering:
    """Limits of answers: whether a mail may be answered now, and its count."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, secret: bytes) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret
        self._told: datetime | None = None

    def hold(
        self, record: Received, author: str, proof: Proof = Proof.NONE, kind: str = "answer"
    ) -> Held | None:
        """Count an answer; returns why it must wait, if it must.

        Args:
            record: the mail that causes it.
            author: the address that would be written to, or that wrote.
            proof: how its owner is known.
            kind: what is counted together.
        """
        if record.released:
            return None
        limits = self._limits(record, author, proof)
        return self._counted(record, [one._replace(name=f"{kind} {one.name}") for one in limits])

    def hold_change(self, record: Received, number: int) -> Held | None:
        """Count a change that the bearer of a reader's token makes: the reader is told of it."""
        if record.released:
            return None
        limit = self._limit("reader", str(number), self._settings.answers_per_address, HOUR)
        return self._counted(record, [limit])

    def _counted(self, record: Received, limits: list[Limit]) -> Held | None:
        now = self._clock.now()
        reached = answers.count(self._store, limits, now)
        return self._held(record, reached, now) if reached else None

    def _limits(self, record: Received, author: str, proof: Proof) -> list[Limit]:
        settings = self._settings
        content = inbound.raw(self._store, record.number)
        client, direct = origin_of(settings, record, content)
        address, network = circles(client)
        domain = domain_circle(author)
        if proof is Proof.AUTHENTICATED:  # others who write the same domain do not use it up
            domain = f"{domain} {proof}"
        found = []
        if direct and record.connection:
            most = settings.answers_per_connection
            found.append(self._limit("connection", record.connection, most, HOUR))
        for name, who, most in (
            ("address", address, settings.answers_per_address),
            ("network", network, settings.answers_per_network),
            ("domain", domain, settings.answers_per_domain),
            ("all", "", settings.answers_per_hour),
        ):
            found.append(self._limit(name, who, most, HOUR))
            found.append(self._limit(name, who, DAYS_SHARE * most, DAY))
        return found

    def _limit(self, name: str, who: str, most: int, time: timedelta) -> Limit:
        hidden = hmac.digest(self._secret, f"answer\0{name}\0{who}".encode(), "sha256").hex()[:24]
        return Limit(name, hidden, most, int(time.total_seconds()))

    def _held(self, record: Received, reached: Reached, now: datetime) -> Held:
        name = reached.limit.name.rpartition(" ")[2]
        reason = f"held back: {WORDS[name]} asked for too many answers"
        notice = self._notice(record, name, now)
        if record.held and now - record.at >= DAY:
            reason = f"{reason} for a day; a person decides (requeue: it is answered)"
            return Held(MailState.WAITING, reason, None, notice)
        # Not all at once, and in no order: who wrote a thousand times gets no further than others.
        spread = (record.number + record.held) * _SPREAD % 1
        again = min(reached.until, now + DAY) + HOUR * (spread + 2**record.held - 1)
        again = max(min(again, record.at + DAY + HOUR * spread), now + HOUR / 60)
        reason = f"{reason}; tried again at {again:%Y-%m-%d %H:%M} UTC"
        return Held(MailState.HELD, reason, again, notice)

    def _notice(self, record: Received, name: str, now: datetime) -> Step | None:
        """Make the notice; the store sees to it that there is one an hour.

        Others are not even tried: each would cost a job, in the lane of urgent mail.
        """
        mail, recent = Mail.FLOOD.value, self._told and now - self._told < MOMENT
        if recent or answers.lately(self._store, mail, mail, now, HOUR.total_seconds()):
            return None
        self._told, owner = now, self._settings.owner_address
        told: dict[str, str | int] = {"limit": name, "mail": record.number}
        letter = Letter(
            name=Mail.FLOOD.value,
            to=owner,
            language=self._settings.languages[0],
            limited_by=Mail.FLOOD.value,
            facts=facts_of(limit=name, number=str(record.number)),
        )
        return Step(
            now,
            nobody=True,
            once=HOUR,
            limited_by=Mail.FLOOD.value,
            letter=letter if owner else None,
            events=(Event("secretariat.flooded", now, told),),
        )
