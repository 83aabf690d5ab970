"""Changes a draft before it is sent: what it sends, to whom, and when it is meant to go out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import Campaign, Content, State
from mailer.domain.campaigns.instant import instant_of
from mailer.domain.events import Event
from mailer.errors import InputError, StateError
from mailer.services.access.acting import act, tell
from mailer.services.editions import library as editions
from mailer.services.segments import rules
from mailer.store.campaigns import drafts
from mailer.store.server.connection import Store

_CHANGEABLE: Final = frozenset({State.DRAFT, State.HELD})


@dataclass(frozen=True, slots=True)
class Change:
    """What of a draft is to change; None: it stays as it is."""

    edition: str | None = None
    topic: str | None = None
    tags: tuple[str, ...] | None = None
    rule: str | None = None
    """Empty: no rule."""
    not_yet: bool | None = None
    at: datetime | None = None
    """When it is meant to go out: local time in `zone`. Nothing starts by it."""
    zone: str = "UTC"
    at_once: bool = False
    """It is meant to go out when somebody sends it: a time given before is forgotten."""


@dataclass(frozen=True, slots=True)
class Tested:
    """The last test of a campaign."""

    at: datetime
    version: str
    """Of the content that was tested."""
    languages: tuple[str, ...]
    accepted: bool
    """Whether the relays took all of its messages."""


class Drafts:
    """The use cases around drafts, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("campaigns.change", "number", "change.edition", "change.topic", "change.rule", "change.at")
    def change(self, number: int, change: Change) -> Campaign:
        """Change a draft. What a second person consented to is void if it is other than that.

        Args:
            number: the campaign's.
            change: what changes.

        Raises:
            NotFoundError: there is no such campaign, or no such edition.
            InputError: there is no such topic or zone; the rule is none; or the time is past, or
                does not exist.
            StateError: it is scheduled, was started or ended; or it sends no edition.
        """
        wanted = self._checked(change)

        def decide(before: Campaign) -> Mapping[str, Any]:
            if before.state not in _CHANGEABLE or before.content is not Content.EDITION:
                raise StateError("campaign", str(number), before.state.value, "change", _REMEDY)
            return {name: value for name, value in wanted.items() if getattr(before, name) != value}

        def event(changes: Mapping[str, Any]) -> Event:
            fields: dict[str, str | int] = {"campaign": number, "fields": " ".join(sorted(changes))}
            return Event("campaign.changed", self._clock.now(), fields)

        before, after = drafts.change(self._store, number, decide, event)
        told = [name for name in wanted if getattr(before, name) != getattr(after, name)]
        tell(
            before={name: getattr(before, name) for name in told},
            after={name: getattr(after, name) for name in told},
        )
        return after

    def _checked(self, change: Change) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        if change.edition is not None:
            editions.load(self._store, self._settings.topics, change.edition)
            wanted["edition"] = change.edition
        if change.topic is not None:
            check_topic(self._settings, change.topic)
            wanted["topic"] = change.topic
        if change.tags is not None:
            wanted["tags"] = change.tags
        if change.rule is not None:
            text = change.rule.strip()
            wanted["rule"] = rules.canonical(self._store, self._settings, text) if text else ""
        if change.not_yet is not None:
            wanted["not_yet"] = change.not_yet
        if change.at_once:
            wanted |= {"wanted_at": None, "wanted_zone": ""}
        elif change.at is not None:
            instant = instant_of(change.at, change.zone)
            refuse_past(change.at, change.zone, instant, self._clock.now())
            wanted |= {"wanted_at": instant, "wanted_zone": change.zone}
        return wanted


_REMEDY: Final = "Only a draft can be changed; make another campaign."


def last_test(campaign: Campaign) -> Tested | None:
    """Return the last test of a campaign, if there was one."""
    if not campaign.tested:
        return None
    told = json.loads(campaign.tested)
    at, languages = datetime.fromisoformat(told["at"]), tuple(told["languages"])
    return Tested(at, told["version"], languages, bool(told["accepted"]))


def missed_of(campaign: Campaign) -> Campaign:
    """Return a draft, not kept, for those in a campaign's audience who did not have its edition."""
    return replace(
        campaign,
        number=0,
        state=State.DRAFT,
        not_yet=True,
        among=campaign.number,
        started_at=None,
        finished_at=None,
        digest="",
    )


def check_topic(settings: Settings, topic: str) -> None:
    """Refuse a topic that there is not.

    Raises:
        InputError: there is no such topic.
    """
    if topic not in settings.topics:
        remedy = f"choose one of: {', '.join(settings.topics)}"
        said = f"there is no topic {topic!r}"
        facts = {"topic": topic, "known": tuple(settings.topics)}
        raise InputError.of("topic", said, remedy, code="unknown_topic", facts=facts)


def refuse_past(at: datetime, zone: str, instant: datetime, now: datetime) -> None:
    """Refuse to start something in the past.

    Raises:
        InputError: the instant is not after now.
    """
    if instant <= now:
        said = f"{at:%Y-%m-%d %H:%M} in {zone} is past"
        facts = {"at": at.isoformat(), "zone": zone}
        raise InputError.of("at", said, "give a later time", code="past", facts=facts)
