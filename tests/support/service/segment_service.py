"""A small service whose readers differ in all that audience rules ask, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from mailer.domain.bounces.policy import Said
from mailer.domain.calendar.attendance import Answer, Attendance
from mailer.domain.events import Event
from mailer.domain.inbound.kinds import Reason, Severity
from mailer.domain.segments.evaluation import Facts
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.services.inbound.bounces import rules_of
from mailer.services.segments.named import Segments
from mailer.services.subscriptions import subscribers
from mailer.store import editions, keys
from mailer.store.calendar import attendance
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import bounces, records
from mailer.store.subscribers.bounces import Fact
from support.samples.rules import ATTRIBUTES, CHOICES, VALUES
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SmallService, settings_for

LANGUAGES: Final = ("en", "fr", "pt-BR")
ENTRIES: Final = ("meeting-x", "not")
READERS: Final = 40


def address(number: int) -> str:
    """Return the address of a reader."""
    return f"reader-{number}@example.org"


class SegmentService(SmallService):
    """The service; nobody reads it yet."""

    def __init__(self, store: Store, data_dir: Path, **overrides: Any) -> None:
        """Declare the attributes of the sample rules."""
        given: dict[str, Any] = {"languages": LANGUAGES, "attributes": ATTRIBUTES} | overrides
        super().__init__(store, settings_for(data_dir, **given))
        self.segments = Segments(store, self.settings, self.clock)

    def put(self, number: int, **said: Any) -> int:
        """Add or change a reader; returns the subscriber's number."""
        at = self.clock.now()
        who = parse_address(address(number))
        return subscribers.add(self.store, self.settings, at, who, **said).number

    def populate(self) -> None:
        """Add readers, editions, campaigns, bounces and answers of many kinds."""
        for number in range(1, READERS + 1):
            self.clock.advance(timedelta(hours=7))
            self.put(number, **self._said(number))
        calendar = SmallCalendar(self)
        for name in ENTRIES:
            calendar.put(replace(MEETING, id=name))
        for number in range(1, READERS + 1):
            self._happen(number)
        self._send()

    def _said(self, number: int) -> dict[str, Any]:
        values = {
            name: VALUES[name][number % len(VALUES[name])]
            for place, name in enumerate(VALUES)
            if number % (place + 2)
        }
        return {
            "language": LANGUAGES[number % 3],
            "topics": ("bulletin", "meetings", "bulletin meetings")[number % 3],
            "tags": ("", "press", "größe", "press größe")[number % 4],
            "attributes": values,
        }

    def _happen(self, number: int) -> None:
        if number % 5 == 0:
            self.bounce(number)
        if number % 10 == 0:
            self.reinstate(number)
        if number % 7 == 0:
            self.answer(number, "meeting-x", [*Attendance][number % 3])
        if number % 11 == 0:
            self.answer(number, "not", Attendance.DECLINED, "2023-05-01")
        if number % 13 == 0:
            self.erase(number)
        if number % 17 == 0:
            self.put(number, attributes={"country": CHOICES[0], "fee": "-", "city": "Bern"})

    def _send(self) -> None:
        """Start two campaigns of an edition each, and write down outcomes."""
        for slug in ("spring-2023", "2024"):
            files = editions.files_of(self.store, "small", self.digest)
            editions.save(
                self.store,
                slug,
                files,
                issued=self.clock.now().date(),
                season={"en": "Spring"},
                languages=("en", "fr"),
                now=self.clock.now(),
            )
            topic = "bulletin" if slug == "2024" else "meetings"
            campaign = self.campaigns.create(slug, topic)
            self.campaigns.send(campaign.number)
            for name, step in (("accepted", 2), ("rejected", 3), ("skipped", 7)):
                for number in range(1, READERS + 1, step):
                    self.store.redis.setbit(keys.ledger(campaign.number, name), number, 1)
        self.campaigns.create("2024", "meetings")  # a draft, which nobody had

    @property
    def digest(self) -> str:
        """Return which version of the small edition there is."""
        return editions.summary_of(self.store, "small").digest

    def bounce(self, number: int) -> None:
        """Let mail to a reader come back, softly."""
        self._tell(number, Fact(Said(Severity.SOFT, Reason.MAILBOX_FULL), 1, self.clock.now(), 1))

    def _tell(self, number: int, fact: Fact) -> None:
        told = dict.fromkeys(
            ("suspended", "counted", "repeated", "stale", "late", "none", ""), "told"
        )
        rules = rules_of(self.settings)
        with self.store.redis.pipeline(transaction=True) as pipe:
            pipe.multi()
            bounces.take(self.store, number, [fact], self.clock.now(), pipe, rules=rules, told=told)
            pipe.execute()

    def vouch(self, number: int) -> None:
        """Let bounces of a reader count no more, if there is one."""
        found = records.get(self.store, number)
        if found is not None and found.status == "active":
            now = self.clock.now()
            subscribers.change(self.store, number, Action.CONFIRM, now, clears=True)

    def reinstate(self, number: int) -> None:
        """Suspend a reader, and lift that."""
        self._tell(number, Fact(Said(Severity.HARD, Reason.USER_UNKNOWN), 1, self.clock.now(), 1))
        now = self.clock.now()
        subscribers.change(self.store, number, Action.REINSTATE, now, clears=True)

    def answer(
        self, number: int, entry: str, attendance_: Attendance, occurrence: str = ""
    ) -> None:
        """Let a reader answer an invitation."""
        self.clock.advance(timedelta(seconds=1))
        now = self.clock.now()
        answer = Answer(number, attendance_, "en", 0, now, now, "web", occurrence)
        facts: dict[str, str | int] = {"entry": entry, "subscriber": number}
        event = Event("calendar.answered", now, facts)
        attendance.put(self.store, entry, answer, event)

    def erase(self, number: int) -> None:
        """Erase a reader."""
        who = parse_address(address(number))
        subscribers.erase(self.store, self.settings, self.clock.now(), who, "asked for it")

    def facts(self) -> Mapping[int, Facts]:
        """Tell what is known of each reader, read from records alone, and no index."""
        last = records.last_number(self.store)
        found = {number: records.get(self.store, number) for number in range(1, last + 1)}
        started = [one for one in campaigns.all_of(self.store) if one.started_at]
        answers = {
            (answer.subscriber, entry, answer.attendance)
            for entry in ENTRIES
            for answer in attendance.each(self.store, entry)
        }
        return {
            number: Facts(
                language=one.language,
                status=one.status,
                joined=one.added_at.date(),
                topics=frozenset(one.topics),
                tags=frozenset(one.tags),
                campaigns=frozenset(c.number for c in started if self._had(c.number, number)),
                editions=frozenset(c.edition for c in started if self._had(c.number, number)),
                bounced=bool(one.bounced),
                answers=frozenset((e, a) for who, e, a in answers if who == number),
                attributes=one.attributes,
            )
            for number, one in found.items()
            if one is not None
        }

    def _had(self, campaign: int, number: int) -> bool:
        names = ("audience", "rejected", "skipped")
        bits = [self.store.redis.getbit(keys.ledger(campaign, name), number) for name in names]
        return bits == [1, 0, 0]
