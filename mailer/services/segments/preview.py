"""Counts whom an audience rule is about, by language, and lists them, page by page or all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mailer.config import Settings
from mailer.domain.segments.printing import printed
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.services.access.acting import act
from mailer.services.segments import rules
from mailer.store.segments import bitmaps
from mailer.store.segments.bitmaps import ACTIVE, SUPPRESSED, AllOf, Bitmap, Without, reading
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

PAGE: Final = 50
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a rule is about, as of one instant."""

    rule: str
    """In its canonical form, without names of segments."""
    members: int
    """All of whom it holds, whatever their status."""
    planned: int
    """Of those, who would be mailed: active, and not suppressed."""
    by_language: Mapping[str, int]
    """Of these, how many read each language, most first."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of those of whom a rule holds, by number."""

    subscribers: Sequence[Subscriber]
    after: int
    """Where the next page begins: after that number; 0: this is the last one."""


@act("segments.preview")
def preview(store: Store, settings: Settings, text: str) -> Preview:
    """Count whom a rule is about; nothing is frozen or changed.

    Raises:
        RuleError: it cannot be read, or speaks of what does not exist.
    """
    rule = rules.read(store, settings, text)
    members = rules.bitmap(store, settings, rule)
    languages = subscribers.languages(store)
    whom = Without(AllOf((ACTIVE, members)), SUPPRESSED)
    every, planned, *spoken = bitmaps.of_now(store, members, whom, *map(reading, languages))
    counted = {
        code: (planned & theirs).bit_count() for code, theirs in zip(languages, spoken, strict=True)
    }
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    by_language = {code: count for code, count in ordered if count}
    return Preview(printed(rule), every.bit_count(), planned.bit_count(), by_language)


@act("subscribers.list")
def page(store: Store, settings: Settings, text: str, *, after: int = 0, size: int = PAGE) -> Page:
    """List some of those of whom a rule holds, by number.

    Args:
        store: the open store.
        settings: the settings.
        text: the rule.
        after: those with higher numbers only.
        size: how many at most.

    Raises:
        RuleError: as `preview`.
    """
    (value,) = bitmaps.of_now(store, _members(store, settings, text))
    numbers = list(islice(bitmaps.numbers_in(value, after), size + 1))
    found = filter(None, subscribers.get_many(store, numbers[:size]))
    return Page(tuple(found), numbers[size - 1] if len(numbers) > size else 0)


def each(store: Store, settings: Settings, text: str) -> Iterator[Subscriber]:
    """Yield those of whom a rule holds now, by number.

    Raises:
        RuleError: as `preview`.
    """
    (value,) = bitmaps.of_now(store, _members(store, settings, text))
    numbers = bitmaps.numbers_in(value)
    while batch := list(islice(numbers, _BATCH)):
        yield from filter(None, subscribers.get_many(store, batch))


def _members(store: Store, settings: Settings, text: str) -> Bitmap:
    return rules.bitmap(store, settings, rules.read(store, settings, text))
