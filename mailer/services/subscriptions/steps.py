"""The steps that decisions come to: what changes, what is written down, which mail tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.inbound.received import Received
from mailer.domain.subscribers.address import Address, AddressError, parse_address
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.moderation import KEEPS, Sorted, sort_out, still_declined
from mailer.domain.subscribers.subscriber import Action, Status, Subscriber
from mailer.domain.subscribers.subscribing import ONE_DAY, Facts, Mail, Request, abuse_key
from mailer.message.incoming.facts import WrittenMail
from mailer.message.outgoing import headers
from mailer.message.outgoing.service_mail import identifiers
from mailer.message.outgoing.slots import UnsendableError
from mailer.services.service_mail.writing import consent, facts_of
from mailer.services.subscriptions.asking import Wish
from mailer.store.server.connection import Store
from mailer.store.subscribers import answers, requests
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.requests import SUBSCRIBER, Asked, Letter, Step

BY_MAIL: Final = "mail"
BY_WEB: Final = "web"
_FOR_ANYBODY: Final = frozenset({Mail.HELP, Mail.NOT_MEMBER, Mail.OWN})
"""The mails that strangers may get besides a confirmation: one of these a day in all."""
_CHOSEN: Final = {"l": "language", "t": "topics", "n": "name", "u": "pause"}
_PRESENT: Final = (Status.PENDING, Status.ACTIVE, Status.SUSPENDED, Status.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Came:
    """The way by which a wish reached us."""

    how: str
    """By `mail` or by `web`: the source of whom it makes known."""
    mail: int = 0
    """The number of the mail."""
    author: str = ""
    """The author of the mail; empty on the web, where the token alone says who it is."""
    answers: str = ""
    """Message-ID that an answer refers to."""
    references: str = ""
    campaign: int = 0
    """The campaign whose mail held the link; 0 if none did."""

    @classmethod
    def by(cls, record: Received, letter: WrittenMail) -> Came:
        """Tell it of a mail."""
        return cls(
            BY_MAIL,
            record.number,
            letter.authors[0],
            "".join(identifiers(letter.identifier)[:1]),
            " ".join(identifiers(letter.references)[-10:]),
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One wish with all that its decision and its step need."""

    came: Came
    wish: Wish
    owner: Address
    """The address it is about: the token's owner, else the author."""
    elsewhere: bool
    """True if the author has another address than the owner."""
    member: Subscriber | None
    asked: Asked | None
    facts: Facts
    hashed: str
    """Suppression hash of the owner's address."""
    language: str
    """To answer in."""
    name: str = ""
    """The name of the person, if it was given."""


class Steps:
    """Makes steps."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, secret: bytes) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret

    def ask(self, case: Case) -> Step:
        """Write a request down, and ask the owner of the address to confirm."""
        wish, member, asked = case.wish, case.member, case.asked
        topics = wish.topics or (wish.topic or self._settings.topics.default,)
        language = case.language
        if asked:
            topics, language = asked.topics, asked.language
        number = requests.new_number()
        at_once = [one for one in topics if one not in self._settings.topics.moderated]
        told: dict[str, str | int] = {"subscriber": SUBSCRIBER, "request": number}
        told["language"] = language
        told |= {"how": case.came.how, "mail": case.came.mail}
        return self._step(
            case,
            action=Action.REQUEST,
            changes={"l": language, "t": " ".join(sorted(at_once))},
            request=number,
            opens={
                "l": language,
                "t": " ".join(topics),
                "how": case.came.how,
                "mail": str(case.came.mail),
                **({"name": case.name} if case.name else {}),
            },
            letter=self._letter(
                case,
                Mail.CONFIRM,
                topics=topics,
                reads=language,
                request=number,
                waits=" ".join(one for one in topics if one not in at_once),
            ),
            once=ONE_DAY,
            number=member.number if member else 0,
            events=(Event("subscription.asked", self._clock.now(), told),),
        )

    def confirm(self, case: Case, asked: Asked) -> Step:
        """Put the subscriber on the list, with the consent, and say welcome.

        For the topics that are moderated, this is when the subscriber begins to wait.
        """
        now, member = self._clock.now(), case.member
        kept = member.wanted if member and member.status is Status.ACTIVE else ()
        found = self.sorted_out(member, sorted({*asked.topics, *kept}))
        told: dict[str, str | int] = {"subscriber": SUBSCRIBER, "request": asked.number}
        told |= {"how": case.came.how, "mail": case.came.mail, "from": _whence(case)}
        agreed = {
            "at": now.isoformat(timespec="seconds"),
            "asked": asked.at.isoformat(timespec="seconds"),
            "how": case.came.how,
            "from": case.came.author,
            "mail": case.came.mail,
            "request": asked.number,
            "language": asked.language,
            "topics": list(asked.topics),
            "text": consent(self._settings, asked.language, asked.topics),
        }
        return self._step(
            case,
            action=Action.CONFIRM,
            number=asked.subscriber,
            changes={
                "l": asked.language,
                "t": " ".join(found.on),
                "c": json.dumps(agreed, ensure_ascii=False),
                **({"n": asked.name} if asked.name else {}),
                "u": "",
                "x": "",
            },
            request=asked.number,
            becomes=Request.USED,
            **self._waits(found),
            letter=self._letter(case, Mail.WELCOME, reads=asked.language, **_topics_of(found)),
            events=(Event("subscription.confirmed", now, told),),
        )

    def leave(self, case: Case) -> Step:
        """Remove the subscriber from the list, and send one confirmation of it."""
        told: dict[str, str | int] = {"subscriber": SUBSCRIBER, "proof": case.facts.proof.value}
        told |= {"how": case.came.how, "mail": case.came.mail, "from": _whence(case)}
        if case.came.campaign:
            told["campaign"] = case.came.campaign
        by_mail = case.came.how == BY_MAIL
        return self._step(
            # Also where the address is suppressed: that may be lifted one day.
            case if by_mail else replace(case, hashed=""),
            action=Action.LEAVE,
            left_by=case.came.campaign,
            only=[status.value for status in _PRESENT],
            changes={"x": str(int(self._clock.now().timestamp()))},
            # A page says it by itself; and a reader who left there must get no mail from us.
            letter=self._letter(case, Mail.GOODBYE) if by_mail else None,
            events=(Event("subscriber.left", self._clock.now(), told),),
        )

    def come_back(self, case: Case) -> Step:
        """Undo the leaving of a subscriber, with what they had agreed to before."""
        told: dict[str, str | int] = {"subscriber": SUBSCRIBER, "how": case.came.how}
        return self._step(
            case,
            action=Action.RETURN,
            only=[Status.UNSUBSCRIBED.value],
            changes={"x": "", "u": ""},
            events=(Event("subscriber.returned", self._clock.now(), told),),
        )

    def change(self, case: Case) -> Step:
        """Change language or topics, and say so."""
        wish, member = case.wish, case.member
        wanted = member.wanted if member else ()
        reads = member.language if member else case.language
        changes: dict[str, str] = {}
        waits: dict[str, Any] = {}
        if wish.verb is Verb.LANGUAGE:
            changes["l"] = reads = wish.chosen
        else:
            wanted = wish.topics or tuple(one for one in wanted if one != wish.topic)
        found = self.sorted_out(member, wanted)
        if wish.verb is not Verb.LANGUAGE:
            changes["t"] = " ".join(sorted(found.on))
            waits = self._waits(found)
        words = {"l": "language", "t": "topics"}
        told: dict[str, str | int] = {"subscriber": SUBSCRIBER, "source": case.came.how}
        told["fields"] = " ".join(words[field] for field in changes)
        return self._step(
            replace(case, language=reads),
            only=[Status.ACTIVE.value],
            changes=changes,
            **waits,
            letter=self._letter(
                replace(case, language=reads), Mail.CHANGED, reads=reads, **_topics_of(found)
            ),
            events=(Event("subscriber.updated", self._clock.now(), told),),
        )

    def choose(self, case: Case, changes: Mapping[str, str], found: Sorted) -> Step:
        """Change what a reader chose on a page, which shows it: no mail is needed.

        Args:
            case: the reader's.
            changes: by field; topics as well if only those change that wait.
            found: what becomes of the topics that the reader wants.
        """
        told: dict[str, str | int] = {"subscriber": SUBSCRIBER, "source": case.came.how}
        told["fields"] = " ".join(_CHOSEN[field] for field in changes)
        return self._step(
            case,
            only=[Status.ACTIVE.value],
            changes=changes,
            **(self._waits(found) if "t" in changes else {}),
            events=(Event("subscriber.updated", self._clock.now(), told),),
        )

    def answer(self, case: Case, mail: Mail) -> Step:
        """Send a mail that changes nothing, at most once a day."""
        member = case.member
        if member is None or mail in _FOR_ANYBODY:
            letter = self._letter(case, mail, kind="answer", limited=True)
            return self._step(case, nobody=True, letter=letter, once=ONE_DAY)
        now = self._sorted_now(member)
        letter = self._letter(case, mail, reads=member.language, limited=True, **_topics_of(now))
        return self._step(case, only=[member.status.value], letter=letter, once=ONE_DAY)

    def is_told(self, case: Case, mail: Mail) -> bool:
        """Tell whether such a mail went to that address less than a day ago: no other follows."""
        anybody = case.member is None or mail in _FOR_ANYBODY
        kind = "answer" if anybody and mail is not Mail.CONFIRM else mail.value
        hashed = suppression_hash(self._secret, abuse_key(case.owner.key))
        seconds = ONE_DAY.total_seconds()
        return answers.lately(self._store, kind, hashed, self._clock.now(), seconds)

    def forward(self, record: Received, letter: WrittenMail) -> Step:
        """Pass a letter on to the secretariat, whose answer goes to its author."""
        author, reply_to = letter.authors[0][:254], ""
        with suppress(UnsendableError, AddressError):
            # A header field may hold no other without SMTPUTF8 (RFC 6532).
            reply_to = headers.addressee(parse_address(author).ascii).address
        queued = Letter(
            name=Mail.LETTER.value,
            to=self._settings.owner_address,
            language=self._settings.languages[0],
            facts=facts_of(mail=str(record.number), author=author, reply_to=reply_to),
        )
        return Step(self._clock.now(), nobody=True, letter=queued)

    def close(self, asked: Asked, mail: int, reason: str, now: datetime) -> Step:
        """Close a request unconfirmed, and forget who is known by it alone."""
        told: dict[str, str | int] = {"subscriber": asked.subscriber, "request": asked.number}
        told |= {"reason": reason, "mail": mail}
        event = Event("subscription.closed", now, told)
        return replace(self.expiry(asked, now), becomes=Request.CLOSED, events=(event,))

    def expiry(self, asked: Asked, now: datetime) -> Step:
        """Close a request whose time is over, and forget who is known by it alone."""
        member = subscribers.get(self._store, asked.subscriber)
        told: dict[str, str | int] = {"subscriber": asked.subscriber, "request": asked.number}
        return Step(
            now,
            key=parse_address(member.address).key if member else "",
            number=asked.subscriber,
            only=[status.value for status in Status],
            request=asked.number,
            becomes=Request.EXPIRED,
            forgets=True,
            events=(Event("subscription.expired", now, told),),
        )

    def sorted_out(self, member: Subscriber | None, wanted: Sequence[str]) -> Sorted:
        """Tell what becomes of the topics that a reader wants, by what the reader has."""
        held = member.topics if member and member.status in KEEPS else ()
        declined = member.declined if member else ()
        return sort_out(self._settings.topics, wanted, held, declined, self._clock.now())

    def _sorted_now(self, member: Subscriber) -> Sorted:
        """Tell how it is with a reader's topics, where nothing is changed."""
        declined = still_declined(member.declined, self._clock.now())
        return Sorted(member.topics, member.waits_for, tuple(one.topic for one in declined))

    def _waits(self, found: Sorted) -> dict[str, Any]:
        """Return the parts of a step that have a reader wait."""
        held = [one for one in found.on if one in self._settings.topics.moderated]
        return {"waits": found.waiting, "held": held}

    def _step(self, case: Case, **parts: Any) -> Step:
        member = case.member
        known: dict[str, Any] = {
            "key": case.owner.key,
            "address": case.owner.given,
            "suppression": case.hashed,
            "number": member.number if member else 0,
            "source": case.came.how,
        }
        return Step(self._clock.now(), **(known | parts))

    def _letter(
        self, case: Case, mail: Mail, *, kind: str = "", limited: bool = False, **facts: Any
    ) -> Letter:
        answers, references = case.came.answers, case.came.references
        if case.elsewhere:  # the owner must not be shown the thread of somebody else
            answers = references = ""
        hashed = suppression_hash(self._secret, abuse_key(case.owner.key))
        return Letter(
            name=mail.value,
            to=case.owner.given,
            language=case.language,
            limited_by=hashed if limited or mail is Mail.CONFIRM else "",
            kind=kind,
            facts=facts_of(answers=answers, references=references, **facts),
        )


def _topics_of(found: Sorted) -> dict[str, Any]:
    """Return the facts of a letter that tells of topics."""
    waits, declined = " ".join(found.waiting), " ".join(found.declined)
    return {"topics": tuple(sorted(found.on)), "waits": waits, "declined": declined}


def _whence(case: Case) -> str:
    return "other" if case.elsewhere else "same"
