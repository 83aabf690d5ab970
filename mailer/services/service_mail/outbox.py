"""Posts the service mails: each at most once, retried while that is sure, and its end written down.

A mail is claimed, durably, before it is handed over (law 3). Where nobody can tell whether it left,
it is not sent again: a reader can ask again, and must not get things twice.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.campaigns.delivery import (
    Attempt,
    Outcome,
    gives_up,
    next_try_after,
)
from mailer.domain.inbound.inbox import Answer, Why
from mailer.domain.subscribers.address import AddressError, key_of
from mailer.domain.subscribers.subscribing import Mail
from mailer.domain.transactional.refusal import Refusal
from mailer.errors import InputError, NotFoundError
from mailer.relay.envelope import Envelope
from mailer.services.calendar.year import Year, year_of
from mailer.services.inbound.inbox import returned
from mailer.services.inbound.inbox.writing import AnswerMails
from mailer.services.service_mail.for_users import ForUsers, StaleError
from mailer.services.service_mail.posting import Posting
from mailer.services.service_mail.writing import PASSED_ON, ServiceMails
from mailer.services.transactional import library
from mailer.services.transactional.writing import TemplateMails
from mailer.store import outbox
from mailer.store.inbound import inbox
from mailer.store.inbound import mails as inbound
from mailer.store.outbox import Queued, State
from mailer.store.server.connection import Store
from mailer.store.subscribers import suppression

CLAIM_SECONDS: Final = 900.0
"""The time after which the end of an attempt is taken for unknown: its worker is gone."""
ASK_AGAIN_SECONDS: Final = 60.0
_SWEPT: Final = 500
_ADDRESS: Final = re.compile(r"\S*@\S*")

_log = log.get_logger(__name__)


class Outbox:
    """Posts service mails."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Set up; `jitter` spreads the retries."""
        settings.check_for_sending()
        self._store, self._settings, self._clock, self._jitter = store, settings, clock, jitter
        self._mails = ServiceMails(settings)
        self._for_users = ForUsers(store, settings, clock)
        self._templates = TemplateMails(store, settings)
        self._answers = AnswerMails(settings)

    async def post(self, number: int, posting: Posting) -> State | None:
        """Make one attempt at a mail, if it is its turn; takes as long as the relay does.

        Args:
            number: the mail's.
            posting: hands it to the relays.

        Returns:
            What it came to; none: there was nothing to do.
        """
        mail = outbox.claim(self._store, number, self._clock.now(), CLAIM_SECONDS)
        if mail is None:
            return None
        if ended := self._why_not(mail):
            return self._end(mail, *ended)
        try:
            envelope = self._envelope(mail)
        except StaleError as stale:
            return self._end(mail, State.SKIPPED, stale.reason)
        except (InputError, NotFoundError) as error:
            return self._end(mail, State.FAILED, str(error))
        return self._settle(mail, await posting.hand_over(envelope))

    def sweep(self) -> list[int]:
        """Have mails posted that are due; those whose worker is gone are unknown. Returns which."""
        now = self._clock.now()
        waiting = []
        for number in outbox.due(self._store, now, _SWEPT):
            mail = outbox.get(self._store, number)
            if mail is None:
                outbox.forget(self._store, number)
            elif mail.state is State.CLAIMED:
                self._end(mail, State.UNKNOWN, "the worker that had it is gone")
            else:
                waiting.append(number)
        if waiting:
            outbox.enqueue(self._store, waiting, now, ASK_AGAIN_SECONDS)
        outbox.tidy(self._store, now)
        library.tidy(self._store, self._clock)
        return waiting

    def _envelope(self, mail: Queued) -> Envelope:
        now = self._clock.now()
        if mail.template:
            return self._templates.write(mail, now)
        if mail.name == outbox.ANSWER:
            return self._answers.write(self._answer(mail), mail.number, now)
        shown = self._for_users.shown(mail)
        return self._mails.write(mail, now, self._letter(mail), self._year(mail), shown)

    def _answer(self, mail: Queued) -> Answer:
        number = int((mail.facts or {}).get("answer", "0"))
        found = inbox.answer(self._store, number)
        if found is None:
            raise NotFoundError("answer", str(number))
        return found

    def _letter(self, mail: Queued) -> bytes:
        """Return the mail that is passed on, if it is one that passes one on."""
        number = (mail.facts or {}).get("mail", "") if mail.name in PASSED_ON else ""
        return inbound.raw(self._store, int(number)) if number else b""

    def _year(self, mail: Queued) -> Year | None:
        """Return the dates that a mail tells, as they are now, if it is one that does."""
        if mail.name != Mail.CALENDAR:
            return None
        return year_of(self._store, self._settings, self._clock, mail.language)

    def _why_not(self, mail: Queued) -> tuple[State, str] | None:
        """Tell why nothing may be sent: at the last moment, as for every mail (law 4)."""
        try:
            key = key_of(mail.to)
        except AddressError as error:
            return State.FAILED, str(error)
        found = suppression.find(self._store, secret_key(self._settings), key)
        if mail.template:
            reason = Refusal.SUPPRESSED if found else self._templates.refusal(mail)
            return (State.SKIPPED, reason.value) if reason else None
        return (State.FAILED, f"the address is suppressed ({found.reason})") if found else None

    def _settle(self, mail: Queued, attempt: Attempt) -> State:
        told = " ".join(filter(None, (str(attempt.code or ""), attempt.enhanced, attempt.text)))
        if attempt.outcome is Outcome.ACCEPTED:
            return self._end(mail, State.SENT, told)
        if attempt.outcome is Outcome.UNKNOWN:
            return self._end(mail, State.UNKNOWN, told)
        if attempt.outcome in {Outcome.DEFERRED, Outcome.RELEASED}:
            if gives_up(mail.attempts, self._settings.retry_limit):
                return self._end(mail, State.FAILED, f"tried for too long: {told}")
            wait = next_try_after(mail.attempts, self._jitter())
            return self._end(mail, State.DEFERRED, told, wait)
        return self._end(mail, State.FAILED, told)

    def _end(self, mail: Queued, state: State, reason: str, wait: timedelta | None = None) -> State:
        reason = _ADDRESS.sub("(address)", reason)  # relays repeat it; events hold none
        now: datetime = self._clock.now()
        if mail.name == outbox.ANSWER and state in {State.FAILED, State.UNKNOWN}:
            # Before it is written down here: a crash in between has it done once more.
            number = int((mail.facts or {}).get("answer", "0"))
            returned.waits_again(self._store, self._clock, number, Why.UNSENT)
        outbox.settle(self._store, mail, state, reason, now, again=now + wait if wait else None)
        if state in {State.FAILED, State.UNKNOWN}:
            told = f"A service mail did not leave for sure: {reason}"
            _log.warning("service_mail.not_sent", message=told, outbox=mail.number, name=mail.name)
        return state
