"""Acts on complaints: a reader who called our mail spam is off the list, and never mailed again.

    report -> does it ask for that? -> which delivery was it? (`message.incoming.traces`)
           -> who stands behind it? -> may they? (`domain.access.entitlement`)
           -> `store.subscribers.bounces.complain`, in the report's own transaction

A report that has no effect is kept and shown with the reason, for anybody can write one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.entitlement import Authority, Claim, Effect, Source, decide
from mailer.domain.access.token import Signer, suppression_hash
from mailer.domain.bounces.reporter import Reporter
from mailer.domain.events import Event
from mailer.domain.inbound.kinds import Complaint, Kind, Understanding
from mailer.domain.inbound.own_addresses import Role
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.subscribers.address import Address, AddressError, key_of, parse_address
from mailer.domain.subscribers.bearer import Bearer
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.message.incoming import traces
from mailer.message.incoming.facts import WrittenMail
from mailer.message.incoming.traces import Trace
from mailer.message.outgoing.verp import ReturnPath
from mailer.services.inbound import believing
from mailer.services.inbound.bounces import LOST
from mailer.services.inbound.intake import Handler, Outcome, own_addresses
from mailer.services.subscriptions.bearers import Bearers
from mailer.store import events
from mailer.store.campaigns import deliveries
from mailer.store.campaigns import records as campaigns
from mailer.store.inbound import mails as inbound
from mailer.store.outbox import Queued
from mailer.store.server.connection import Store
from mailer.store.subscribers import bounces, suppression
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.bounces import Report
from mailer.store.subscribers.suppression import Suppression
from mailer.store.transactional import mails


@dataclass(frozen=True, slots=True)
class _About:
    """The subject of a report: its delivery and its reader."""

    claim: Claim
    trace: Trace | None
    named: Address | None
    """The recipient that it names."""
    subscriber: Subscriber | None
    """None: erased, or nobody that we know."""
    campaign: int = 0
    """The campaign whose mail it was; 0: a service mail, or not known."""
    mail: Queued | None = None
    """The mail of a template that it was, if that is known by its return path."""


class Complaints:
    """Acts on reports that our mail is not wanted."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._signer = Signer(self._secret)
        self._bearers = Bearers(store, self._signer)
        self._addresses = own_addresses(settings)
        self._return_path = ReturnPath(settings.list_name, settings.list_domain, self._signer)

    def handlers(self) -> Mapping[Kind, Handler]:
        """Return what the intake calls, by kind of mail."""
        return {Kind.COMPLAINT: self.complained}

    def complained(self, record: Received, understood: Understanding) -> Outcome:
        """Remove the complaining reader, and suppress the address, if the report may do so."""
        complaint = understood.complaint
        if complaint is None or not complaint.suppresses:
            kind = complaint.type if complaint else "nothing"
            return self._ignored(record, f"reports {kind}: no effect", MailState.HANDLED)
        content = inbound.raw(self._store, record.number)
        trace = traces.find(content, record.recipients, self._return_path, self._signer)
        mail = self._of_template(trace) if trace else None
        if trace and mail:
            trace = self._as_service_mail(trace)
        if trace and trace.mailing and campaigns.of_mailing(self._store, trace.mailing) is None:
            return self._ignored(record, LOST)
        about = replace(self._about(complaint, trace), mail=mail)
        letter = believing.read(self._settings, record, content)
        who = self._authority(letter, about)
        decision = decide(self._source(record), about.claim, who)
        if decision.effect is not Effect.SUPPRESS:
            return self._ignored(record, self._why(decision.reason, who), about=about, who=who)
        return self._suppressed(record, complaint, about, decision.reason)

    def _suppressed(
        self, record: Received, complaint: Complaint, about: _About, why: str
    ) -> Outcome:
        trace, subscriber = about.trace, about.subscriber
        if subscriber is None:
            return self._of_nobody(record, complaint, about)
        report = Report(complaint.type, about.campaign, record.number)
        hashed = suppression_hash(self._secret, key_of(subscriber.address))
        add = bounces.complain(self._store, subscriber, hashed, report, self._clock.now())
        told = f"subscriber {subscriber.number}"
        told += f", campaign {report.campaign}" if report.campaign else ""
        how = f"found by the {trace.how}" if trace else "found by the address"
        reason = f"{told}: {complaint.type}; off the list and suppressed ({how}; {why})"
        return Outcome(MailState.HANDLED, reason, add)

    def _of_template(self, trace: Trace) -> Queued | None:
        """Find the mail of a template that a return path belongs to."""
        if not trace.mailing or campaigns.of_mailing(self._store, trace.mailing):
            return None
        mail = mails.of_return_path(self._store, trace.mailing)
        return mail if mail and mail.subscriber == trace.bearer.subscriber else None

    def _as_service_mail(self, trace: Trace) -> Trace:
        """Read the return path of a template's mail as what other traces of it say."""
        number = trace.bearer.subscriber
        reader = subscribers.get(self._store, number) if number else None
        mark = self._signer.mark(reader.address) if reader else ""
        return Trace(trace.how, 0, Bearer(number, mark))

    def _is_recipient(self, about: _About) -> bool:
        """Tell whether the address that a report names is the one that a template's mail was to."""
        mail, named = about.mail, about.named
        return bool(mail and named and suppression_hash(self._secret, named.key) == mail.who)

    # Who may.

    def _source(self, record: Received) -> Source:
        own = [one for one in map(self._addresses.read, record.recipients) if one]
        cfbl = any(one.role is Role.COMPLAINTS for one in own)
        return Source.CFBL if cfbl else Source.COMPLAINT

    def _about(self, complaint: Complaint, trace: Trace | None) -> _About:
        """Find who complained: by our token, else by the address that the report names."""
        named = _address(complaint.recipient)
        if trace is not None and (trace.bearer.subscriber or trace.how.secret):
            claim = Claim.SECRET if trace.how.secret else Claim.MESSAGE_ID
            return _About(claim, trace, named, *self._traced(trace))
        number = subscribers.number_of(self._store, named.key) if named else None
        known = subscribers.get(self._store, number) if number else None
        claim = Claim.MESSAGE_ID if trace else Claim.ADDRESS if named else Claim.NOTHING
        return _About(claim, trace, named, known)

    def _traced(self, trace: Trace) -> tuple[Subscriber | None, int]:
        """Find whose a delivery was, and of which campaign."""
        if trace.mailing:
            found = self._bearers.recipient(trace.mailing, trace.bearer.subscriber)
            campaign = campaigns.of_mailing(self._store, trace.mailing)
            return found[1] if found else None, campaign.number if campaign else 0
        campaign_of = self._bearers.campaign_of(trace.leave) if trace.leave else 0
        return self._bearers.subscriber(trace.bearer), campaign_of

    def _authority(self, letter: WrittenMail, about: _About) -> Authority:
        """Tell who is known to stand behind a report."""
        if letter.traced:
            listed = [
                one for one in self._settings.complaint_reporters if one.wrote(letter.authors[0])
            ]
            if any(self._has_delivery(one, about) for one in listed):
                return Authority.REPORTER
            if listed:
                return Authority.ELSEWHERE
        return Authority.AUTHOR if letter.authenticated else Authority.NOBODY

    def _has_delivery(self, reporter: Reporter, about: _About) -> bool:
        """Tell whether a report names what we sent to a mailbox that the reporter answers for."""
        trace, subscriber = about.trace, about.subscriber
        if subscriber is None:  # a service mail to somebody who is no reader
            service = trace is not None and not trace.mailing
            return bool(service and about.named and reporter.answers_for(about.named.key))
        if not reporter.answers_for(key_of(subscriber.address)):
            return False
        if trace is None:
            return deliveries.was_mailed(self._store, subscriber.number)
        # A Message-ID of a service mail bears its number, and is signed when the mail is made.
        return not about.campaign or deliveries.was_sent(
            self._store, about.campaign, subscriber.number
        )

    def _why(self, reason: str, who: Authority) -> str:
        """Explain why a report has no effect, and which settings may be the cause."""
        if who is Authority.NOBODY and not self._settings.authentication_server:
            return f"{reason}; authentication_server is not set, so nobody is believed: no effect"
        return f"{reason}: no effect"

    # What is done.

    def _of_nobody(self, record: Received, complaint: Complaint, about: _About) -> Outcome:
        """Suppress an address that is no subscriber's, where it is known to be the recipient's."""
        trace, address = about.trace, about.named
        if trace is not None and trace.bearer.subscriber:
            number = trace.bearer.subscriber
            reason = f"subscriber {number} is erased, or that mail went to another: no effect"
            return self._ignored(record, reason, MailState.HANDLED)
        known = about.claim is not Claim.SECRET or self._is_recipient(about)
        if address is None or not known:
            return self._ignored(record, "is about a trial, or tells not whose: a person decides")
        now = self._clock.now()
        kept = Suppression("complained", now)
        facts: dict[str, str | int] = {"subscriber": 0, "campaign": 0}
        facts |= {"complaint": complaint.type, "mail": record.number}
        event = Event("subscriber.complained", now, facts)

        def follow_up(pipe: Any) -> None:
            events.append(pipe, event)
            suppression.add(self._store, self._secret, address.key, kept, pipe)

        reason = f"{complaint.type}, of an address that is no subscriber's: suppressed"
        return Outcome(MailState.HANDLED, reason, follow_up)

    def _ignored(
        self,
        record: Received,
        reason: str,
        state: MailState = MailState.WAITING,
        *,
        about: _About | None = None,
        who: Authority | None = None,
    ) -> Outcome:
        facts: dict[str, str | int] = {"mail": record.number, "reason": reason}
        facts |= {"claim": about.claim} if about else {}
        facts |= {"authority": who} if who else {}
        event = Event("complaint.ignored", self._clock.now(), facts)
        return Outcome(state, reason, lambda pipe: events.append(pipe, event), brief=True)


def _address(text: str) -> Address | None:
    try:
        return parse_address(text) if text else None
    except AddressError:
        return None
