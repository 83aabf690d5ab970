"""What the secretariat does to many readers at once: tag, take off, suppress, erase.

Whom it is done to is fixed before: as a set of numbers, whose size the person saw and agreed to.
Who comes to fit the choice later is not among them. All of it may be done twice, say because a
worker died over it: what is done already is left as it is, and counted so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import MOST_TAGS, Action, Status, Subscriber
from mailer.errors import Fact, InputError, MailerError, NotFoundError
from mailer.services.access.acting import act, tell
from mailer.services.subscriber_files.cells import Reading, known_tags
from mailer.services.subscriptions import erasing, subscribers
from mailer.services.subscriptions.details import ChangedError, Details, change_now
from mailer.services.subscriptions.listing import Filter, Listing
from mailer.store.segments import bitmaps
from mailer.store.server.connection import Store
from mailer.store.subscribers import records, suppression
from mailer.store.subscribers.suppression import Suppression

AT_ONCE: Final = 1000
"""More than these are done by a worker, so that nobody waits."""
MOST_NAMED: Final = 1000
"""Readers that can be named by their numbers; more are chosen by what they have in common."""
LOT: Final = 100

Progress = Callable[[int, int], None]
"""Told the readers done and the readers in all."""


def _untold(_done: int, _total: int) -> None:
    """Tell nobody."""


class Deed(StrEnum):
    """What can be done to many."""

    TAG = "tag"
    """Add tags, take tags away."""
    REMOVE = "remove"
    SUPPRESS = "suppress"
    ERASE = "erase"


class NumberChangedError(MailerError):
    """A choice is of another number of readers than was agreed to; nothing was done (law 18)."""

    code = "number_changed"

    def __init__(self, expected: int, found: int) -> None:
        """Say both numbers."""
        self.expected, self.found = expected, found
        super().__init__(
            f"There are {found:,} readers now, not {expected:,}: nothing was done.",
            "Look again, and agree to the new number.",
        )

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Both numbers."""
        return {"expected": self.expected, "found": self.found}


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the readers."""

    done: int = 0
    unchanged: int = 0
    """It was so already."""
    gone: int = 0
    """Erased meanwhile."""
    refused: int = 0
    """It could not be done: a reader would have too many tags."""


class Bulk:
    """Does things to many readers."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, listing: Listing) -> None:
        """Set up.

        Args:
            store: the open store.
            settings: the settings.
            clock: the time.
            listing: finds whom a choice is of.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._listing = listing

    def members(self, wanted: Filter | Sequence[int], expected: int) -> int:
        """Fix whom it is about, as a value of bitmaps.

        Args:
            wanted: a choice, or numbers of subscribers; those of nobody are left out.
            expected: how many a person agreed to.

        Raises:
            NumberChangedError: there are others by now.
            InputError: it is nobody, or too many are named.
            RuleError: the rule of a choice cannot be read, or speaks of what does not exist.
        """
        if isinstance(wanted, Filter):
            found = self._listing.chosen(wanted)
        else:
            if len(wanted) > MOST_NAMED:
                said = f"names more than {MOST_NAMED:,} readers"
                remedy = "choose them by what they have in common"
                raise InputError.of("numbers", said, remedy, code="too_many")
            some = bitmaps.value_of(one for one in wanted if 0 < one <= _last(self._store))
            found = some & self._listing.members(Filter())
        if found.bit_count() != expected:
            raise NumberChangedError(expected, found.bit_count())
        if not found:
            raise InputError.of("numbers", "is nobody", "choose at least one", code="nobody")
        return found

    @act("subscribers.change", "add", "remove")
    def tag(
        self,
        members: int,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        progress: Progress = _untold,
    ) -> Tally:
        """Give tags to readers, and take tags from them.

        Raises:
            InputError: a tag cannot be one, or none is named.
        """
        reading = Reading(self._settings, known_tags(self._store))
        more = set(reading.tags(" ".join(add)).split())
        less = set(reading.tags(" ".join(remove)).split())
        if not more | less or more & less:
            said = "names no tag, or one to be added and taken away"
            raise InputError.of("tags", said, "name at least one", code="missing")

        def each(one: Subscriber) -> str:
            tags = ({*one.tags} | more) - less
            if len(tags) > MOST_TAGS:
                return "refused"
            return self._changed(one, tuple(sorted(tags)))

        return self._each(members, each, progress)

    @act("subscribers.remove", "reason")
    def remove(self, members: int, reason: str, progress: Progress = _untold) -> Tally:
        """Take readers off the list; their addresses stay known, so that no import brings them."""

        def each(one: Subscriber) -> str:
            if one.status in {Status.UNSUBSCRIBED, Status.COMPLAINED}:
                return "unchanged"
            now = self._clock.now()
            subscribers.change(self._store, one.number, Action.REMOVE, now, reason=reason)
            return "done"

        return self._each(members, each, progress)

    @act("subscribers.suppress", "reason")
    def suppress(self, members: int, reason: str, progress: Progress = _untold) -> Tally:
        """Never mail readers' addresses again."""
        secret = secret_key(self._settings)

        def each(one: Subscriber) -> str:
            record = Suppression(reason, self._clock.now())
            key = parse_address(one.address).key
            return "done" if suppression.add(self._store, secret, key, record) else "unchanged"

        return self._each(members, each, progress)

    @act("subscribers.erase", "reason")
    def erase(self, members: int, reason: str, progress: Progress = _untold) -> Tally:
        """Forget all about readers; see `erasing.forget`. It cannot be undone."""

        def each(one: Subscriber) -> str:
            address = parse_address(one.address)
            now = self._clock.now()
            erasing.forget(self._store, self._settings, now, address, reason, compacts=False)
            return "done"

        try:
            return self._each(members, each, progress)
        finally:
            records.compact_log(self._store)

    def _each(self, members: int, each: Callable[[Subscriber], str], progress: Progress) -> Tally:
        counts = dict.fromkeys(("done", "unchanged", "gone", "refused"), 0)
        total, done = members.bit_count(), 0
        for some in _lots(bitmaps.numbers_in(members)):
            for one in records.get_many(self._store, some):
                try:
                    counts[each(one) if one else "gone"] += 1
                except NotFoundError:
                    counts["gone"] += 1
            self._store.durable()
            done += len(some)
            progress(done, total)
        tally = Tally(**counts)
        tell(readers=total, done=tally.done, unchanged=tally.unchanged, gone=tally.gone)
        return tally

    def _changed(self, one: Subscriber, tags: tuple[str, ...]) -> str:
        """Give a reader other tags, who may be changed meanwhile by others."""
        while set(one.tags) != set(tags):
            try:
                change_now(self._store, self._settings, self._clock.now(), one, Details(tags=tags))
            except ChangedError:
                more, less = set(tags) - {*one.tags}, {*one.tags} - set(tags)
                again = records.get(self._store, one.number)
                if again is None:
                    return "gone"
                one, tags = again, tuple(sorted(({*again.tags} | more) - less))
            else:
                return "done"
        return "unchanged"


def _last(store: Store) -> int:
    return records.last_number(store)


def _lots(numbers: Iterator[int]) -> Iterator[list[int]]:
    while some := list(islice(numbers, LOT)):
        yield some
