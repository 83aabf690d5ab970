"""Answers to invitations, by mail and on the web: who comes, and who proposes something else.

    mail to bulletin-rsvp+TOKEN@ -> the intake -> `icalendar.itip` -> `calendar.attendance`
    page of the same token -> `answer` -> the same

The token names entry and reader, so that nobody can answer for another; the UID in the calendar
file must be the entry's too. Nothing is ever answered to an answer (law 8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.language.words import first_upper, words_for
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.calendar.attendance import PARTSTATS, Answer, Attendance, Verdict, judged
from mailer.domain.calendar.entry import Entry, Status, in_language
from mailer.domain.calendar.recurrence import last_end, occurrence_of
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Why
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.own_addresses import OwnAddress, Role
from mailer.domain.inbound.received import MailState, Received
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.bearer import Bearer, Invited
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.domain.subscribers.subscribing import Mail
from mailer.message.icalendar import itip
from mailer.message.icalendar.ics_read import known_zone
from mailer.message.icalendar.itip import Method, Time
from mailer.message.incoming import facts as letters
from mailer.message.outgoing import headers
from mailer.message.outgoing.slots import UnsendableError
from mailer.services.calendar.public import is_over
from mailer.services.inbound.intake import AtAddress, Outcome
from mailer.services.service_mail.writing import facts_of
from mailer.services.subscriptions.bearers import Bearers
from mailer.store import events
from mailer.store.calendar import attendance
from mailer.store.calendar import entries as calendar
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from mailer.store.subscribers.requests import Letter, Step

_NOWHERE: Final = "beyond all dates"
"""The key of no occurrence."""
_REPORTS: Final = frozenset({Kind.BOUNCE, Kind.COMPLAINT, Kind.RECEIPT})


@dataclass(frozen=True, slots=True)
class Invitation:
    """The invitation that a token stands for."""

    entry: Entry
    """The entry, or the occurrence that was asked for."""
    subscriber: Subscriber
    answer: Attendance | None
    """The reader's last answer; None: nothing yet."""
    why: str = ""
    """The reason why it cannot be answered: `over`, `cancelled` or `not-invited`; empty: it can."""

    @property
    def open(self) -> bool:
        """Tell whether an answer is taken."""
        return not self.why


class Rsvp:
    """Takes answers; one for each process that does."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._signer = Signer(secret_key(settings))
        self._bearers = Bearers(store, self._signer)

    # On the web.

    def look(self, token: str, occurrence: str = "") -> Invitation | None:
        """Return what a token invites to; changes nothing.

        Args:
            token: from the invitation.
            occurrence: which one, as `Entry.occurrence_key`; empty: all of them.

        Returns:
            None where the token is not ours, or entry, occurrence or reader are gone.
        """
        invited = bearer.invited(self._signer.verify(Purpose.RSVP, token) or ())
        series = self._entry(invited)
        if invited is None or series is None:
            return None
        shown = _shown(series, occurrence)
        reader = self._bearers.subscriber(invited.bearer)
        if shown is None or reader is None:
            return None
        known = attendance.get(self._store, series.id, reader.number, occurrence)
        answer = known.attendance if known else None
        return Invitation(shown, reader, answer, self._why_not(shown))

    def answer(self, token: str, said: Attendance, occurrence: str = "") -> Invitation | None:
        """Record a reader's answer from a page; the same once more changes nothing.

        Returns:
            As `look`, with the answer; one that came too late is not taken.
        """
        found = self.look(token, occurrence)
        if found is None or not found.open:
            return found
        now = self._clock.now()
        answer = Answer(
            subscriber=found.subscriber.number,
            attendance=said,
            language=found.subscriber.language,
            sequence=found.entry.sequence,
            stamp=now,
            at=now,
            how="web",
            occurrence=occurrence,
        )
        attendance.put(self._store, found.entry.id, answer, _told(found.entry, answer, 0))
        return replace(found, answer=said)

    # By mail.

    def at_addresses(self) -> Mapping[Role, AtAddress]:
        """Return what the intake asks about mail to such an address."""
        return {Role.RSVP: self.handle}

    def handle(
        self, record: Received, understood: Understanding, own: OwnAddress
    ) -> Outcome | None:
        """Act on a mail to an invitation's address; None: it answers nothing, see to it as usual.

        Programs answer in their owner's name and often say that they are machines, so what the
        mail is taken for otherwise does not matter.
        """
        if understood.kind in _REPORTS:
            return None
        content = inbound.raw(self._store, record.number)
        invited = bearer.invited(own.numbers)
        reader = self._bearers.subscriber(invited.bearer if invited else None)
        found = itip.answers(content, reader.address if reader else "")
        if not found:
            return None
        entry = self._entry(invited)
        if entry is None or any(one.uid != entry.uid for one in found):
            reason = "answers an invitation to what is not in the calendar; a person has to look"
            return self._ignored(record, entry, invited, reason, MailState.WAITING)
        if reader is None:
            return self._ignored(record, entry, invited, "its reader was erased since")
        if any(one.method is Method.COUNTER for one in found):
            return self._countered(record, content, entry, reader, found[0])
        outcomes = [self._replied(record, entry, reader, one) for one in found]
        comment = "\n".join(one.comment for one in found if one.comment)
        if comment:
            outcomes.append(self._passed_on(record, content, "with words for the secretariat"))
        return _joined(outcomes)

    def _replied(
        self, record: Received, entry: Entry, reader: Subscriber, one: itip.Answer
    ) -> Outcome:
        """Record one answer."""
        said = PARTSTATS.get(one.partstat)
        if said is None:
            reason = f"does not say who comes ({one.partstat or 'no PARTSTAT'})"
            if not one.attendee:
                reason = "does not say what the reader whom the invitation was sent to answers"
            reason = f"{reason}; a person has to look at it"
            return Outcome(MailState.WAITING, reason, why=Why.INVITATION)
        shown = _shown(entry, _key(one.occurrence, entry))
        if shown is None:
            reason = "answers about an occurrence that there is not; a person has to look at it"
            return Outcome(MailState.WAITING, reason, why=Why.INVITATION)
        own = Invited(entry.number, Bearer(reader.number))
        if why := self._why_not(shown):
            return self._ignored(record, entry, own, f"an answer ({said}) to what is {why}")
        now = self._clock.now()
        answer = Answer(
            subscriber=reader.number,
            attendance=said,
            language=reader.language,
            # What a program with a wrong clock writes must not keep later answers out.
            sequence=min(one.sequence, entry.sequence),
            stamp=min(one.stamp or record.at, now),
            at=now,
            how="mail",
            occurrence=shown.occurrence_key,
        )
        known = attendance.get(self._store, entry.id, reader.number, answer.occurrence)
        if judged(known, answer) is Verdict.OLDER:
            reason = f"an answer ({said}) that was overtaken by a newer one"
            return self._ignored(record, entry, own, reason)

        def follow_up(pipe: Any) -> None:
            told = _told(entry, answer, record.number)
            attendance.put(self._store, entry.id, answer, told, pipe)

        return Outcome(MailState.HANDLED, f"an answer to {entry.id}: {said}", follow_up)

    def _countered(
        self,
        record: Received,
        content: bytes,
        entry: Entry,
        reader: Subscriber,
        one: itip.Answer,
    ) -> Outcome:
        """Pass a counter-proposal on: what becomes of it is for people to say."""
        facts: dict[str, str | int] = {"entry": entry.id, "subscriber": reader.number}
        event = Event("calendar.countered", self._clock.now(), facts | {"mail": record.number})
        desk = self._settings.languages[0]
        shown = _shown(entry, _key(one.occurrence, entry)) or entry
        about = {
            "title": in_language(shown.title, desk, self._settings.languages),
            "planned": when(shown, desk),
            "proposed": _proposed(shown, one, desk),
        }
        outcome = self._passed_on(record, content, "", Mail.COUNTER, **about)

        def follow_up(pipe: Any) -> None:
            events.append(pipe, event)
            if outcome.follow_up:
                outcome.follow_up(pipe)

        reason = f"proposes something else for {entry.id}: {outcome.reason}"
        return replace(outcome, reason=reason, follow_up=follow_up)

    def _passed_on(
        self, record: Received, content: bytes, words: str, mail: Mail = Mail.LETTER, **about: str
    ) -> Outcome:
        """Have the secretariat see a mail; where it has no address, the mail waits here."""
        if not self._settings.owner_address:
            reason = "for the secretariat; owner_address is not set, so it waits here"
            return Outcome(MailState.WAITING, reason, why=Why.INVITATION)
        read = letters.read(content)
        author, reply_to = (read.authors or (record.sender,))[0][:254], ""
        with suppress(UnsendableError, AddressError):
            reply_to = headers.addressee(parse_address(author).ascii).address
        queued = Letter(
            name=mail.value,
            to=self._settings.owner_address,
            language=self._settings.languages[0],
            facts=facts_of(mail=str(record.number), author=author, reply_to=reply_to) | about,
        )
        step = Step(self._clock.now(), nobody=True, letter=queued)
        said = f"passed on to the secretariat {words}".strip()
        return Outcome(
            MailState.HANDLED,
            said,
            lambda pipe: _take(self._store, step, pipe),
            why=Why.INVITATION,
        )

    # What is known.

    def _entry(self, invited: Invited | None) -> Entry | None:
        return calendar.of_number(self._store, invited.entry) if invited is not None else None

    def _why_not(self, entry: Entry) -> str:
        """Tell why an answer cannot be taken; empty: it can."""
        if entry.status is Status.CANCELLED:
            return "cancelled"
        if _is_over(entry, self._clock.now()):
            return "over"
        return "" if entry.invite else "not-invited"

    def _ignored(
        self,
        record: Received,
        entry: Entry | None,
        invited: Invited | None,
        reason: str,
        state: MailState = MailState.HANDLED,
    ) -> Outcome:
        facts: dict[str, str | int] = {"entry": entry.id if entry else ""}
        facts |= {"subscriber": invited.bearer.subscriber if invited else 0}
        facts |= {"mail": record.number, "reason": reason}
        event = Event("calendar.answer_ignored", self._clock.now(), facts)
        why = Why.INVITATION if state is MailState.WAITING else None
        return Outcome(state, reason, lambda pipe: events.append(pipe, event), why=why)


def _shown(entry: Entry, key: str) -> Entry | None:
    """Find what an answer is about: one occurrence, or all of an entry that repeats."""
    return occurrence_of(entry, key) if key else entry


def _is_over(entry: Entry, now: datetime) -> bool:
    if not entry.repeats:
        return is_over(entry, now)
    end = last_end(entry)
    return end is not None and end <= now


def when(entry: Entry, language: str) -> str:
    """Write when an entry takes place, as people read it: day, time, and whose time it is."""
    words = words_for(language)
    parts = (first_upper(words.days(entry)), words.hours(entry))
    return ", ".join(part for part in parts if part)


def _proposed(entry: Entry, one: itip.Answer, language: str) -> str:
    """Write the time that somebody proposes, in the entry's zone."""
    try:
        start, end = _local(one.start, entry), _local(one.end, entry)
    except OverflowError:
        return "?"
    if start is None:
        return "?"
    end = end if end is not None and isinstance(end, datetime) and end > start else None
    return when(replace(entry, start=start, end=end), language)


def _local(time: Time | None, entry: Entry) -> datetime | date | None:
    """Read a time of a mail by the clocks of the entry's zone."""
    if time is None:
        return None
    if time.day:
        return time.local.date() if entry.all_day else time.local
    zone = "UTC" if time.utc else known_zone(time.zone) or entry.zone
    there = time.local.replace(tzinfo=UTC if time.utc else ZoneInfo(zone))
    return there.astimezone(ZoneInfo(entry.zone)).replace(tzinfo=None)


def _key(time: Time | None, entry: Entry) -> str:
    """Name the occurrence that an answer is about; empty where it says none, or need not."""
    try:
        local = _local(time, entry) if entry.repeats else None
    except OverflowError:
        return _NOWHERE
    if local is None:
        return ""
    if entry.all_day and isinstance(local, datetime):
        local = local.date()
    return local.isoformat()


def _told(entry: Entry, answer: Answer, mail: int) -> Event:
    facts: dict[str, str | int] = {
        "entry": entry.id,
        "occurrence": answer.occurrence,
        "subscriber": answer.subscriber,
        "answer": answer.attendance.value,
        "language": answer.language,
        "how": answer.how,
        "mail": mail,
    }
    return Event("calendar.answered", answer.at, facts)


def _take(store: Store, step: Step, pipe: Any) -> None:
    requests.take(store, step, pipe)


def _joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Make one outcome of several: a person looks at it if one of them says so."""
    found = list(outcomes)
    follow_ups: list[Callable[[Any], None]] = [one.follow_up for one in found if one.follow_up]
    waiting = any(one.state is MailState.WAITING for one in found)
    state = MailState.WAITING if waiting else MailState.HANDLED

    def follow_up(pipe: Any) -> None:
        for one in follow_ups:
            one(pipe)

    reasons = dict.fromkeys(one.reason for one in found)
    why = next((one.why for one in found if one.why), None)
    return Outcome(state, "; ".join(reasons)[:500], follow_up, why=why)
