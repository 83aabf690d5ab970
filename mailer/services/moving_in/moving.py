"""Moves a list in: shows what would become of each row, and does it.

Sends nothing (law 6), and puts nobody on the list who left, bounced or complained here (law 7).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.events import Event
from mailer.domain.moving_in.fate import FATES, Act, Fate, here_of
from mailer.domain.moving_in.mover import Mover, Theirs
from mailer.domain.subscribers.subscriber import (
    FIRST,
    MOVED_IN,
    TRANSITIONS,
    Action,
    Status,
    Subscriber,
    parse_name,
)
from mailer.errors import InputError, Problem
from mailer.services.access import acting
from mailer.services.access.acting import act
from mailer.services.moving_in import mapping, sources
from mailer.services.moving_in.formats import FORMATS, rows_of
from mailer.services.moving_in.mapping import Mapper, Ours
from mailer.services.moving_in.people import People, Person
from mailer.services.moving_in.report import Ended, MoveReport, Outcome
from mailer.services.subscriber_files.cells import MOST_TAGS_IN_ALL, Reading, known_tags
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store
from mailer.store.subscribers import decided
from mailer.store.subscribers.decided import NUMBER, Decided, Kind, Seen
from mailer.store.subscribers.suppression import Suppression

SOURCE: Final = "move-in"
BATCH: Final = 500
"""Readers committed together."""
TRIES: Final = 5
"""How often a reader is looked at again who changed between the look and the change."""
SAYABLE: Final = (
    *(Theirs.COMPLAINED, Theirs.BLOCKED, Theirs.BOUNCED, Theirs.LEFT, Theirs.NOMAIL),
    Theirs.PENDING,
)
"""What may be said of all readers of a file. Never that they want mail: that is for the file."""
SILENT: Final = ("mailman", "sympa", "mailchimp")
"""Programs with exports that do not always tell where readers stand."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the secretariat says about an export."""

    mapping: Sequence[str] = ()
    """`LIST=TOPIC` each."""
    language: str = ""
    topics: str = ""
    """For an export that names no lists."""
    status: str = ""
    keeps_tags: bool = True


@dataclass(slots=True)
class Export:
    """An export that was read, to be looked at and then moved in."""

    program: str
    people: People
    mapper: Mapper
    aside: tuple[str, ...]

    @property
    def unmapped(self) -> list[str]:
        """Return the lists of which nobody has said what becomes of them, the largest first."""
        return self.mapper.unknown(name for name, _ in self.people.lists.most_common())


def read(settings: Settings, program: str, files: Sequence[Path], choices: Choices) -> Export:
    """Read an export into memory; changes nothing.

    Args:
        settings: which languages and topics there are.
        program: a name of `FORMATS`.
        files: its files; ZIP archives stand for those in them.
        choices: what the secretariat says of it.

    Raises:
        InputError: a file cannot be read, or a choice cannot be.
    """
    if program not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(
            [
                Problem(
                    "",
                    f'"{program}" is no known program',
                    f"use one of {known}",
                    code="unknown_value",
                )
            ]
        )
    reading = Reading(settings)
    by_name = mapping.read_options(choices.mapping, settings.topics)
    topics = reading.topics(choices.topics).split() or [settings.topics.default]
    opened = sources.opened(
        files, FORMATS[program].picks, _status(program, choices.status), [*by_name]
    )
    people = People().take(rows_of(program, opened.parts))
    mapper = Mapper(
        settings,
        by_name,
        reading.language(choices.language) or settings.languages[0],
        tuple(topics),
        keeps_tags=choices.keeps_tags,
        names_lists=bool(people.lists),
    )
    return Export(program, people, mapper, opened.aside)


@act("subscribers.move_in", "dry_run")
def move(
    store: Store,
    settings: Settings,
    clock: Clock,
    export: Export,
    *,
    dry_run: bool,
    tell: Callable[[Ended], None] = lambda _ended: None,
) -> MoveReport:
    """Move an export in, or tell what would become of it. It may be run again.

    Args:
        store: the store.
        settings: the service's.
        clock: for when it happened.
        export: as read.
        dry_run: change nothing.
        tell: is told how each row ends.

    Raises:
        InputError: lists have no topic yet, or there would be too many tags; nothing was done.
        StoreError: the store failed midway; run again, and the rest is done.
    """
    if export.unmapped:
        raise InputError([_unmapped(name) for name in export.unmapped])
    report = survey(export)
    report.dry_run, report.tell = dry_run, tell
    run = _Run(store, settings, clock, export, report)
    run.check_tags()
    for place, reason in export.people.refused:
        report.end(place, Outcome.REFUSED, reason)
    for place, first in export.people.together:
        reason = f"the same address as in {first.file}, row {first.row}"
        report.end(place, Outcome.TOGETHER, reason)
    people = iter(export.people.by_key.items())
    while batch := dict(islice(people, BATCH)):
        run.batch(batch)
    report.lost_languages = dict(export.mapper.lost_languages.most_common())
    report.lost_tags = dict(export.mapper.lost_tags.most_common())
    if not dry_run:
        store.durable()
    told = {outcome.value.replace(" ", "_"): count for outcome, count in report.counts.items()}
    acting.tell(after=told, program=export.program)
    return report


def _status(program: str, word: str) -> Theirs | None:
    if not word:
        return None
    if program not in SILENT:
        text = f"exports of {FORMATS[program].name} tell it themselves"
        raise InputError([Problem("as", text, "leave it out", code="needless")])
    if word not in SAYABLE:
        raise InputError(
            [
                Problem(
                    "as", f'cannot be "{word}"', f"use {', '.join(SAYABLE)}", code="unknown_value"
                )
            ]
        )
    return Theirs(word)


def _unmapped(name: str) -> Problem:
    remedy = "say which topic it becomes, or that it is left out"
    return Problem(
        "",
        f'the list "{name[:80]}" has no topic here yet',
        remedy,
        code="unmapped_list",
        facts={"list": name},
    )


def survey(export: Export) -> MoveReport:
    """Tell what an export holds, before anything is decided about its rows."""
    people, mapper = export.people, export.mapper
    return MoveReport(
        export.program,
        dry_run=True,
        rows=people.rows,
        statuses={one.value: people.statuses[one] for one in Theirs if people.statuses[one]},
        languages=dict(people.languages.most_common()),
        lists=dict(people.lists.most_common()),
        topics={name: topic for name in people.lists if (topic := mapper.topic_of(name))},
        unmapped=tuple(export.unmapped),
        tags=dict(people.tags.most_common()),
        attributes=dict(people.attributes.most_common()),
        aside=export.aside,
    )


@dataclass(slots=True)
class _Run:
    """One move under way."""

    store: Store
    settings: Settings
    clock: Clock
    export: Export
    report: MoveReport
    secret: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.secret = secret_key(self.settings)

    def check_tags(self) -> None:
        """Make sure that tags of another program do not fill the store: each costs a bitmap.

        Raises:
            InputError: there would be too many.
        """
        movers = (one.mover for one in self.export.people.by_key.values())
        tags = {tag for one in movers if one.tags for tag in self.export.mapper.ours(one).tags}
        if len(tags | known_tags(self.store)) > MOST_TAGS_IN_ALL:
            text = f"with these tags there would be over {MOST_TAGS_IN_ALL} in all"
            raise InputError([Problem("", text, "leave them out", code="too_many_tags")])
        self.export.mapper.lost_tags.clear()
        self.export.mapper.lost_languages.clear()

    def batch(self, people: dict[str, Person]) -> None:
        """Decide about some readers, and do it; those who changed meanwhile are decided anew."""
        for _ in range(TRIES):
            people = self._once(people)
            if not people:
                return
        for person in people.values():
            reason = "changed again and again while the list was moved in; run it once more"
            self.report.end(person.first, Outcome.SKIPPED, reason)

    def _once(self, people: dict[str, Person]) -> dict[str, Person]:
        now = self.clock.now()
        ends: dict[str, tuple[Outcome, str]] = {}
        rows: list[Decided] = []
        for seen in decided.look(self.store, self.secret, [*people]):
            outcome, reason, row = self._decide(people[seen.key], seen, now)
            ends[seen.key] = (outcome, reason)
            if row:
                rows.append(row)
        again: dict[str, Person] = {}
        if not self.report.dry_run:
            event = Event("subscribers.moved_in", now, {"program": self.export.program})
            again = {
                one.seen.key: people[one.seen.key]
                for one in decided.put(self.store, rows, event, now)
            }
        for key, (outcome, reason) in ends.items():
            if key not in again:
                self.report.end(people[key].first, outcome, reason)
        return again

    def _decide(
        self, person: Person, seen: Seen, now: datetime
    ) -> tuple[Outcome, str, Decided | None]:
        mover, known = person.mover, seen.subscriber
        ours = self.export.mapper.ours(mover)
        fate = FATES[mover.status, here_of(known, suppressed=seen.suppression is not None)]
        if fate.act in {Act.ADD, Act.JOIN} and not ours.topics:
            return Outcome.SKIPPED, "is on none of the lists that are moved in", None
        if fate.act is Act.ADD:
            return Outcome.ADDED, fate.reason, self._added(person, ours, seen, now)
        if fate.act is Act.JOIN and known:
            row = self._joined(mover, ours, seen, known)
            return (Outcome.CHANGED if row else Outcome.UNCHANGED), fate.reason, row
        if fate.act is Act.RECORD:
            return Outcome.TAKEN_OFF, fate.reason, self._off(person, fate, ours, seen, now)
        if fate.act is Act.SUPPRESS:
            return Outcome.SUPPRESSED, fate.reason, self._off(person, fate, ours, seen, now)
        unchanged = fate.act is Act.NOTHING
        return (Outcome.UNCHANGED if unchanged else Outcome.SKIPPED), fate.reason, None

    def _added(self, person: Person, ours: Ours, seen: Seen, now: datetime) -> Decided:
        fields = {
            SubscriberField.ADDRESS: person.address.given,
            SubscriberField.LANGUAGE: ours.language,
            SubscriberField.TOPICS: " ".join(ours.topics),
            SubscriberField.CONSENT: self._consent(person.mover, ours.topics, now),
        }
        if ours.tags:
            fields[SubscriberField.TAGS] = " ".join(ours.tags)
        if name := self._name(person.mover.name):
            fields[SubscriberField.NAME] = name
        if seen.subscriber is None:
            fields[SubscriberField.SOURCE] = SOURCE
        elif seen.subscriber.directory:  # from now on the secretariat's, not the directory's
            fields |= {SubscriberField.DIRECTORY: "", SubscriberField.DIRECTORY_SAID: ""}
        reason = f"moved in from {FORMATS[self.export.program].name}"
        events, status = self._moved(seen.subscriber, Action.VOUCH, reason, now)
        return Decided(seen, Kind.ADDED, status, fields, events=events)

    def _joined(self, mover: Mover, ours: Ours, seen: Seen, known: Subscriber) -> Decided | None:
        """Add the topics that no file gave before: what one gave was the reader's to drop."""
        if not known.consent.startswith(MOVED_IN):
            return None
        consent = json.loads(known.consent)
        fresh = {*ours.topics} - {*consent["topics"]}
        if not fresh:
            return None
        consent["topics"] = sorted({*consent["topics"], *fresh})
        consent["lists"] = list(dict.fromkeys([*consent["lists"], *mover.lists]))
        fields = {
            SubscriberField.TOPICS: " ".join(sorted({*known.topics, *fresh})),
            SubscriberField.CONSENT: json.dumps(consent, ensure_ascii=False),
        }
        return Decided(seen, Kind.CHANGED, fields=fields)

    def _off(self, person: Person, fate: Fate, ours: Ours, seen: Seen, now: datetime) -> Decided:
        """Keep somebody as one who is not mailed; of strangers no more than that needs."""
        reason = f"{fate.reason}, in {FORMATS[self.export.program].name}"
        if fate.act is Act.SUPPRESS:
            return self._suppressed(fate, seen, reason, now)
        fields = {}
        if seen.subscriber is None:
            fields = {
                SubscriberField.ADDRESS: person.address.given,
                SubscriberField.LANGUAGE: ours.language,
                SubscriberField.TOPICS: " ".join(ours.topics or self.export.mapper.topics),
                SubscriberField.SOURCE: SOURCE,
            }
        events, status = self._moved(seen.subscriber, fate.action or Action.REMOVE, reason, now)
        return Decided(seen, Kind.TAKEN_OFF, status, fields, events=events)

    def _suppressed(self, fate: Fate, seen: Seen, reason: str, now: datetime) -> Decided:
        told: dict[str, str | int] = {"reason": reason}
        events: tuple[Event, ...] = ()
        status = None
        if seen.subscriber:
            told["subscriber"] = NUMBER
            action = fate.action or Action.REMOVE
            events, status = self._moved(seen.subscriber, action, reason, now)
        return Decided(
            seen,
            Kind.SUPPRESSED,
            status,
            suppression=Suppression(reason, now),
            events=(*events, Event("suppression.added", now, told)),
        )

    def _moved(
        self, known: Subscriber | None, action: Action, reason: str, now: datetime
    ) -> tuple[tuple[Event, ...], Status]:
        if known is None:
            return (), FIRST[action]
        after = TRANSITIONS.follow(known.status, action, "the subscriber").to
        told: dict[str, str | int] = {"subscriber": NUMBER, "from": known.status.value}
        told |= {"to": after.value, "reason": reason}
        event = Event("subscriber.status", now, told)
        return ((event,) if after is not known.status else ()), after

    def _consent(self, mover: Mover, topics: Iterable[str], now: datetime) -> str:
        """Write down to what, when and where the reader agreed, as far as the export tells."""
        record = {
            "how": SOURCE,
            "program": self.export.program,
            "file": mover.file,
            "row": mover.row,
            "said": mover.said,
            "at": mover.at.isoformat(timespec="seconds") if mover.at else "",
            "moved": now.isoformat(timespec="seconds"),
            "lists": list(mover.lists),
            "topics": list(topics),
        }
        return json.dumps(record, ensure_ascii=False)

    def _name(self, written: str) -> str:
        try:
            return parse_name(written)
        except ValueError:
            self.report.lost_names += 1
            return ""
