"""Forecast of a campaign started now: who would get it, and who of them has had it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mailer.config import Settings
from mailer.domain.campaigns.campaign import Campaign
from mailer.services.campaigns import readers
from mailer.services.campaigns.languages import delivery_languages
from mailer.services.sending import contents
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store


def forecast(store: Store, settings: Settings, campaign: Campaign) -> dict[str, int]:
    """Count by delivery language, by the rules of the start; nothing is frozen.

    Returns:
        Language -> deliveries, most first; without languages that nobody would get it in.
    """
    return summed(by_reader(store, settings, campaign))


def counted(
    store: Store, settings: Settings, campaign: Campaign, content: contents.Translated
) -> dict[str, int]:
    """Count the same for a content that is at hand, such as one that is only proposed."""
    return summed(_by_reader(store, settings, campaign, content))


def summed(pairs: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Sum what `by_reader` counts, by the language of the delivery, most first."""
    found: dict[str, int] = {}
    for (_, delivery), number in pairs.items():
        found[delivery] = found.get(delivery, 0) + number
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return {language: number for language, number in ordered if number}


def by_reader(store: Store, settings: Settings, campaign: Campaign) -> dict[tuple[str, str], int]:
    """Count who would get it, by their own language and that in which they would get it.

    Returns:
        (reader's language, or empty where it is not known; delivery's) -> readers, if any.
    """
    return _by_reader(store, settings, campaign, contents.load(store, settings, campaign))


def _by_reader(
    store: Store, settings: Settings, campaign: Campaign, content: contents.Translated
) -> dict[tuple[str, str], int]:
    languages, default = delivery_languages(store, settings, content)
    rest = audience.of_now(store, readers.concerned(store, settings, campaign).wanted)
    counted: dict[tuple[str, str], int] = {}
    for reader, delivery in languages.items():
        theirs = rest & audience.reading(store, reader)
        rest ^= theirs
        counted[reader, delivery] = theirs.bit_count()
    counted["", default] = rest.bit_count()
    return {pair: number for pair, number in counted.items() if number}


class Already(NamedTuple):
    """Readers who have had a campaign's edition, or get it by another that is under way."""

    total: int
    by: tuple[tuple[int, int], ...]
    """The campaigns, the oldest first, with the number of readers of each."""


def already(store: Store, settings: Settings, campaign: Campaign) -> Already:
    """Count the readers who have had the edition by another campaign, in whichever version.

    By the rule of `compiling.had`: whom it reached, may have reached, or reaches yet.
    """
    concerned = readers.concerned(store, settings, campaign, had_too=True)
    ours, together = audience.of_now(store, concerned.wanted), 0
    by = []
    for number in campaigns.of_same_edition(store, campaign):
        theirs = ours & audience.had(store, number)
        together |= theirs
        if theirs:
            by.append((number, theirs.bit_count()))
    return Already(together.bit_count(), tuple(by))


def people_of(store: Store, numbers: Iterable[int]) -> int:
    """Count whom any of these campaigns reached, may have reached, or reaches yet."""
    together = 0
    for number in numbers:
        together |= audience.had(store, number)
    return together.bit_count()
