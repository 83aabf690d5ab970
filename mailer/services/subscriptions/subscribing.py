"""Subscribing, confirming, changing and leaving by mail: from a mail to the step that follows.

    mail -> who wrote it, and may it be acted on? -> `subscriptions.asking`: what does it ask?
         -> `subscribers.subscribing.decide` -> `subscribers.requests.take`, in the mail's own
         transaction

So a mail is acted on once, however often its job runs, and nothing is done without its event and
the mail that tells of it (law 9). What two mails at once could spoil, the script looks at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Signer, suppression_hash
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Why
from mailer.domain.inbound.kinds import Action as Became
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.own_addresses import Role
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.address import Address, AddressError, parse_address
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.domain.subscribers.subscribing import (
    Act,
    Choice,
    Decision,
    Facts,
    Mail,
    Proof,
    Reply,
    Request,
    decide,
    marked,
)
from mailer.message.incoming.facts import WrittenMail
from mailer.services.inbound import believing
from mailer.services.inbound.answering import PASSED_ON, Answering, Held
from mailer.services.inbound.intake import Handler, Outcome, own_addresses
from mailer.services.subscriptions.asking import Asking, Wish
from mailer.services.subscriptions.bearers import Bearers
from mailer.services.subscriptions.steps import Came, Case, Steps
from mailer.store import events
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import room
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import requests, suppression
from mailer.store.subscribers.requests import Asked, Step


class Subscribing:
    """Acts on the mails that ask for something."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._secret = secret_key(settings)
        self._addresses = own_addresses(settings)
        self._steps = Steps(store, settings, clock, self._secret)
        signer = Signer(self._secret)
        self._asking = Asking(settings, self._addresses, signer)
        self._bearers = Bearers(store, signer)
        self._answering = Answering(store, settings, clock, self._secret)

    def handlers(self) -> Mapping[Kind, Handler]:
        """Return what the intake calls, by kind of mail."""
        return {
            Kind.COMMAND: self.handle,
            Kind.PERSON: self.handle,
        }

    def handle(self, record: Received, understood: Understanding) -> Outcome:
        """Do what a person's mail asks for, if it is one that may be acted on."""
        content = inbound.raw(self._store, record.number)
        letter = believing.read(self._settings, record, content)
        own = self._asking.own(record.recipients)
        if reason := self._why_not(record, letter):
            return self._ignored(record, reason)
        wish = self._asking.wish(own, letter, understood)
        if wish.verb is None:
            return self._for_a_person(record, letter, wish)
        try:
            case = self._case(record, letter, wish)
        except AddressError as error:  # case 17: it cannot even be answered
            reason = f"its author cannot be answered: {error}"
            return Outcome(MailState.WAITING, reason, why=Why.UNANSWERABLE)
        decision = decide(case.facts)
        held = self._not_now(record, case, decision)
        return held or self._carried_out(record, letter, case, decision)

    def bounced(self, record: Received, understood: Understanding) -> Outcome:
        """Close a request whose confirmation came back to its own address (case 37)."""
        own = self._asking.own(record.recipients)
        if any(one.action is Became.DELAYED for one in understood.bounces):
            return Outcome(MailState.HANDLED, "a confirmation is late; nothing follows from it")
        asked = self._request(own.numbers)
        if asked is None or asked.state is not Request.OPEN:
            return self._ignored(record, "a confirmation came back whose request is over")
        step = self._steps.close(asked, record.number, "came back", self._clock.now())
        return self._outcome("a confirmation came back: its request is closed", step)

    def expire(self, most: int = 500) -> int:
        """Close the requests that nobody confirmed in time, and forget who asked."""
        now = self._clock.now()
        overdue = requests.overdue(self._store, now, most)
        for number in overdue:
            asked = requests.get(self._store, number, now)
            if (
                asked is None
                or requests.take(self._store, self._steps.expiry(asked, now)) != "done"
            ):
                requests.drop(self._store, number)
        return len(overdue)

    # Whether it may be acted on.

    def _why_not(self, record: Received, letter: WrittenMail) -> str:
        """Tell why a mail is never acted on, whatever it says; empty: it may be (law 8)."""
        if not record.sender:
            return "its envelope sender is empty, as in notices of mail servers"  # case 3
        if letter.machine:
            return "a machine or another list sent it"  # cases 4 and 5
        if self._addresses.list_address.lower() in letter.loops:
            return "it has been through this list already"  # case 6
        if len(letter.authors) != 1:
            return "it names no author, or several"  # case 13
        if self._addresses.read(letter.authors[0]) is not None:
            return "its author is an address of the list itself"  # case 6
        return ""

    def _ignored(self, record: Received, reason: str) -> Outcome:
        event = Event(
            "command.ignored", self._clock.now(), {"mail": record.number, "reason": reason}
        )
        return Outcome(MailState.HANDLED, reason, lambda pipe: events.append(pipe, event))

    def _for_a_person(self, record: Received, letter: WrittenMail, wish: Wish) -> Outcome:
        """Pass a letter on; an author who seems to want a command gets help (cases 20 and 25)."""
        steps = self._passing_on(record, letter)
        held = self._answering.hold(record, letter.authors[0], kind=PASSED_ON) if steps else None
        if held:
            return self._put_off(held)
        if wish.puzzled:
            with suppress(AddressError):
                case = self._case(record, letter, replace(wish, verb=Verb.HELP))
                decision = decide(case.facts)
                nothing = self._is_told(case, decision) or self._held(record, case, decision)
                if decision.mail is Mail.HELP and not nothing:
                    steps.append(self._steps.answer(case, Mail.HELP))
        if not self._settings.owner_address:
            reason = "for the secretariat; owner_address is not set, so it waits here"
            outcome = replace(self._outcome(reason, *steps), state=MailState.WAITING)
        else:
            outcome = self._outcome("passed on to the secretariat", *steps)
        return replace(outcome, why=self._why(record, letter, wish))

    def _why(self, record: Received, letter: WrittenMail, wish: Wish) -> Why:
        """Tell why a letter is for a person."""
        to_list = self._asking.own(record.recipients).role is Role.LIST
        if to_list and self._asking.is_word_over_letter(letter):
            return Why.ONE_WORD
        return Why.PUZZLED if wish.puzzled else Why.LETTER

    def _passing_on(self, record: Received, letter: WrittenMail) -> list[Step]:
        """Return what has the secretariat read a letter, if it has an address."""
        return [self._steps.forward(record, letter)] if self._settings.owner_address else []

    def _unclear(self, record: Received, letter: WrittenMail, decision: Decision) -> Outcome:
        """Leave a reply to a person that is neither assent nor refusal (law 17)."""
        if not self._settings.owner_address:
            return Outcome(MailState.WAITING, decision.reason, why=Why.UNCLEAR)
        if held := self._answering.hold(record, letter.authors[0], kind=PASSED_ON):
            return self._put_off(held)
        reason = f"{decision.reason}: passed on to the secretariat"
        outcome = self._outcome(reason, *self._passing_on(record, letter))
        return replace(outcome, why=Why.UNCLEAR)

    # What is known.

    def _case(self, record: Received, letter: WrittenMail, wish: Wish) -> Case:
        author = parse_address(letter.authors[0])
        asked, member = self._by_token(wish)
        by_token = bool(wish.numbers) and (member is not None or asked is not None)
        owner = author
        if member is not None:
            owner = parse_address(member.address)
        elif not (by_token or wish.numbers) or bearer.request(wish.numbers):
            number = subscribers.number_of(self._store, author.key)
            member = subscribers.get(self._store, number) if number else None
        wish = self._chosen(wish, member)
        reads = member.language if member else ""
        language = wish.language or (asked.language if asked else "") or reads
        # Links and addresses in our mail carry words of no language: the member's own counts.
        if wish.verb in {Verb.CONFIRM, Verb.LEAVE, Verb.STATUS, Verb.HELP} and reads:
            language = reads if not asked else asked.language
        return Case(
            came=Came.by(record, letter),
            wish=wish,
            owner=owner,
            elsewhere=owner.key != author.key,
            member=member,
            asked=asked,
            facts=self._facts(letter, wish, member, asked, owner),
            hashed=suppression_hash(self._secret, owner.key),
            language=language or self._settings.languages[0],
        )

    def _facts(
        self,
        letter: WrittenMail,
        wish: Wish,
        member: Subscriber | None,
        asked: Asked | None,
        owner: Address,
    ) -> Facts:
        verb = wish.verb or Verb.HELP
        proof = Proof.AUTHENTICATED if letter.authenticated else Proof.NONE
        request = None
        if wish.numbers:
            proof = Proof.TOKEN
            request = asked.state if asked else Request.UNKNOWN
        asks = bearer.leave(wish.numbers) if verb is Verb.LEAVE else None
        # What mail programs send to a link's address in a person's name asks for no words.
        asked_back = asks is not None and (asks.asked or wish.in_words)
        is_answer = verb is Verb.CONFIRM or asked_back
        known = suppression.find(self._store, self._secret, owner.key)
        topics = member.wanted if member else ()
        return Facts(
            verb=verb,
            status=member.status if member else None,
            suppressed=known is not None,
            proof=proof,
            request=request,
            reply=self._asking.reply(letter, verb) if is_answer else Reply.YES,
            changes=bool(
                member
                and (
                    (wish.topics and set(wish.topics) != set(topics))
                    or (verb is Verb.LANGUAGE and wish.chosen and wish.chosen != member.language)
                )
            ),
            topic=bool(wish.topic and wish.topic in topics and len(topics) > 1),
        )

    def _by_token(self, wish: Wish) -> tuple[Asked | None, Subscriber | None]:
        """Find the request and the subscriber that a token stands for."""
        if not wish.numbers:
            return None, None
        if wish.verb is Verb.LEAVE:
            leaves = bearer.leave(wish.numbers)
            return None, self._bearers.subscriber(leaves.bearer if leaves else None)
        if standing := bearer.standing(wish.numbers):
            return None, self._bearers.subscriber(standing.bearer)
        asked = self._request(wish.numbers)
        return asked, subscribers.get(self._store, asked.subscriber) if asked else None

    def _request(self, numbers: tuple[int, ...]) -> Asked | None:
        number = bearer.request(numbers)
        return requests.get(self._store, number, self._clock.now()) if number else None

    def _chosen(self, wish: Wish, member: Subscriber | None) -> Wish:
        """Read what a standing address changes (see `Choice`); nobody chooses what is not shown."""
        if wish.verb is Verb.TOPICS and member is not None:
            known = set(self._settings.topics.shown_to(member.wanted))
            return wish if known.issuperset(wish.topics) else replace(wish, topics=())
        if wish.verb is not Verb.CONFIRM or member is None:
            return wish
        standing = bearer.standing(wish.numbers)
        if standing is None:
            return wish
        number, settings = standing.change, self._settings
        if code := marked(number, Choice.LANGUAGE, settings.languages):
            return replace(wish, verb=Verb.LANGUAGE, chosen=code, language=code)
        kept = set(member.wanted) | {marked(number, Choice.ADD, settings.topics.visible)}
        fewer = kept - {marked(number, Choice.DROP, settings.topics)}
        topics = tuple(one for one in settings.topics if one in ((fewer - {""}) or kept))
        return replace(wish, verb=Verb.TOPICS, topics=topics, language=member.language)

    # What is done.

    def _carried_out(
        self, record: Received, letter: WrittenMail, case: Case, decision: Decision
    ) -> Outcome:
        if decision.act is Act.WAIT:
            return self._unclear(record, letter, decision)
        if decision.act is Act.NOTHING:
            return self._ignored(record, decision.reason)
        asked, number = case.asked, record.number
        if decision.act is Act.CLOSE and asked:
            # Who refuses may well complain, too: a person reads what was said.
            step = self._steps.close(asked, number, "refused", self._clock.now())
            outcome = self._outcome(decision.reason, step, *self._passing_on(record, letter))
            return replace(outcome, why=Why.REFUSED)
        if decision.act is Act.CONFIRM and asked:
            outcome = self._outcome(decision.reason, self._steps.confirm(case, asked))
            return _citing(outcome, number, asked.subscriber)
        if decision.act is Act.ASK:
            step = self._steps.ask(case)
        elif decision.act is Act.LEAVE:
            step = self._steps.leave(case)
        elif decision.act is Act.CHANGE:
            step = self._steps.change(case)
        else:
            step = self._steps.answer(case, decision.mail or Mail.HELP)
        return self._outcome(decision.reason, step)

    def _not_now(self, record: Received, case: Case, decision: Decision) -> Outcome | None:
        """Look whether what would follow was done of late, or is too much at once."""
        if self._is_told(case, decision):
            return self._outcome(f"{decision.reason}; such a mail went there less than a day ago")
        held = self._held(record, case, decision)
        return self._put_off(held) if held else None

    def _is_told(self, case: Case, decision: Decision) -> bool:
        """Tell whether nothing follows, because the address got the same less than a day ago.

        The step would look again, in its own transaction; but it costs a job, and others wait.
        """
        if decision.act not in {Act.ASK, Act.ANSWER}:
            return False
        return self._steps.is_told(case, decision.mail or Mail.HELP)

    def _held(self, record: Received, case: Case, decision: Decision) -> Held | None:
        """Look whether too many answers were asked for; what a token's owner asks is no flood."""
        proof = case.facts.proof
        if decision.act is Act.CHANGE and case.member:
            return self._answering.hold_change(record, case.member.number)
        if decision.act not in {Act.ASK, Act.ANSWER} or proof is Proof.TOKEN:
            return None
        return self._answering.hold(record, case.owner.given, proof)

    def _put_off(self, held: Held) -> Outcome:
        outcome = self._outcome(held.reason, *([held.notice] if held.notice else []))
        why = Why.FLOOD if held.state is MailState.WAITING else None
        return replace(outcome, state=held.state, again=held.again, why=why)

    def _outcome(self, reason: str, *steps: Step) -> Outcome:
        def follow_up(pipe: Any) -> None:
            for step in steps:
                requests.take(self._store, step, pipe)

        return Outcome(MailState.HANDLED, reason, follow_up)


def _citing(outcome: Outcome, mail: int, subscriber: int) -> Outcome:
    """Keep the mail on which a consent rests."""
    follow_up = outcome.follow_up

    def both(pipe: Any) -> None:
        if follow_up:
            follow_up(pipe)
        room.note_consent(pipe, mail, subscriber)

    return replace(outcome, follow_up=both)
