"""Which readers a page is about: filters in the address, or in a form's fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request

from mailer.content.language.topic_words import in_words
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.listing import Filter
from mailer.web.console.route import Visit

LIST: Final = "/console/subscribers"
SUPPRESSED: Final = "suppressed"
"""Beside statuses: whose address is suppressed, whatever their status."""
LONGEST: Final = 320


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a list of readers; empty: any."""

    q: str = ""
    status: str = ""
    language: str = ""
    topic: str = ""
    tag: str = ""
    segment: str = ""
    rule: str = ""

    @property
    def filter(self) -> Filter:
        """Return the choice as the use cases take it."""
        segment = f"segment:{self.segment}" if self.segment else ""
        rule = " and ".join(f"({one})" for one in (segment, self.rule) if one)
        hidden = self.status == SUPPRESSED
        status = "" if hidden else self.status
        return Filter(self.q, status, self.language, self.topic, self.tag, rule, hidden)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return what is not empty, for a form or an address."""
        found = [(one.name, str(getattr(self, one.name))) for one in fields(self)]
        return [(name, value) for name, value in found if value]

    def address(self, path: str = LIST, **more: object) -> str:
        """Return the address of a page with these filters."""
        given = [*self.pairs, *((name, one) for name, one in more.items() if one)]
        return f"{path}?{urlencode(given)}" if given else path

    def but(self, **changed: str) -> Wanted:
        """Return the filters with others."""
        return replace(self, **changed)


def of_query(request: Request) -> Wanted:
    """Read the filters of an address."""
    return _read(lambda name: request.query_params.get(name, ""))


def of_form(visit: Visit) -> Wanted:
    """Read the filters that a form carries."""
    return _read(visit.fields.one)


def _read(get: Callable[[str], str]) -> Wanted:
    given = {one.name: " ".join(get(one.name).split())[:LONGEST] for one in fields(Wanted)}
    given["rule"] = get("rule").strip()[:2000]
    return Wanted(**given)


def options_of(visit: Visit) -> dict[str, Sequence[tuple[str, str]]]:
    """Return what can be chosen by: value and words of each."""
    site, say = visit.site, visit.site.say(visit.language)
    known = subscribers.choices(site.store, site.settings)
    statuses = [(one, str(say(f"console_subscribers.status.{one}"))) for one in known.statuses]
    statuses.append((SUPPRESSED, str(say("console_subscribers.status.suppressed"))))
    segments = [(one.name, one.name) for one in site.segments.all()]
    return {
        "statuses": statuses,
        "languages": [(one, one) for one in known.languages],
        "topics": [(one, topic_name(visit, one)) for one in known.topics],
        "tags": [(one, one) for one in site.listing.tags()],
        "segments": segments,
    }


def topic_name(visit: Visit, topic: str) -> str:
    """Return what a topic is called in the user's language."""
    settings: Any = visit.site.settings
    topics = in_words(settings.topics)
    return topics.name(topic, visit.language, settings.languages) if topic in topics else topic
