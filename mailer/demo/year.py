"""A year in a minute: a real store, real jobs and real SMTP, under a clock that jumps.

The clock stands still while mail is sent, and then goes on to the next instant at which something
happens: a reminder is due, a campaign starts, a time of grace is over, or somebody does something.
A worker of the service does the jobs, in this process, because it must share the clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from mailer.clock import SimulatedClock
from mailer.config import Settings, secret_key
from mailer.demo import books, maildir, replies
from mailer.demo.maildir import Captured
from mailer.demo.run import EDITION, TOPIC, Demo
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import FINAL, Campaign
from mailer.domain.subscribers.bearer import short
from mailer.errors import MailerError
from mailer.message.outgoing.verp import ReturnPath
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.importing import Options, import_file
from mailer.services.calendar.reminders import Reminders
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as editions
from mailer.store.calendar import attendance
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.workers import jobs
from mailer.workers.run import Worker
from mailer.workers.runtime import Runtime

START: Final = datetime(2023, 3, 1, 8, tzinfo=UTC)
END: Final = datetime(2023, 12, 31, 23, tzinfo=UTC)
ZONE: Final = "Europe/Zurich"
INVITED: Final = "private-sector-2023"
MOVED: Final = "group-october-2023"
CANCELLED: Final = "group-december-2023"
MISTYPED: Final = "group-june-2023"
ROUNDS: Final = 50
"""Looks at the open campaigns at one instant, at most; more would mean that one does not end."""
_ANSWERS: Final = ("ACCEPTED", "ACCEPTED", "", "TENTATIVE", "ACCEPTED", "", "DECLINED")
"""The answers of readers, in turn; some do not answer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline."""

    at: datetime
    what: str
    by_language: Mapping[str, int] = field(default_factory=dict)
    """Accepted by the relay; empty if nothing was sent."""
    outcome: str = ""


class Year:
    """The year from March to December 2023, as it goes by."""

    def __init__(self, folder: Path, own: Runtime, clock: SimulatedClock, count: int) -> None:
        """Set up a simulated year."""
        self.folder, self._own, self._clock, self._count = folder, own, clock, count
        self._store, self._settings = own.store, own.settings
        self._campaigns = Campaigns(own.store, own.settings, clock)
        self._calendar = Calendar(own.store, own.settings, clock)
        self._seen: set[int] = set()
        self.answers: Counter[str] = Counter()
        """The readers' answers to the invitation."""

    def prepare(self) -> tuple[int, int]:
        """Import the edition, its calendar and the readers; returns how many dates and readers.

        The bulletin is scheduled, and readers are invited to the first meeting.
        """
        editions.import_folder(self._store, self._settings.topics, EDITION, self._clock)
        file = EDITION / "calendar.toml"
        report = import_file(self._calendar, self._settings, file, Options())
        self._calendar.change(INVITED, lambda one: replace(one, invite=True))
        readers = Demo(self.folder, self._settings, self._store, self._count, self._clock)
        readers.import_readers()
        number = self._campaigns.create(EDITION.name, TOPIC).number
        self._campaigns.schedule(number, datetime(2023, 4, 12, 9), ZONE)  # noqa: DTZ001 - local
        return len(report.added), self._count

    def go_by(self) -> Iterator[Row]:
        """Simulate the year; yield what happens, when it does."""
        coming = sorted(self._script(), key=lambda one: one[0])
        self._settle()
        while (instant := self._next(coming[0][0] if coming else END)) < END:
            self._clock.advance(max(instant - self._clock.now(), timedelta()))
            while coming and coming[0][0] <= self._clock.now():
                yield Row(self._clock.now(), coming.pop(0)[1]())
            self._settle()
            yield from self._ended()

    def compare(self) -> list[str]:
        """Tell all that does not agree, in words; nothing: the books of every campaign balance."""
        wrong = []
        caught: defaultdict[int, list[Captured]] = defaultdict(list)
        path = _return_path(self._settings)
        for mail in maildir.read(self.folder / "mail"):
            source = path.read(mail.sender)
            if source is not None:
                caught[source.mailing].append(mail)
        for campaign in campaigns.newest_first(self._store):
            counts = self._campaigns.status(campaign.number).counts
            if not (counts.balanced and counts.complete and campaign.state in FINAL):
                wrong.append(f"{campaign.name} is {campaign.state}, and its books do not close.")
            accepted = books.accepted(self._store, campaign)
            found = books.differences(accepted, caught[short(campaign.mailing)])
            wrong += [f"{campaign.name}: {told}" for told in found]
        known = {answer.upper(): sum(found.values()) for answer, found in self.tally().items()}
        if known != dict(self.answers):
            wrong.append(f"Readers answered {dict(self.answers)}, and {known} was counted.")
        for one in calendar.coming(self._store, END):
            wrong.append(f"The reminder of {one.entry} at {one.offset} was never dealt with.")
        return wrong

    def tally(self) -> Mapping[str, Mapping[str, int]]:
        """Count the answers to the invitation: answer -> language -> how many."""
        found = attendance.tally(self._store, INVITED).get("", {})
        return {answer.value: languages for answer, languages in found.items()}

    # What people do.

    def _script(self) -> Iterator[tuple[datetime, Callable[[], str]]]:
        yield _at(4, 13, 8), self._answer
        yield _at(6, 15, 9), self._mistype
        yield _at(6, 15, 9, 4), self._put_right
        yield _at(10, 2, 10), self._move
        yield _at(11, 30, 15), self._cancel

    def _answer(self) -> str:
        """Have readers answer the invitation, through the way that all mail comes in by."""
        invited = [
            (mail, event)
            for mail in maildir.read(self.folder / "mail")
            if (event := replies.invitation(mail)) is not None
        ]
        answers = [_ANSWERS[place % len(_ANSWERS)] for place in range(len(invited))]
        given = [
            replies.answer(mail, event, status, self._clock.now())
            for (mail, event), status in zip(invited, answers, strict=True)
            if status
        ]
        intake = self._own.intake()
        refused = [one for one in given if intake.address(one.recipients[0]) is None]
        if refused:
            raise MailerError(f"{len(refused)} answers were not for an address of ours.")
        intake.receive(given)
        self.answers = Counter(status for status in answers if status)
        told = ", ".join(f"{n} {status.lower()}" for status, n in sorted(self.answers.items()))
        return f"{len(given)} of {len(invited)} readers answer the invitation: {told}"

    def _mistype(self) -> str:
        self._calendar.change(MISTYPED, lambda one: replace(one, place={"en": "Genova"}))
        return f"somebody mistypes the place of {MISTYPED}"

    def _put_right(self) -> str:
        right = calendar.version(self._store, MISTYPED, 0)
        place = right.place if right else {}
        self._calendar.change(MISTYPED, lambda one: replace(one, place=place))
        return f"{MISTYPED} is put right four minutes later: nobody hears of it"

    def _move(self) -> str:
        day = timedelta(days=1)
        self._calendar.change(MOVED, lambda one: replace(one, start=one.start + day))
        return f"{MOVED} is moved to the next day"

    def _cancel(self) -> str:
        reason = {
            "en": "The group meets again in the new year.",
            "fr": "Le Groupe se réunira de nouveau l’an prochain.",
            "es": "El Grupo se reunirá de nuevo el año próximo.",
        }
        self._calendar.cancel(CANCELLED, reason)
        return f"{CANCELLED} is cancelled"

    # What the service does.

    def _next(self, scripted: datetime) -> datetime:
        """Tell the next instant at which something happens."""
        found = [scripted, END]
        found += [one.at for one in calendar.coming(self._store, scripted)[:1]]
        reminders = Reminders(self._store, self._settings, self._clock)
        found += [at for _, at in reminders.pending()]
        if (due := campaigns.next_scheduled(self._store)) is not None:
            found.append(due)
        return min(found)

    def _settle(self) -> None:
        """Do all that is to be done at this instant: ticks, and the jobs that follow from them.

        Raises:
            MailerError: something does not come to its end.
        """
        for _ in range(ROUNDS):
            jobs.upkeep()
            Worker(self._own).work(burst=True, logging_level="ERROR")
            if not campaigns.open_numbers(self._store):
                return
        raise MailerError(f"Campaigns do not end: {campaigns.open_numbers(self._store)}.")

    def _ended(self) -> Iterator[Row]:
        """Yield the campaigns that ended since the last time."""
        for campaign in sorted(campaigns.newest_first(self._store), key=lambda one: one.number):
            if campaign.state in FINAL and campaign.number not in self._seen:
                self._seen.add(campaign.number)
                yield self._row(campaign)

    def _row(self, campaign: Campaign) -> Row:
        counts = self._campaigns.status(campaign.number).counts
        told = [
            f"{number:,} {name}"
            for name in ("accepted", "rejected", "skipped", "unknown")
            if (number := getattr(counts, name))
        ]
        accepted = {code: found.get("accepted", 0) for code, found in counts.by_language.items()}
        what = "bulletin" if campaign.about is None else campaign.what
        return Row(self._clock.now(), what, accepted, ", ".join(told) or campaign.state.value)


def _at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2023, month, day, hour, minute, tzinfo=UTC)


def _return_path(settings: Settings) -> ReturnPath:
    return ReturnPath(settings.list_name, settings.list_domain, Signer(secret_key(settings)))
