"""Approves by a reply to the mail that asks for approval, where the settings allow it.

    the request, to one approver -> their reply to `…-approve+TOKEN@` -> the intake -> `handle`
    -> `domain.access.consent_by_mail.judge` -> `Approvals`, as that user -> an answer

Whatever does not count approves nothing. Its author is told why, once a day for each reason, and at
the address of the user alone; what nobody who is known wrote waits for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.rendering.service_mail import approvals as approving_words
from mailer.domain.access.approval import Lack
from mailer.domain.access.consent_by_mail import (
    ANSWERED,
    ApprovalRequest,
    Reply,
    Why,
    code_of,
    judge,
)
from mailer.domain.access.entitlement import Authority, Claim, Effect, Source, decide
from mailer.domain.access.token import Signer
from mailer.domain.access.user import Standing, User
from mailer.domain.events import Event
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.own_addresses import OwnAddress, Role
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.subscribers.address import AddressError, key_of
from mailer.domain.subscribers.letters import courtesies
from mailer.domain.subscribers.subscribing import ONE_DAY, Mail
from mailer.domain.subscribers.substance import Writing, substance
from mailer.errors import MailerError, NotAllowedError, NotFoundError, StateError, StoreError
from mailer.message.incoming.facts import WrittenMail
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.campaigns.approving import (
    ApprovalNeededError,
    Approvals,
    SecondPersonError,
)
from mailer.services.inbound import believing
from mailer.services.inbound.intake import AtAddress, Outcome
from mailer.services.inbound.origin import origin_of
from mailer.store import events
from mailer.store.access import approval_requests, users
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Letter, Step

_REPORTS: Final = frozenset({Kind.BOUNCE, Kind.COMPLAINT})
_MACHINES: Final = frozenset({Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.RECEIPT})
_SHOWN: Final = {
    Why.MACHINE: "a list or a machine sent it to an approver's address",
    Why.NOT_LISTED: "asks for approval, and its author is no user that was asked, or is not known"
    " to be",
    Why.FORGOTTEN: "answers a request for approval that nobody remembers",
}


class ApprovingByMail:
    """Takes replies; one for each process that reads mail."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._signer = Signer(secret_key(settings))
        self._approvals = Approvals(store, settings, clock)
        self._recorder = Recorder(store, settings, clock)

    def at_addresses(self) -> Mapping[Role, AtAddress]:
        """Return what the intake asks about mail to such an address."""
        return {Role.APPROVE: self.handle}

    def handle(
        self, record: Received, understood: Understanding, own: OwnAddress
    ) -> Outcome | None:
        """Act on a mail to an approver's address; None: it is a report, see to it as usual."""
        if understood.kind in _REPORTS:
            return None
        if understood.kind in _MACHINES or not record.sender:
            return Outcome(MailState.HANDLED, "a machine answered; nothing is approved by that")
        content = inbound.raw(self._store, record.number)
        letter = believing.read(self._settings, record, content)
        request = approval_requests.get(self._store, own.numbers[0])
        author = self._author(letter)
        words = approving_words()
        reply = Reply(
            mail=record.number,
            machine=letter.machine or bool(letter.loops),
            author=author.number if author else 0,
            allowed=self._settings.approve_by_mail,
            vouched=letter.authenticated,
            passes_on=letter.writing.passed_on,
            lines=letter.writing.lines,
            now=self._clock.now(),
        )
        why = judge(reply, request, code_of(self._signer, own.numbers[0]), words)
        if why is None and request is not None and author is not None:
            entitled = Authority.AUTHOR if letter.authenticated else Authority.NOBODY
            if decide(Source.APPROVING, Claim.SECRET, entitled).effect is not Effect.ACT:
                why = Why.UNVOUCHED  # the table has the last word
            else:
                why = self._approve(record, request, author, content)
        if request is None or author is None or why not in {None, *ANSWERED}:
            reason = _SHOWN[why if why in _SHOWN else Why.NOT_LISTED]
            return self._shown(record, request, why or Why.NOT_LISTED, reason)
        if why is None:
            return self._approved(request, author, letter)
        return self._refused(record, request, author, letter, why)

    def _author(self, letter: WrittenMail) -> User | None:
        """Return the user who is the only author, by what `From` says; see `Reply.author`."""
        if len(letter.authors) != 1:
            return None
        try:
            found = users.of_address(self._store, key_of(letter.authors[0]))
        except AddressError:
            return None
        return found if found and found.standing is Standing.ACTIVE else None

    def _approve(
        self, record: Received, request: ApprovalRequest, user: User, content: bytes
    ) -> Why | None:
        """Approve as that user; returns why that was refused, or None."""
        if request.used == record.number:
            return None  # it was taken, and a crash kept that from being written down
        origin = origin_of(self._settings, record, content).client
        # The code and the vouched author are the proof that other ways ask for again.
        actor = user.actor("mail", origin, proved=True)
        try:
            with acting_as(actor, self._recorder):
                self._approvals.approve_asked(
                    request.campaign, request.terms, request.number, record.number
                )
        except StoreError:
            raise
        except MailerError as error:
            return _reason(error)
        return None

    def _approved(self, request: ApprovalRequest, user: User, letter: WrittenMail) -> Outcome:
        reason = f"approves campaign {request.campaign}, as user {user.number}"
        state = MailState.HANDLED
        writing = letter.writing
        rest = Writing(lines=writing.lines[1:], author=writing.author, names=writing.names)
        if substance(rest, courtesies()) or writing.encloses:
            state, reason = MailState.WAITING, f"{reason}; it says more, which a person has to read"
        step = self._answer(Mail.CONSENT, request, user, letter, "")
        return Outcome(state, reason, lambda pipe: self._send(pipe, step))

    def _refused(
        self,
        record: Received,
        request: ApprovalRequest,
        user: User,
        letter: WrittenMail,
        why: Why,
    ) -> Outcome:
        """Approve nothing, and tell the user why."""
        event = self._event(record, request, why)
        step = self._answer(Mail.NO_CONSENT, request, user, letter, why.value)

        def follow_up(pipe: Any) -> None:
            events.append(pipe, event)
            if why is Why.WRONG_CODE:
                approval_requests.miss(pipe, request.number)
            self._send(pipe, step)

        reason = f"approves nothing of campaign {request.campaign} ({why}); its author is told"
        return Outcome(MailState.HANDLED, reason, follow_up)

    def _shown(
        self, record: Received, request: ApprovalRequest | None, why: Why, reason: str
    ) -> Outcome:
        """Approve nothing, and leave it to a person."""
        if request is None:
            return Outcome(MailState.WAITING, f"{reason}; a person has to look at it")
        event = self._event(record, request, why)
        return Outcome(
            MailState.WAITING,
            f"{reason}; a person has to look at it",
            lambda pipe: events.append(pipe, event),
        )

    def _event(self, record: Received, request: ApprovalRequest, why: Why) -> Event:
        fields: dict[str, str | int] = {
            "campaign": request.campaign,
            "user": request.user,
            "mail": record.number,
            "reason": why.value,
        }
        return Event("campaign.approval_refused", self._clock.now(), fields)

    def _answer(
        self, mail: Mail, request: ApprovalRequest, user: User, letter: WrittenMail, why: str
    ) -> Step:
        """Make the answer: to the user's own address, once a day for each reason."""
        facts = {
            "campaign": str(request.campaign),
            "user": str(user.number),
            "why": why,
            "answers": letter.identifier,
            "references": letter.references,
        }
        queued = Letter(
            name=mail.value,
            to=user.address,
            language=user.language,
            limited_by=f"{user.number}-{request.number:x}-{why}",
            facts={name: value for name, value in facts.items() if value},
        )
        return Step(self._clock.now(), nobody=True, once=ONE_DAY, letter=queued)

    def _send(self, pipe: Any, step: Step) -> None:
        requests.add(self._store, step, requests.reserved(self._store), pipe)


def _reason(error: MailerError) -> Why:
    """Tell why the use case refused."""
    if isinstance(error, StateError) and error.kind == approval_requests.KIND:
        return Why.USED
    if isinstance(error, SecondPersonError):
        return Why.OWN
    if isinstance(error, ApprovalNeededError):
        return Why.EXPIRED if error.lack is Lack.TOO_OLD else Why.CHANGED
    if isinstance(error, NotAllowedError):
        return Why.NO_RIGHT
    if isinstance(error, NotFoundError):
        return Why.WITHDRAWN
    return Why.STARTED if isinstance(error, StateError) else Why.CHANGED
