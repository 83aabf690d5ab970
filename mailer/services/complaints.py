"""What follows when a reader called our mail spam: off the list at once, and never mailed again.

    report -> does it ask for that? -> which delivery was it? (`message.traces`)
           -> may it be believed? -> `store.bounces.complain`, in the report's own transaction

A report that came to the address for complaints, which every mail names (RFC 9477), is believed
only if our own mail server found its author's domain to have signed it (case 68).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.address import Address, AddressError, key_of, parse_address
from mailer.domain.addresses import Role
from mailer.domain.events import Event
from mailer.domain.inbound import Complaint, Kind, Understanding
from mailer.domain.received import MailState, Received
from mailer.domain.subscriber import Subscriber
from mailer.domain.token import Signer, suppression_hash
from mailer.message import letter as letters
from mailer.message import traces
from mailer.message.traces import How, Trace
from mailer.message.verp import ReturnPath
from mailer.services.intake import Handler, Outcome, own_addresses
from mailer.store import bounces, events, inbound, subscribers, suppression
from mailer.store.bounces import Report
from mailer.store.connection import Store
from mailer.store.suppression import Suppression


class Complaints:
    """Acts on reports that our mail is not wanted."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Take the store, the settings and the time.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._signer = Signer(self._secret)
        self._addresses = own_addresses(settings)
        self._return_path = ReturnPath(settings.list_name, settings.list_domain, self._signer)

    def handlers(self) -> Mapping[Kind, Handler]:
        """Return what the intake calls, by kind of mail."""
        return {Kind.COMPLAINT: self.complained}

    def complained(self, record: Received, understood: Understanding) -> Outcome:
        """Take who complained off the list, and suppress the address."""
        complaint = understood.complaint
        if complaint is None or not complaint.suppresses:
            kind = complaint.type if complaint else "nothing"
            return self._ignored(record, f"reports {kind}: no effect", MailState.HANDLED)
        content = inbound.raw(self._store, record.number)
        trace = traces.find(content, record.recipients, self._return_path, self._signer)
        vouched = letters.read(content, self._settings.authentication_server).authenticated
        if not vouched and self._needs_signature(record, trace):
            return self._ignored(record, self._unsigned())
        subscriber = self._subscriber(trace, complaint, vouched=vouched)
        if subscriber is None:
            return self._of_nobody(record, complaint, trace, vouched=vouched)
        report = Report(complaint.type, trace.campaign if trace else 0, record.number)
        hashed = suppression_hash(self._secret, key_of(subscriber.address))
        add = bounces.complain(self._store, subscriber, hashed, report, self._clock.now())
        told = f"subscriber {subscriber.number}"
        told += f", campaign {report.campaign}" if report.campaign else ""
        how = f"found by the {trace.how}" if trace else "named by a sender that signed"
        reason = f"{told}: {complaint.type}; off the list and suppressed ({how})"
        return Outcome(MailState.HANDLED, reason, add)

    def _needs_signature(self, record: Received, trace: Trace | None) -> bool:
        """Tell whether only a signed report may be believed: RFC 9477, or nothing of ours in it."""
        own = [one for one in map(self._addresses.read, record.recipients) if one]
        cfbl = any(one.role is Role.COMPLAINTS for one in own)
        return cfbl or trace is None or trace.how is How.FEEDBACK_ID

    def _unsigned(self) -> str:
        reason = "nothing shows who reports it: no effect"
        if self._settings.authentication_server:
            return reason
        return f"{reason}; authentication_server is not set, so nobody is believed"

    def _subscriber(
        self, trace: Trace | None, complaint: Complaint, *, vouched: bool
    ) -> Subscriber | None:
        """Find who complained: by our token, else by the address that a signed report names."""
        if trace is not None and trace.subscriber:
            return subscribers.get(self._store, trace.subscriber)
        address = _address(complaint.recipient) if vouched else None
        number = subscribers.number_of(self._store, address.key) if address else None
        return subscribers.get(self._store, number) if number else None

    def _of_nobody(
        self, record: Received, complaint: Complaint, trace: Trace | None, *, vouched: bool
    ) -> Outcome:
        """Suppress an address that is no subscriber's, where a signed report names it."""
        if trace is not None and trace.subscriber:
            reason = f"subscriber {trace.subscriber} is erased, and suppressed already"
            return self._ignored(record, reason, MailState.HANDLED)
        address = _address(complaint.recipient) if vouched else None
        if address is None:
            return self._ignored(record, "does not tell who complains: a person decides")
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
        self, record: Received, reason: str, state: MailState = MailState.WAITING
    ) -> Outcome:
        facts: dict[str, str | int] = {"mail": record.number, "reason": reason}
        event = Event("complaint.ignored", self._clock.now(), facts)
        return Outcome(state, reason, lambda pipe: events.append(pipe, event))


def _address(text: str) -> Address | None:
    try:
        return parse_address(text) if text else None
    except AddressError:
        return None
