"""The secretariat's decisions on who gets a moderated topic, and what tells it that readers wait.

Readers begin to wait when they confirm, or choose such a topic later (`subscriptions.steps`). A
decision is one step with its event and the mail that tells the reader (law 9); it is taken only if
the reader still waits, so that taking it twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.subscribers.address import key_of
from mailer.domain.subscribers.moderation import KEEPS, still_declined
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.domain.subscribers.subscribing import ONE_DAY, Mail
from mailer.errors import Fact, InputError, MailerError, NotFoundError
from mailer.services.access.acting import act, tell
from mailer.services.service_mail.writing import facts_of
from mailer.store.server.connection import Store
from mailer.store.subscribers import answers, requests
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import waiting as lists
from mailer.store.subscribers.requests import Letter, Step

_REMINDER: Final = Mail.WAITING.value
_WHY: Final = {
    Status.PENDING: "has not confirmed yet",
    Status.UNSUBSCRIBED: "left, or was taken off the list",
    Status.WITHDRAWN: "is in its directory no more",
    Status.COMPLAINED: "reported our mail as unwanted",
}


class NotWaitingError(MailerError):
    """The secretariat decides on a reader who does not wait for that topic (any more)."""

    code = "not_waiting"

    def __init__(self, subscriber: Subscriber, topic: str, why: str, remedy: str = "") -> None:
        """Name the reader and the topic; `why` says in words how it is with the two."""
        self.subscriber, self.topic, self.why = subscriber.number, topic, why
        super().__init__(f"{subscriber.address} does not wait for {topic}: it {why}.", remedy)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The reader's number, the topic, and why it cannot be decided on."""
        return {"subscriber": self.subscriber, "topic": self.topic, "why": self.why}


class Place(NamedTuple):
    """A place in the list of those who wait; places are in its order."""

    topic: str
    since: datetime
    number: str
    """The reader's: in the order of texts, as the store has those of one second."""


class Waiting(NamedTuple):
    """A reader who waits for a topic."""

    subscriber: Subscriber
    topic: str
    since: datetime

    @property
    def place(self) -> Place:
        """Where they are in the list of all who wait."""
        return Place(self.topic, self.since, str(self.subscriber.number))


class Decided(NamedTuple):
    """What became of several decisions."""

    done: Sequence[tuple[int, str]]
    left: Sequence[NotWaitingError]
    """Those on whom nothing was decided, and why."""


class Moderation:
    """Lists who waits, and decides."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock

    @act("subscribers.waiting", "topic")
    def waiting(self, topic: str = "", after: Place | None = None) -> Iterator[Waiting]:
        """Yield the readers who wait, by topic; of each, first who has waited longest.

        Args:
            topic: only for that one; empty: for any.
            after: only those who come after that place; None: all.

        Raises:
            InputError: there is no such topic, and nobody waits for it.
        """
        counted = lists.count(self._store)
        if topic and topic not in counted:
            self._check(topic)
        topics = [topic] if topic else [*counted]
        return (
            one
            for found in topics
            if after is None or found >= after.topic
            for one in self._waiting_for(found, after)
            if after is None or one.place > after
        )

    def count(self) -> int:
        """Count who waits, for whoever may list them; one who waits for two topics counts twice."""
        return sum(lists.count(self._store).values())

    def _waiting_for(self, topic: str, after: Place | None) -> Iterator[Waiting]:
        since = after.since if after and after.topic == topic else None
        for numbers in lists.batches(self._store, topic, since):
            for found in filter(None, subscribers.get_many(self._store, numbers)):
                yield from (Waiting(found, *one) for one in found.waiting if one.topic == topic)

    @act("subscribers.approve", "number", "topic")
    def approve(self, number: int, topic: str) -> bool:
        """Give a reader the topic that they wait for, and tell them so.

        Also what was declined less than `DECLINED_FOR` ago: a no may become a yes.

        Returns:
            False, with nothing done, if the reader has it already.

        Raises:
            InputError: there is no such topic.
            NotFoundError: there is no such subscriber.
            NotWaitingError: the reader left meanwhile, withdrew, never asked, or is suppressed.
        """
        self._check(topic)
        while True:
            member = self._member(number)
            if member.status in KEEPS and topic in member.topics:
                return False
            now = self._clock.now()
            again = {one.topic for one in still_declined(member.declined, now)}
            self._check_status(member, topic)
            if topic not in again:
                self._check_waits(member, topic)
            event = Event("subscription.approved", now, {"subscriber": number, "topic": topic})
            hashed = suppression_hash(secret_key(self._settings), key_of(member.address))
            step = self._step(member, topic, event, Mail.APPROVED, grants=True, suppression=hashed)
            verdict = requests.take(self._store, step)
            if verdict == "suppressed":
                raise NotWaitingError(member, topic, "is suppressed", "Decline it, or unsuppress.")
            if verdict == "done":
                tell(after={"topic": topic})
                return True

    @act("subscribers.decline", "number", "topic", "reason", "silently")
    def decline(self, number: int, topic: str, reason: str = "", *, silently: bool = False) -> bool:
        """Say no to a reader who waits for a topic. Asking again leads to nothing for a while.

        Args:
            number: the subscriber's.
            topic: its id.
            reason: for the record; the reader is not told it, as it is in no language of theirs.
            silently: true if no mail tells the reader.

        Returns:
            False, with nothing done, if it was declined already.

        Raises:
            NotFoundError: there is no such subscriber.
            NotWaitingError: the reader does not wait for it (any more).
        """
        while True:
            member = self._member(number)
            now = self._clock.now()
            if topic not in member.waits_for and topic in {
                one.topic for one in still_declined(member.declined, now)
            }:
                return False
            self._check_status(member, topic)
            self._check_waits(member, topic)
            told: dict[str, str | int] = {"subscriber": number, "topic": topic}
            told["told"] = "no" if silently else "yes"
            told |= {"reason": reason} if reason else {}
            event = Event("subscription.declined", now, told)
            mail = None if silently else Mail.DECLINED
            step = self._step(member, topic, event, mail)
            if requests.take(self._store, step) == "done":
                tell(after={"declined": topic})
                return True

    def decide(
        self,
        wanted: Sequence[tuple[int, str]],
        *,
        grants: bool,
        reason: str = "",
        silently: bool = False,
    ) -> Decided:
        """Decide on several who wait, one after the other; each decision is an act of its own.

        Args:
            wanted: number of each subscriber, and the topic.
            grants: true for a yes.
            reason: of a no, for the record.
            silently: true if no mail tells of a no.

        Raises:
            InputError: there is no such topic.
        """
        done: list[tuple[int, str]] = []
        left: list[NotWaitingError] = []
        for number, topic in wanted:
            try:
                if grants:
                    new = self.approve(number, topic)
                else:
                    new = self.decline(number, topic, reason, silently=silently)
                if new:
                    done.append((number, topic))
            except NotWaitingError as error:
                left.append(error)
            except NotFoundError:
                continue  # erased meanwhile
        return Decided(done, left)

    def remind(self) -> bool:
        """Tell the secretariat that readers wait, once a day while any do; false if it was told."""
        now = self._clock.now()
        day = ONE_DAY.total_seconds()
        if answers.lately(self._store, _REMINDER, _REMINDER, now, day):
            return False
        counted = lists.count(self._store)
        if not counted:
            return False
        waiting = " ".join(f"{topic}:{count}" for topic, count in counted.items())
        letter = Letter(
            name=_REMINDER,
            to=self._settings.owner_address,
            language=self._settings.languages[0],
            limited_by=_REMINDER,
            facts=facts_of(waiting=waiting),
        )
        event = Event("secretariat.reminded", now, {"waiting": sum(counted.values())})
        step = Step(
            now,
            nobody=True,
            once=ONE_DAY,
            limited_by=_REMINDER,
            letter=letter if letter.to else None,
            events=(event,),
        )
        return requests.take(self._store, step) == "done"

    def _member(self, number: int) -> Subscriber:
        found = subscribers.get(self._store, number)
        if found is None:
            raise NotFoundError("subscriber", str(number))
        return found

    def _check(self, topic: str) -> None:
        if topic not in self._settings.topics:
            said, known = f"there is no topic {topic!r}", tuple(self._settings.topics)
            remedy = f"choose one of: {', '.join(known)}"
            facts = {"topic": topic, "known": known}
            raise InputError.of("topic", said, remedy, code="unknown_topic", facts=facts)

    def _check_status(self, member: Subscriber, topic: str) -> None:
        if member.status in _WHY:
            raise NotWaitingError(member, topic, _WHY[member.status], "There is nothing to decide.")

    def _check_waits(self, member: Subscriber, topic: str) -> None:
        if topic in member.topics:
            raise NotWaitingError(member, topic, "has it", "To end that, change its topics.")
        if topic not in member.waits_for:
            why = "did not ask for it, or withdrew"
            raise NotWaitingError(member, topic, why, "See who waits; or put it on the topic.")

    def _step(
        self,
        member: Subscriber,
        topic: str,
        event: Event,
        mail: Mail | None,
        *,
        grants: bool = False,
        suppression: str = "",
    ) -> Step:
        """Make the step of a decision; mail goes only to whom mail may go."""
        letter = None
        if mail and member.status is Status.ACTIVE:
            letter = Letter(
                name=mail.value,
                to=member.address,
                language=member.language,
                facts=facts_of(topics=(topic,), reads=member.language),
            )
        return Step(
            event.at,
            number=member.number,
            suppression=suppression,
            only=[member.status.value],
            decides=topic,
            grants=grants,
            letter=letter,
            events=(event,),
        )
