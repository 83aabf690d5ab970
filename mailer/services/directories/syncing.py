"""Keeps the list in step with a directory: plans, shows, and does what follows from it.

Nobody is mailed by it (law 6). A step is done only where the reader is still as they were.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.directories.member import Member
from mailer.domain.directories.plan import Act, Known, Plan, Refusal, Step, allowed, plan
from mailer.domain.events import Event
from mailer.domain.settings.directory import Directory
from mailer.domain.subscribers.subscriber import TRANSITIONS, Action, Status, Subscriber
from mailer.errors import MailerError
from mailer.services.access.acting import act, tell
from mailer.services.directories import csv_directory
from mailer.services.directories.people import Entry, People, people_of
from mailer.services.subscriber_files.cells import known_tags
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store
from mailer.store.subscribers import decided, directories
from mailer.store.subscribers.decided import NUMBER, Decided, Kind, Seen

T = TypeVar("T")

SOURCE: Final = "sync"
BATCH: Final = 500
LEASE_SECONDS: Final = 1800
"""So long a process may be silent over one directory before another may begin."""


class DirectoryBusyError(MailerError):
    """Somebody else keeps the list in step with that directory just now."""

    code = "directory_busy"


@dataclass(slots=True)
class Prepared:
    """A directory that was read, and what follows from it."""

    directory: Directory
    people: People
    plan: Plan
    seen: Mapping[str, Seen]
    """Every address that the plan is about, as it was seen."""
    most_removals: float

    @property
    def refusal(self) -> str:
        """Say why nothing of it is to be done; empty: nothing speaks against it."""
        plan = self.plan
        if plan.refusal is Refusal.EMPTY:
            return f"the directory {self.directory.name} holds nobody with a mail address"
        if plan.refusal is Refusal.LIMIT:
            removals, most = len(plan.of(Act.REMOVE)), allowed(plan.owned, self.most_removals)
            return (
                f"{removals:,} of {plan.owned:,} readers from the directory"
                f" {self.directory.name} would be taken off the list, and at most {most:,} may be"
                f" at once ({self.most_removals:g} %)"
            )
        return ""


@dataclass(frozen=True, slots=True)
class Done:
    """How many of a plan's steps were done."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    otherwise: int = 0
    """Steps left to the next time, for the reader changed in the meantime."""


@act("subscribers.sync_plan")
def prepare(
    store: Store, settings: Settings, directory: Directory, *, most_removals: float | None = None
) -> Prepared:
    """Read a directory, and work out what follows from it; changes nothing.

    Args:
        store: the store.
        settings: the service's.
        directory: which.
        most_removals: instead of what the directory's settings say.

    Raises:
        InputError: a file cannot be used.
        DirectoryError: a server cannot be reached, or not be read to its end.
    """
    limit = directory.most_removals if most_removals is None else most_removals
    secret = secret_key(settings)
    people = people_of(_entries(directory), settings, known_tags(store))
    seen = {
        one.key: one
        for batch in _batches(people.wanted)
        for one in decided.look(store, secret, batch)
    }
    owned = decided.of_directory(store, secret, directory.name)
    defaults = Member(
        directory.language or settings.languages[0],
        " ".join(sorted(directory.topics or [settings.topics.default])),
    )
    made = plan(
        directory.name,
        people.wanted.values(),
        {key: _known(one) for key, one in seen.items()},
        map(_known, owned),
        most_removals=limit,
        defaults=defaults,
    )
    return Prepared(directory, people, made, seen | {one.key: one for one in owned}, limit)


@act("subscribers.sync", "name")
def carry_out(store: Store, clock: Clock, name: str, prepared: Prepared) -> Done:
    """Do what follows from a directory, as it was shown.

    Args:
        store: the store.
        clock: for when it happened.
        name: the directory's, for the audit log.
        prepared: what follows.

    Raises:
        DirectoryBusyError: somebody else is at it.
        DirectoryRefusedError: the plan is one that is not done.
        StoreError: the store failed midway; the next time does the rest.
    """
    if prepared.refusal:
        raise DirectoryRefusedError(f"Nothing was changed: {prepared.refusal}.")
    with _claimed(store, name):
        done = _Doing(store, clock, prepared).run()
    store.durable()
    tell(added=done.added, changed=done.changed, removed=done.removed)
    return done


class DirectoryRefusedError(MailerError):
    """What a directory says looks like an accident: nothing was done."""

    code = "directory_refused"


def _entries(directory: Directory) -> Iterator[Entry]:
    if directory.is_ldap:
        from mailer.services.directories import ldap_directory  # noqa: PLC0415  # slow

        return ldap_directory.entries(directory)
    return csv_directory.entries(Path(directory.source))


def _known(seen: Seen) -> Known:
    return Known(seen.key, seen.subscriber, seen.suppression is not None)


@contextmanager
def _claimed(store: Store, name: str) -> Iterator[None]:
    token = secrets.token_hex(8)
    if not directories.claim(store, name, token, LEASE_SECONDS):
        raise DirectoryBusyError(
            f"The list is being kept in step with {name} just now; wait until that is over."
        )
    try:
        yield
    finally:
        directories.release(store, name, token)


@dataclass(slots=True)
class _Doing:
    """A plan under way."""

    store: Store
    clock: Clock
    prepared: Prepared

    def run(self) -> Done:
        """Do all steps, batch by batch."""
        counts = dict.fromkeys((*Act, "otherwise"), 0)
        for batch in _batches(self.prepared.plan.steps):
            now = self.clock.now()
            rows = {one.key: (one, self._row(one, now)) for one in batch}
            event = Event("subscribers.synced", now, {"directory": self.prepared.directory.name})
            left = {
                row.seen.key
                for row in decided.put(self.store, [row for _, row in rows.values()], event, now)
            }
            for key, (step, _) in rows.items():
                counts["otherwise" if key in left else step.act] += 1
        return Done(
            counts[Act.ADD] + counts[Act.RETURN],
            counts[Act.CHANGE],
            counts[Act.REMOVE],
            counts["otherwise"],
        )

    def _row(self, step: Step, now: datetime) -> Decided:
        seen, name = self.prepared.seen[step.key], self.prepared.directory.name
        known = seen.subscriber
        if step.act is Act.ADD or known is None:
            return Decided(seen, Kind.ADDED, Status.ACTIVE, _new(step, name))
        if step.act is Act.REMOVE:
            reason = f"is no longer in the directory {name}"
            status, events = _moved(known, Action.WITHDRAW, reason, now)
            return Decided(seen, Kind.TAKEN_OFF, status, events=events)
        fields = _changed(step, known)
        if step.act is Act.RETURN:
            reason = f"is in the directory {name} again"
            status, events = _moved(known, Action.VOUCH, reason, now)
            return Decided(seen, Kind.ADDED, status, fields, events=events)
        return Decided(seen, Kind.CHANGED, fields=fields)


def _moved(
    known: Subscriber, action: Action, reason: str, now: datetime
) -> tuple[Status, tuple[Event, ...]]:
    after = TRANSITIONS.follow(known.status, action, "the subscriber").to
    told: dict[str, str | int] = {"subscriber": NUMBER, "from": known.status.value}
    told |= {"to": after.value, "reason": reason}
    return after, (Event("subscriber.status", now, told),)


def _new(step: Step, name: str) -> dict[SubscriberField, str]:
    fields = {
        SubscriberField.ADDRESS: step.address,
        SubscriberField.SOURCE: SOURCE,
        SubscriberField.DIRECTORY: name,
        SubscriberField.DIRECTORY_SAID: step.says.as_json(),
        **_fields(step.has),
    }
    return {field: value for field, value in fields.items() if value}


def _changed(step: Step, known: Subscriber) -> dict[SubscriberField, str]:
    """Return the fields that are another value now, and what the directory said."""
    before = {
        SubscriberField.LANGUAGE: known.language,
        SubscriberField.TOPICS: " ".join(known.topics),
        SubscriberField.TAGS: " ".join(known.tags),
        SubscriberField.NAME: known.name,
        SubscriberField.DIRECTORY_SAID: known.directory_said,
    }
    after = {**_fields(step.has), SubscriberField.DIRECTORY_SAID: step.says.as_json()}
    return {field: value for field, value in after.items() if value != before[field]}


def _fields(member: Member) -> dict[SubscriberField, str]:
    return {
        SubscriberField.LANGUAGE: member.language,
        SubscriberField.TOPICS: member.topics,
        SubscriberField.TAGS: member.tags,
        SubscriberField.NAME: member.name,
    }


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch
