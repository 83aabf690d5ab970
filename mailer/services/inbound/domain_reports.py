"""Adds up the reports that mail systems send of our domains: DMARC (RFC 7489) and TLS (RFC 8460).

    mail -> its report (`message.reports`) -> is it of our domain, of late, and by whom it says?
         -> the sums of its day (`store.deliverability.reports`), in the mail's own transaction

Whoever likes can write a report. So one changes nothing but these sums, which only people read; and
where our mail server says who wrote a mail, one that it does not vouch for is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.deliverability.reports import (
    KEPT_DAYS,
    Sums,
    What,
    added,
    is_ours,
    is_timely,
)
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.received import MailState, Received
from mailer.message.reports import reading
from mailer.message.reports.dmarc import ReportError
from mailer.services.access.acting import act
from mailer.services.inbound import believing
from mailer.services.inbound.intake import Handler, Outcome
from mailer.store.deliverability import reports
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store

SHOWN_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Reported:
    """What was reported of some days."""

    first: date
    last: date
    sums: Sequence[Sums]
    """By source, over all these days; the largest first."""


@act("reports.read")
def reported(store: Store, clock: Clock, days: int = SHOWN_DAYS) -> Reported:
    """Return what others reported of the last days, at most `KEPT_DAYS`, today included."""
    last = clock.now().date()
    first = last - timedelta(days=min(max(days, 1), KEPT_DAYS) - 1)
    return Reported(first, last, added(one for _, one in reports.read(store, first, last)))


class DomainReports:
    """Acts on reports that came in."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock
        author = settings.sender_address.rpartition("@")[2]
        signing = (key.domain for key in settings.dkim_keys)
        self._own = tuple(filter(None, (settings.list_domain, author, *signing)))

    def handlers(self) -> Mapping[Kind, Handler]:
        """Return what the intake calls, by kind of mail."""
        return {Kind.DOMAIN_REPORT: self.came}

    def came(self, record: Received, understood: Understanding) -> Outcome:
        """Add a report to the sums, if it is one that counts."""
        if understood.report is None:
            return Outcome(MailState.WAITING, "a person has to look at it")
        content = inbound.raw(self._store, record.number)
        try:
            report = reading.read(content, understood.report)
        except ReportError as error:
            return Outcome(MailState.WAITING, f"a report, but it {error}; a person has to look")
        now = self._clock.now()
        if not is_timely(report.day, now.date()):
            return _ignored(f"a report of {report.day.isoformat()}, too long ago or to come")
        ours = tuple(row for row in report.rows if is_ours(row.domain, self._own))
        if not ours:
            return _ignored("a report about another domain")
        if not self._is_vouched_for(record, content):
            server = self._settings.authentication_server
            return _ignored(f"a report that {server} does not vouch for")
        counted = replace(report, rows=ours)
        messages = sum(row.counts.get(What.ALL, 0) for row in ours)
        reason = f"a report of {report.kind} by {report.reporter}: {messages} messages added up"
        return Outcome(
            MailState.HANDLED,
            reason,
            lambda pipe: reports.add(self._store, counted, now, pipe),
            brief=True,
        )

    def _is_vouched_for(self, record: Received, content: bytes) -> bool:
        if not self._settings.authentication_server:
            return True
        return believing.read(self._settings, record, content).authenticated


def _ignored(reason: str) -> Outcome:
    return Outcome(MailState.HANDLED, f"{reason}: not counted", brief=True)
