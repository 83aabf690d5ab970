"""Reads audience rules, checks them against what exists, and translates them to bitmaps."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.config import Settings
from mailer.domain.segments.expansion import expanded
from mailer.domain.segments.parsing import parse
from mailer.domain.segments.printing import printed
from mailer.domain.segments.rule import Had, Rule, joined_by_and, terms
from mailer.domain.segments.validation import Known, check
from mailer.store import editions
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.segments import compiling, definitions
from mailer.store.segments.bitmaps import Bitmap
from mailer.store.segments.compiling import Given
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers


def read(
    store: Store, settings: Settings, text: str, own: Mapping[str, Rule] | None = None
) -> Rule:
    """Read a rule, and return it without names of segments.

    Args:
        store: the open store.
        settings: the settings.
        text: the rule.
        own: segments that are about to be defined, by name.

    Raises:
        RuleError: it cannot be read, or speaks of what does not exist.
    """
    return _read(store, settings, parse(text), own or {})


def together(*texts: str) -> str:
    """Write one rule that holds where all of these do; empty ones say nothing.

    Raises:
        RuleError: one cannot be read.
    """
    return printed(joined_by_and([parse(text) for text in texts if text])) if any(texts) else ""


def canonical(store: Store, settings: Settings, text: str) -> str:
    """Read a rule, and write it in its canonical form.

    Raises:
        RuleError: as `read`.
    """
    rule = parse(text)
    _read(store, settings, rule, {})
    return printed(rule)


def bitmap(store: Store, settings: Settings, rule: Rule) -> Bitmap:
    """Translate a rule that was read."""
    asked = [one for one in terms(rule) if isinstance(one, Had)]
    started = [one for one in (campaigns.all_of(store) if asked else ()) if one.started_at]
    given = Given(
        settings.attributes,
        frozenset(one.number for one in started),
        {
            had.edition: [one.number for one in started if one.edition == had.edition]
            for had in asked
            if had.edition
        },
    )
    return compiling.compiled(rule, given)


def _read(store: Store, settings: Settings, rule: Rule, own: Mapping[str, Rule]) -> Rule:
    segments = {one.name: parse(one.rule) for one in definitions.all_of(store)} | dict(own)
    known = _known(store, settings, frozenset(segments))
    check(rule, known)
    found = expanded(rule, segments)
    check(found, known)
    return found


def _known(store: Store, settings: Settings, segments: frozenset[str]) -> Known:
    return Known(
        topics={*settings.topics, *subscribers.topics(store)},
        tags=subscribers.tags(store),
        languages={*settings.languages, *subscribers.languages(store)},
        campaigns=range(1, campaigns.last_number(store) + 1),
        editions=editions.slugs(store),
        entries=calendar.ids(store),
        segments=segments,
        attributes=settings.attributes,
    )
