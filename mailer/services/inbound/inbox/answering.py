"""Answers a letter through the list's address: what a person wrote, once, kept in its thread."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.language.words import words_for
from mailer.domain.access.token import Signer
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import (
    LONGEST_ANSWER,
    LONGEST_SUBJECT,
    Answer,
    Item,
    Standing,
)
from mailer.domain.inbound.marks import subject_of
from mailer.domain.inbound.received import Received
from mailer.domain.subscribers.address import Address, parse_address
from mailer.domain.subscribers.bearer import IDENTITY_BITS
from mailer.errors import InputError, NotFoundError, Problem, StateError
from mailer.message.incoming import letter as letters
from mailer.message.outgoing import answer as mails
from mailer.message.outgoing import headers
from mailer.message.outgoing.service_mail import MOST_REFERENCES, identifiers
from mailer.message.outgoing.slots import UnsendableError
from mailer.services.access import once
from mailer.services.access.acting import act, current, tell
from mailer.services.inbound import believing
from mailer.services.inbound.inbox.entering import kept_seconds
from mailer.services.inbound.intake import own_addresses
from mailer.store.inbound import inbox
from mailer.store.inbound import mails as inbound
from mailer.store.inbound.inbox import Change
from mailer.store.outbox import ANSWER
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import requests, suppression
from mailer.store.subscribers.requests import Letter, Step

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What ends a line elsewhere, or has no encoding; of a text, all but line break and tab."""
LONGEST_FORM: Final = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person wrote."""

    text: str
    subject: str = ""
    """Empty: that of the letter, with a mark of reply."""
    language: str = ""
    """Empty: the reader's."""
    form: str = ""
    """Names the form that it came by: what is sent twice is answered once. Empty: no form."""


class Answering:
    """Writes answers."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._signer = Signer(self._secret)
        self._addresses = own_addresses(settings)

    def language_for(self, item: Item) -> str:
        """Tell the language of an answer: the reader's on the list, the letter's, or the first."""
        languages = self._settings.languages
        reads = ""
        if item.author:
            with_key = _address(item.author)
            number = subscribers.number_of(self._store, with_key.key) if with_key else 0
            member = subscribers.get(self._store, number) if number else None
            reads = member.language if member else ""
        return next((one for one in (reads, item.language) if one in languages), languages[0])

    @act("inbound.answer", "number")
    def answer(self, number: int, draft: Draft) -> Answer:
        """Answer a letter; it leaves by the outbox, and is tried again until a relay takes it.

        The same form, or the same request of a program, answers once, however often it is sent.

        Args:
            number: the letter's.
            draft: what is said.

        Returns:
            The answer, or the one that this form sent before.

        Raises:
            InputError: a text or a language cannot be, or its author cannot be written to.
            NotFoundError: there is no such mail in the inbox, or it is not kept any more.
            StateError: it lies in the bin.
        """
        before = int(once.made() or 0) or inbox.sent_by(self._store, draft.form)
        if before and (sent := inbox.answer(self._store, before)):
            return sent
        draft = self._checked(draft)
        made = self._made(number, draft)
        found = self._keep(made, draft.form)
        tell(answer=found.number, thread=found.thread)
        return found

    def _keep(self, made: Answer, form: str) -> Answer:
        outbox = requests.reserved(self._store)
        made = replace(made, outbox=outbox)

        def decide(record: Received) -> Change | None:
            if inbox.sent_by(self._store, form):
                return None
            item = _answerable(record)
            changed = replace(
                item,
                standing=Standing.ANSWERED,
                by=made.by,
                by_name=made.by_name,
                at=made.at,
                answers=(*item.answers, made.number)[-20:],
            )
            facts: dict[str, str | int] = {"mail": record.number, "answer": made.number}
            event = Event("inbox.answered", made.at, facts | {"outbox": outbox})
            return Change(changed, event, {}, self._queued(made, form))

        watched = [inbox.form_key(form)] if form else []
        if inbox.change(self._store, made.mail, decide, *watched) is None:
            sent = inbox.answer(self._store, inbox.sent_by(self._store, form))
            if sent is not None:
                return sent
        return made

    def _queued(self, made: Answer, form: str) -> Callable[[Any], None]:
        """Return what has an answer kept, join its thread, and leave."""
        letter = Letter(
            name=ANSWER,
            to=made.to,
            language=made.language,
            facts={"answer": str(made.number)},
            identity=made.identity,
        )
        domain = self._settings.list_domain
        named = mails.message_id(self._signer, made.identity, made.to, domain)
        names = [inbox.digest("message", named), inbox.digest("answer", str(made.identity))]
        seconds = kept_seconds(self._settings)

        def follow_up(pipe: Any) -> None:
            inbox.keep_answer(pipe, made, seconds, form)
            inbox.join(
                pipe,
                made.thread,
                f"{inbox.ANSWER}{made.number}",
                names,
                at=made.at,
                seconds=seconds,
            )
            step = Step(made.at, nobody=True, letter=letter)
            requests.add(self._store, step, made.outbox, pipe)
            once.bind(pipe, str(made.number))

        return follow_up

    def _checked(self, draft: Draft) -> Draft:
        """Look at what was typed, all of it at once.

        Raises:
            InputError: it cannot be.
        """
        text = draft.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        subject = draft.subject.strip()
        problems = []
        if not text.strip():
            problems.append(Problem("text", "is empty", "write an answer", code="missing"))
        if len(text) > LONGEST_ANSWER:
            said = f"has {len(text)} characters"
            facts = {"most": LONGEST_ANSWER}
            remedy = f"write at most {LONGEST_ANSWER}"
            problems.append(Problem("text", said, remedy, code="too_long", facts=facts))
        if _CONTROL.search(text):
            said = "holds a control character"
            problems.append(Problem("text", said, "remove it", code="bad_text"))
        if _CONTROL.search(subject) or "\n" in subject or "\t" in subject:
            said = "holds a control character"
            problems.append(Problem("subject", said, "remove it", code="bad_text"))
        if len(subject) > LONGEST_SUBJECT:
            said, facts = f"has {len(subject)} characters", {"most": LONGEST_SUBJECT}
            remedy = f"write at most {LONGEST_SUBJECT}"
            problems.append(Problem("subject", said, remedy, code="too_long", facts=facts))
        if draft.language and draft.language not in self._settings.languages:
            said = f"{draft.language!r} is not one of the list's languages"
            remedy = f"use one of {', '.join(self._settings.languages)}"
            problems.append(Problem("language", said, remedy, code="unknown_language"))
        if len(draft.form) > LONGEST_FORM:
            problems.append(Problem("form", "is too long", code="too_long"))
        if problems:
            raise InputError(problems)
        return replace(draft, text=text, subject=subject)

    def _made(self, number: int, draft: Draft) -> Answer:
        record = inbound.get(self._store, number)
        item = _answerable(record)
        content = inbound.raw(self._store, number)
        read = believing.read(self._settings, record, content)
        to = self._to(record, read.authors, read.loops)
        language = draft.language or self.language_for(item)
        actor, now = current(), self._clock.now()
        return Answer(
            number=inbox.new_answer(self._store),
            mail=number,
            thread=item.thread or number,
            to=to.given,
            subject=draft.subject or reply_subject(item.subject),
            text=draft.text,
            language=language,
            by=str(actor) if actor else "",
            by_name=actor.name if actor else "",
            at=now,
            outbox=0,
            identity=secrets.randbits(IDENTITY_BITS),
            answers="".join(identifiers(read.identifier)[:1]),
            references=" ".join(identifiers(read.references)[-MOST_REFERENCES:]),
            quoted=letters.letter(content).text[:LONGEST_ANSWER],
            written=words_for(language).long_day(record.at.date()),
        )

    def _to(self, record: Received, authors: tuple[str, ...], loops: tuple[str, ...]) -> Address:
        """Tell whom an answer goes to: its one author, whom nothing keeps from being written to.

        Raises:
            InputError: nobody can be answered.
        """
        why = ""
        if len(authors) != 1:
            why = "it names no author, or several"
        elif not record.sender:
            why = "mail servers sent it, and nobody reads what is answered"
        elif self._addresses.list_address.lower() in loops:
            why = "it has been through this list already"
        elif self._addresses.read(authors[0]) is not None:
            why = "its author is an address of the list itself"
        if why:
            raise _unanswerable(why)
        address = parse_address(authors[0])
        try:
            headers.addressee(address.given)
        except UnsendableError as error:
            raise _unanswerable("its author has an address that no mail can be sent to") from error
        if suppression.find(self._store, self._secret, address.key):
            remedy = "lift the suppression if its owner wishes so, or write from your own mailbox"
            raise InputError.of(
                "", "the address is suppressed: it is never mailed", remedy, code="inbox.suppressed"
            )
        return address


def reply_subject(subject: str) -> str:
    """Return the subject of an answer: the letter's, with one mark of reply."""
    bare = subject_of(subject).text or subject
    return f"Re: {bare}"[:LONGEST_SUBJECT].strip()


def _answerable(record: Received) -> Item:
    if record.item is None:
        raise NotFoundError("mail", str(record.number))
    if record.item.standing is Standing.DROPPED:
        remedy = "Take it out of the bin first."
        raise StateError("mail", str(record.number), Standing.DROPPED, "answer", remedy)
    return record.item


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except InputError:
        return None


def _unanswerable(why: str) -> InputError:
    remedy = "answer from your own mailbox if it must be"
    return InputError.of("", f"it cannot be answered: {why}", remedy, code="inbox.unanswerable")
