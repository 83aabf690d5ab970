"""Acts on bounces, and on automatic replies from addresses that are closed.

    report -> whose is it? (the signed return path) -> what does it say? (`domain.bounces.judge`)
           -> `bounces.policy` -> `subscribers.bounces.take`, in the report's own transaction

Refusals by a relay, while it is talked to, go the same way; see `campaigns.ledger.Ledger.settle`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Signer
from mailer.domain.bounces.policy import Effect, Policy, Said, decisive, of_report
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.events import Event
from mailer.domain.inbound.kinds import Bounce, Kind, Reason, Severity, Understanding
from mailer.domain.inbound.own_addresses import OwnAddress, Role
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.subscribers.address import AddressError, key_of
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.domain.subscribers.subscribing import ONE_DAY, Mail
from mailer.message.bounces import notices
from mailer.message.incoming import facts as letters
from mailer.message.incoming import mime
from mailer.message.incoming.retired import is_retired
from mailer.services.inbound.intake import Handler, Outcome, own_addresses
from mailer.services.service_mail.writing import facts_of
from mailer.services.subscriptions.bearers import Bearers
from mailer.store import events
from mailer.store.campaigns import records as campaigns
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import bounces, requests
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.bounces import Desk, Fact, Rules
from mailer.store.subscribers.requests import Letter as Queue
from mailer.store.subscribers.requests import Step
from mailer.store.transactional import mails

_TOLD: Final[Mapping[Effect, str]] = {
    Effect.SUSPENDED: "suspended",
    Effect.COUNTED: "counted",
    Effect.REPEATED: "counted before, on that day",
    Effect.STALE: "not counted: of a mail older than the reader's last word",
    Effect.LATE: "not counted: gets no mail already",
    Effect.NONE: "not counted: says nothing about the address",
}
LOST: Final = (
    "of a history that this store has lost (a copy was brought back, or another server took over): "
    "the signature is ours, and no campaign here sent it; no effect"
)
_UNTOLD: Final = Said(Severity.UNDETERMINED, Reason.UNDETERMINED)
"""The statement assumed for a report that nobody can read."""


def rules_of(settings: Settings) -> Rules:
    """Return what the settings say about bounces."""
    policy = Policy(
        settings.suspend_after_hard, settings.suspend_after_soft, settings.bounce_stale_days
    )
    return Rules(policy, Desk(settings.owner_address, settings.languages[0]))


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The delivery that came back."""

    campaign: Campaign
    subscriber: Subscriber


class Bounces:
    """Acts on reports of mail that came back."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, confirmations: Handler
    ) -> None:
        """Set up; `confirmations` acts on confirmations that bounced.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._confirmations = confirmations
        self._addresses = own_addresses(settings)
        self._bearers = Bearers(store, Signer(secret_key(settings)))
        self._rules = rules_of(settings)

    def handlers(self) -> Mapping[Kind, Handler]:
        """Return what the intake calls, by kind of mail."""
        return {Kind.BOUNCE: self.bounced, Kind.AUTO_REPLY: self.answered}

    def bounced(self, record: Received, understood: Understanding) -> Outcome:
        """Count a report for the reader whose mail it returns, if a return path tells whose."""
        own = self._own(record)
        path = _bounces(own) or self._of_notice(record)
        if path is None:
            if any(one.role is Role.CONFIRM and one.numbers for one in own):
                return self._confirmations(record, understood)
            reason = "came to no return path that we signed: no effect"
            # Not for a person: a forged sender makes other servers return thousands to us.
            return self._ignored(record, reason)
        mailing, number = path.numbers
        campaign = campaigns.of_mailing(self._store, mailing)
        if campaign is None:
            return self._of_template(record, mailing, number, understood)
        if not number:
            reason = f"a trial of campaign {campaign.number} came back"
            return self._ignored(record, reason, MailState.WAITING)
        delivery = self._bearers.recipient(mailing, number)
        if delivery is None:
            reason = f"subscriber {number} is erased, or was never sent campaign {campaign.number}"
            return self._ignored(record, reason)
        return self._counted(record, _Delivery(*delivery), understood)

    def answered(self, record: Received, _understood: Understanding) -> Outcome:
        """Show the secretariat what says that an address is not used any more (cases 55 and 64)."""
        content = inbound.raw(self._store, record.number)
        letter = letters.read(content)
        if letter.loops or not is_retired(content):  # law 8: one of another list's, or our own
            return Outcome(MailState.HANDLED, "a machine answered; nothing follows from it")
        number = self._whose(record, letter.authors)
        told: dict[str, str | int] = {"subscriber": number, "mail": record.number}
        told["reason"] = "address not used any more"
        event = Event("subscriber.flagged", self._clock.now(), told)
        told_by = Queue(
            name=Mail.CLOSED.value,
            to=self._settings.owner_address,
            language=self._settings.languages[0],
            limited_by=str(number),
            facts=facts_of(mail=str(record.number), who=str(number or "")),
        )
        step = Step(event.at, nobody=True, letter=told_by, once=ONE_DAY)

        def follow_up(pipe: Any) -> None:
            events.append(pipe, event)
            if told_by.to:
                requests.take(self._store, step, pipe)

        who = f"subscriber {number}" if number else "somebody"
        reason = f"{who} says that the address is not used any more: a person decides"
        return Outcome(MailState.WAITING, reason, follow_up)

    def _own(self, record: Received) -> list[OwnAddress]:
        return [one for one in map(self._addresses.read, record.recipients) if one]

    def _of_notice(self, record: Received) -> OwnAddress | None:
        """Read the return path that a provider's notice holds: those come to any address."""
        sender = notices.envelope_sender(mime.read(inbound.raw(self._store, record.number)))
        own = self._addresses.read(sender) if sender else None
        return own if own and own.role is Role.BOUNCES else None

    def _of_template(
        self, record: Received, mailing: int, number: int, understood: Understanding
    ) -> Outcome:
        """Count a report about a mail of a template: in its ledger, and for a subscriber."""
        mail = mails.of_return_path(self._store, mailing)
        if mail is None or mail.subscriber != number:
            return self._ignored(record, LOST)
        last = decisive(map(of_report, understood.bounces)) or _UNTOLD
        who = f"mail {mail.number} of the template {mail.template}"
        said = "late" if last.delayed else f"{last.severity}, {last.reason}"
        report = mails.Report(record.number, last.severity, last.reason)
        reader = subscribers.get(self._store, mail.subscriber) if mail.subscriber else None
        fact = Fact(last, 0, record.at, mail=record.number, sent=mail.asked_at)
        told: dict[Effect | str, str] = {
            effect: f"{who}: {said}; {words}" for effect, words in _TOLD.items()
        }
        told[""] = f"{who}: {said}; the subscriber is erased"

        def follow_up(pipe: Any) -> None:
            now = self._clock.now()
            if not last.delayed:
                mails.returned(self._store, mail, report, now, pipe)
            if reader is not None:
                number = reader.number
                bounces.take(self._store, number, [fact], now, pipe, rules=self._rules, told=told)

        return Outcome(MailState.HANDLED, f"{who}: {said}", follow_up)

    def _counted(self, record: Received, delivery: _Delivery, understood: Understanding) -> Outcome:
        """Count the recipients of a report, each by itself (cases 60 and 62)."""
        key = key_of(delivery.subscriber.address)
        own = [one for one in understood.bounces if _key(one) == key]
        last = decisive(map(of_report, own or understood.bounces)) or _UNTOLD
        others = [of_report(one) for one in understood.bounces]
        if last in others:
            others.remove(last)
        facts = [self._fact(record, delivery, one, counts=False) for one in others]
        facts.append(self._fact(record, delivery, last))
        campaign, number = delivery.campaign.number, delivery.subscriber.number
        who = f"subscriber {number}, campaign {campaign}"
        said = "late" if last.delayed else f"{last.severity}, {last.reason}"
        told: dict[Effect | str, str] = {
            effect: f"{who}: {said}; {words}" for effect, words in _TOLD.items()
        }
        told[""] = f"{who}: {said}; the subscriber is erased"

        def follow_up(pipe: Any) -> None:
            now = self._clock.now()
            bounces.take(self._store, number, facts, now, pipe, rules=self._rules, told=told)

        return Outcome(MailState.HANDLED, f"{who}: {said}", follow_up)

    def _fact(
        self, record: Received, delivery: _Delivery, said: Said, *, counts: bool = True
    ) -> Fact:
        return Fact(
            said,
            delivery.campaign.number,
            record.at,
            mail=record.number,
            sent=delivery.campaign.started_at,
            counts=counts,
        )

    def _whose(self, record: Received, authors: Iterable[str]) -> int:
        """Tell whose automatic answer it is: by the return path, else by its author."""
        for one in self._own(record):
            if one.role is Role.BOUNCES and (theirs := self._bearers.recipient(*one.numbers)):
                return theirs[1].number
        try:
            keys_found = [key_of(author) for author in authors]
        except AddressError:
            return 0
        found = [subscribers.number_of(self._store, key) for key in keys_found]
        return next((number for number in found if number), 0)

    def _ignored(
        self, record: Received, reason: str, state: MailState = MailState.HANDLED
    ) -> Outcome:
        facts: dict[str, str | int] = {"mail": record.number, "reason": reason}
        event = Event("bounce.ignored", self._clock.now(), facts)
        return Outcome(state, reason, lambda pipe: events.append(pipe, event), brief=True)


def _bounces(own: Iterable[OwnAddress]) -> OwnAddress | None:
    return next((one for one in own if one.role is Role.BOUNCES), None)


def _key(bounce: Bounce) -> str:
    try:
        return key_of(bounce.recipient)
    except AddressError:
        return ""
