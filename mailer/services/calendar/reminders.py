"""Finds what is due about the calendar, and makes a campaign of it: once, whoever else does so too.

A reminder is a campaign that starts by itself at its instant, through the same ticks, dispatch and
ledger as an edition; there is no second sender. What is done here is to make it, in one commit with
its event and with the mark that keeps others from making it again (law 9). So it does no harm to
do this twice, at once, or to be killed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.calendar.entry import Entry, Status
from mailer.domain.calendar.notice import Change, change_between, counterpart
from mailer.domain.calendar.recurrence import Reminder, occurrence_of
from mailer.domain.calendar.reminder import Decision, Skip, decide, is_repetition
from mailer.domain.campaigns.campaign import About, Campaign, Content, State
from mailer.domain.events import Event
from mailer.errors import NotFoundError, StateError, StoreError
from mailer.services.calendar.forecast import forecast, people_of
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.readers import UnclearReadersError
from mailer.store.calendar import entries as calendar
from mailer.store.calendar import reminders
from mailer.store.calendar.reminders import NOTICE, Step, mark
from mailer.store.campaigns import books
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

WAITS: Final = "what it says has changed since; readers are told of the change first"
"""The reason why a reminder is paused whose entry changed while it goes out."""
_log = log.get_logger(__name__)
_UNSTARTED: Final = frozenset({State.SCHEDULED, State.HELD})


@dataclass(frozen=True, slots=True)
class News:
    """The news about an occurrence of which readers were told otherwise."""

    entry: Entry
    """The whole entry as it is now."""
    occurrence: str
    change: Change
    known: int
    """Sequence of the version that they were told."""
    told: tuple[int, ...]
    """The campaigns that told them."""
    topics: tuple[str, ...]
    """The topics that the campaigns were about, and those of the entry now."""


class Reminders:
    """The scheduler's work for the calendar at each of its ticks."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._campaigns = Campaigns(store, settings, clock)

    def run(self) -> list[int]:
        """Make the campaigns that are due, changes before reminders; returns their numbers.

        Nothing is made while the settings lack what mail needs; it stays due.
        """
        if not (self._settings.sender_address and self._settings.list_domain):
            return []
        found: list[int] = []
        for entry, at in reminders.changed(self._store):
            with _apart(entry):
                found += self._look_at(entry, at)
        due = calendar.due(self._store, self._clock.now())
        for one in dict.fromkeys((one.entry, one.occurrence) for one in due):
            with _apart(one[0]):
                found += self._remind(*one)
        return found

    def pending(self) -> Iterator[tuple[News, datetime]]:
        """Yield the notices that wait for the time of grace to pass, with when they go out."""
        for entry, at in reminders.changed(self._store):
            present = self._entry(entry)
            for news in self.news(present) if present else ():
                yield news, at + self._settings.notice_grace

    def readers_told(self, entry: str) -> int:
        """Count the readers whom a change of an entry concerns: told of it, or being told."""
        return people_of(
            self._store, [one.number for told in self._told(entry).values() for one in told]
        )

    def draft(self, entry: Entry, one: Reminder) -> Campaign:
        """Make the campaign of a reminder, without a number; nothing is kept."""
        about = About(
            one.entry,
            one.at,
            occurrence=one.occurrence,
            offset=str(one.offset),
            until=entry.ends_at(),
        )
        draft = self._draft(entry.topics, about, entry.zone, entry.tags)
        return replace(draft, rule=entry.rule)

    def draft_notice(self, news: News, due: datetime) -> Campaign:
        """Make the campaign of a notice, without a number; nothing is kept."""
        about = About(
            news.entry.id,
            due,
            occurrence=news.occurrence,
            known=str(news.known),
            told=news.told,
        )
        return self._draft(news.topics, about, news.entry.zone)

    # Reminders.

    def _remind(self, entry: str, occurrence: str) -> list[int]:
        """Do what is due about one occurrence, and make at most one campaign of it."""
        step = reminders.carry_out(
            self._store, entry, lambda: self._reminding(entry, occurrence, self._clock.now())
        )
        made = [] if step is None else [one.number for one in step.campaigns.values()]
        if made:
            self._drop(entry, Content.REMINDER, made, occurrence)
        return made

    def _reminding(self, entry: str, occurrence: str, now: datetime) -> Step | None:
        found = [
            one
            for one in calendar.due(self._store, now)
            if (one.entry, one.occurrence) == (entry, occurrence)
        ]
        if not found or reminders.is_changed(self._store, entry):
            return None  # somebody else was quicker; or what readers know already comes first
        present = self._entry(entry)
        shown = occurrence_of(present, occurrence) if present else None
        decision = decide(shown, found, now)
        made = reminders.made(self._store, entry)
        campaign, skipped = self._campaign_of(decision, shown, made, now)
        tell = [_due(decision.send, campaign, now)] if decision.send and campaign else []
        done = [one for one, _ in skipped] + ([decision.send] if tell and decision.send else [])
        return Step(
            events=[*tell, *(_skipped(one, why, now) for one, why in skipped)],
            campaigns={_mark(decision.send): campaign} if decision.send and campaign else {},
            done=done,
            later=decision.later,
        )

    def _campaign_of(
        self,
        decision: Decision,
        shown: Entry | None,
        made: Mapping[str, int],
        now: datetime,
    ) -> tuple[Campaign | None, list[tuple[Reminder, Skip]]]:
        """Make the campaign, unless there was one or nobody would get it; tell what is skipped."""
        skipped, one = list(decision.skipped), decision.send
        if one is None or shown is None:
            return None, skipped
        earlier = self._instants(made, one)
        if _mark(one) in made or is_repetition(one, earlier):
            return None, [*skipped, (one, Skip.REPEATED)]
        draft = self.draft(shown, one)
        if self._is_for_nobody(draft):
            return None, [*skipped, (one, Skip.NOBODY)]
        return self._numbered(draft, now), skipped

    def _is_for_nobody(self, draft: Campaign) -> bool:
        """Tell whether nobody would get it; where nobody can tell, it is made, and held then."""
        try:
            return not forecast(self._store, self._settings, draft)
        except UnclearReadersError:
            return False

    def _instants(self, made: Mapping[str, int], one: Reminder) -> list[datetime]:
        """Tell when readers were reminded before of that occurrence at that offset."""
        begin = mark(one.occurrence, str(one.offset), 0)[:-1]
        numbers = [number for name, number in made.items() if name.startswith(begin)]
        found = (campaigns.get(self._store, number) for number in numbers)
        return [campaign.about.due for campaign in found if campaign.about and campaign.digest]

    # Notices.

    def _look_at(self, entry: str, at: datetime) -> list[int]:
        """Look at an entry that changed: is there anything that readers must hear of, and now?"""
        now, present = self._clock.now(), self._entry(entry)
        news = list(self.news(present)) if present else []
        outdated = self._outdated(present) if present and news else []
        for campaign in outdated:
            if campaign.state is State.SENDING:
                self._attempt(lambda number: self._campaigns.pause(number, WAITS), campaign)
        if news and (now < at + self._settings.notice_grace or not self._stopped(outdated)):
            return []
        due = at + self._settings.notice_grace
        step = reminders.carry_out(self._store, entry, lambda: self._noticing(entry, at, due, now))
        if step is None:
            return []
        made = [one.number for one in step.campaigns.values()]
        self._drop(entry, Content.NOTICE, made)
        if present is None or present.status is Status.CANCELLED:
            self._drop(entry, Content.REMINDER)
        if not news:
            self._let_go_on(entry)
        return made

    def _noticing(self, entry: str, at: datetime, due: datetime, now: datetime) -> Step | None:
        changed = dict(reminders.changed(self._store))
        if changed.get(entry) != at:
            return None  # changed once more, or looked at by another
        present = self._entry(entry)
        made = reminders.made(self._store, entry)
        events, found = [], {}
        for news in self.news(present) if present else ():
            name = mark(news.occurrence, NOTICE, news.entry.sequence)
            if name in made:
                continue
            campaign = self._numbered(self.draft_notice(news, due), now)
            found[name] = campaign
            events.append(_notice(news, campaign, now))
        return Step(events=events, campaigns=found, seen=True)

    def news(self, present: Entry) -> Iterator[News]:
        """Yield what readers were told otherwise, an occurrence each.

        `present` may be a version that is only proposed: its sequence must be the next.
        """
        now = self._clock.now()
        for occurrence, told in self._told(present.id).items():
            sequence = max(int(campaign.digest) for campaign in told)
            known = calendar.version(self._store, present.id, sequence)
            before = occurrence_of(known, occurrence) if known else None
            if known is None or before is None or sequence >= present.sequence:
                continue
            change = change_between(before, counterpart(known, present, occurrence), now)
            if change is not None:
                topics = [*present.topics, *(topic for one in told for topic in one.topics)]
                yield News(
                    present,
                    occurrence,
                    change,
                    sequence,
                    tuple(sorted(campaign.number for campaign in told)),
                    tuple(dict.fromkeys(topics)),
                )

    def _told(self, entry: str) -> dict[str, list[Campaign]]:
        """Return the campaigns that told readers of an entry, by occurrence."""
        found: dict[str, list[Campaign]] = {}
        for campaign in self._made(entry):
            if campaign.about and campaign.digest:
                found.setdefault(campaign.about.occurrence, []).append(campaign)
        return found

    def _outdated(self, present: Entry) -> list[Campaign]:
        """List the campaigns that are going out and say what is no longer so."""
        return [
            campaign
            for campaign in self._made(present.id)
            if campaign.state in {State.SENDING, State.PAUSED}
            and campaign.digest != str(present.sequence)
        ]

    def _stopped(self, outdated: Sequence[Campaign]) -> bool:
        """End them for good, once nothing of theirs is on its way; false: look again."""
        for campaign in outdated:
            if books.count(self._store, campaign.number).in_flight:
                return False
        for campaign in outdated:
            self._attempt(self._campaigns.cancel, campaign)
        return True

    def _let_go_on(self, entry: str) -> None:
        """Resume what was paused for a change that was taken back."""
        for campaign in self._made(entry):
            if campaign.state is State.PAUSED and campaign.reason == WAITS:
                self._attempt(self._campaigns.resume, campaign)

    # Both.

    def _drop(
        self,
        entry: str,
        content: Content,
        spared: Sequence[int] = (),
        occurrence: str | None = None,
    ) -> None:
        """Cancel campaigns that have not begun and are of no use any more.

        Args:
            entry: its id.
            content: reminders or notices.
            spared: those that take their place.
            occurrence: only those of this one; none: of all.
        """
        for campaign in self._made(entry):
            if campaign.content is not content or campaign.state not in _UNSTARTED:
                continue
            same = campaign.about and occurrence in {None, campaign.about.occurrence}
            if same and campaign.number not in spared:
                self._attempt(self._campaigns.cancel, campaign)

    @staticmethod
    def _attempt(action: Callable[[int], object], campaign: Campaign) -> None:
        """Do something to a campaign, unless it has moved on meanwhile."""
        with suppress(StateError):
            action(campaign.number)

    def _made(self, entry: str) -> Iterator[Campaign]:
        for number in sorted(reminders.made(self._store, entry).values()):
            try:
                yield campaigns.get(self._store, number)
            except NotFoundError:
                continue

    def _entry(self, entry: str) -> Entry | None:
        try:
            return calendar.get(self._store, entry)
        except NotFoundError:
            return None

    def _draft(
        self, topics: Sequence[str], about: About, zone: str, tags: tuple[str, ...] = ()
    ) -> Campaign:
        first, *rest = topics or ("",)
        return Campaign(
            number=0,
            state=State.SCHEDULED,
            edition="",
            topic=first,
            also=tuple(rest),
            tags=tags,
            about=about,
            created_at=about.due,
            scheduled_at=about.due,
            zone=zone,
            unknown_policy=self._settings.unknown_policy,
        )

    def _numbered(self, draft: Campaign, now: datetime) -> Campaign:
        return replace(draft, number=campaigns.next_number(self._store), created_at=now)


@contextmanager
def _apart(entry: str) -> Iterator[None]:
    """Keep what is wrong with one entry from holding up all others; it stays due, and is seen."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is about that entry alone
        told = f"Nothing can be sent about the calendar entry {entry}: {error}"
        _log.exception("reminder.failed", message=told, entry=entry)


def _mark(one: Reminder | None) -> str:
    return mark(one.occurrence, str(one.offset), one.sequence) if one else ""


def _fields(one: Reminder) -> dict[str, str | int]:
    where = {"occurrence": one.occurrence} if one.occurrence else {}
    return {"entry": one.entry, **where, "offset": str(one.offset), "sequence": one.sequence}


def _due(one: Reminder, campaign: Campaign, now: datetime) -> Event:
    return Event("reminder.due", now, {**_fields(one), "campaign": campaign.number})


def _skipped(one: Reminder, why: Skip, now: datetime) -> Event:
    return Event("reminder.skipped", now, {**_fields(one), "reason": why.value})


def _notice(news: News, campaign: Campaign, now: datetime) -> Event:
    fields: dict[str, str | int] = {"entry": news.entry.id, "sequence": news.entry.sequence}
    if news.occurrence:
        fields["occurrence"] = news.occurrence
    fields |= {"change": news.change.value, "campaign": campaign.number}
    return Event("notice.due", now, fields)
