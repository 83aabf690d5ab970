"""Words campaigns for pages: what they send, to whom, when, and what holds them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from markupsafe import Markup

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.campaigns.campaign import Campaign, Content, State
from mailer.domain.campaigns.hold import Code
from mailer.domain.campaigns.rate_limit import SECONDS, parse_rate_limit
from mailer.services.editions import library
from mailer.web.console.route import Visit

PILLS: Final = {
    State.DRAFT: "",
    State.SCHEDULED: "live",
    State.HELD: "warn",
    State.SENDING: "live",
    State.PAUSED: "warn",
    State.CANCELLED: "alert",
    State.SENT: "good",
}
GROUP: Final = "console_campaigns"


class Wording:
    """Words campaigns for one visit."""

    def __init__(self, visit: Visit) -> None:
        """Word in the language of the user."""
        self._visit = visit
        self.say = visit.site.say(visit.language)
        self.shown = visit.shown

    @cached_property
    def editions(self) -> Mapping[str, Any]:
        """All editions, the newest first, by slug."""
        return {one.slug: one for one in library.listed(self._visit.site.store)}

    def edition(self, slug: str) -> str:
        """Name an edition as readers know it: `Autumn 2026`."""
        known = self.editions.get(slug)
        if known is None:
            return slug
        language = self._visit.language
        seasons = known.season
        season = seasons.get(language) or seasons.get(language.partition("-")[0])
        season = season or next(iter(seasons.values()), "")
        year = known.date[:4]
        if not season:
            return slug
        return season if year in season else f"{season} {year}"

    def what(self, campaign: Campaign) -> str:
        """Name what a campaign sends."""
        if campaign.content is Content.EDITION:
            return self.edition(campaign.edition)
        entry = campaign.about.entry if campaign.about else ""
        key = "reminder" if campaign.content is Content.REMINDER else "notice_of"
        return str(self.say(f"{GROUP}.{key}", entry=entry))

    def topic(self, topic: str) -> str:
        """Name a topic as readers know it."""
        known = self._visit.site.settings.topics.get(topic)
        return known.name(self._visit.language) if known else topic

    def audience(self, campaign: Campaign) -> str:
        """Say whom a campaign is for."""
        topics = ", ".join(map(self.topic, campaign.topics))
        if campaign.among:
            return str(self.say(f"{GROUP}.missed_of", number=campaign.among))
        rule = " ".join([*(f"tag:{tag}" for tag in campaign.tags), campaign.rule]).strip()
        key = "of_topic_rule" if rule else "of_topic"
        said = str(self.say(f"{GROUP}.{key}", topic=topics, rule=rule))
        return f"{said}, {self.say(f'{GROUP}.not_yet')}" if campaign.not_yet else said

    def state(self, campaign: Campaign) -> tuple[str, str]:
        """Return the word for its state, and the kind of the pill."""
        if campaign.pauses_itself:
            return str(self.say(f"{GROUP}.state.waiting")), "warn"
        return str(self.say(f"{GROUP}.state.{campaign.state}")), PILLS[campaign.state]

    def language(self, code: str) -> str:
        """Name a language in the user's."""
        return name_of(code, self._visit.language)

    def readers(self, number: int) -> Markup:
        """`4,312 readers`."""
        return self.counted("readers", number)

    def counted(self, key: str, number: int, **values: Any) -> Markup:
        """Word a text that counts, with the number as the user's language writes it."""
        return self.say.count(f"{GROUP}.{key}", number, count=self.shown.number(number), **values)

    def shares(self, planned: Mapping[str, int]) -> str:
        """`English 2,100, French 1,300`."""
        return ", ".join(
            str(
                self.say(
                    f"{GROUP}.send.share",
                    language=self.language(code),
                    number=self.shown.number(number),
                )
            )
            for code, number in planned.items()
        )

    def moment(self, at: datetime, zone: str) -> str:
        """`Tue, 1 Dec 2026, 09:00 (Zurich time, UTC+1)`: a time in the zone it was given in."""
        local = at.astimezone(ZoneInfo(zone or "UTC"))
        locale, words = self.say.words.locale, self.say.words
        day = format_date(local, "full", locale)
        clock = format_time(local, "short", locale=locale)
        return f"{day}, {clock} ({words.zone(zone or 'UTC', local)})"

    def weekday(self, at: datetime) -> str:
        """`Tuesday, 1 December 2026`, of a time that has its zone."""
        return first_upper(str(format_date(at, "full", self.say.words.locale)))

    def utc(self, at: datetime) -> str:
        """`08:00`, in UTC."""
        return str(format_time(at.astimezone(UTC), "short", locale=self.say.words.locale))

    def hold(self, code: str, facts: Mapping[str, str | int]) -> Markup:
        """Say what holds a campaign back."""
        values: dict[str, Any] = dict(facts)
        for name in ("answers", "readers"):
            if name in values:
                values[name] = self.shown.number(int(values[name]))
        if "readers" in values:
            values["readers"] = self.readers(int(facts["readers"]))
        if "since" in values:
            values["since"] = self.shown.clock(datetime.fromisoformat(str(values["since"])))
        for name in ("limit", "speed"):
            if name in values:
                values[name] = self.pace(str(values[name]))
        if code == Code.PACED and (values.get("domain") or values.get("relay")):
            code = "paced_for"
        return self.say(f"{GROUP}.hold.{code}", **values)

    def pace(self, words: str) -> str:
        """Word a rate limit: `600 a minute`."""
        try:
            limit = parse_rate_limit(words)
        except ValueError:
            return words
        unit = next(name for name, seconds in SECONDS.items() if seconds == limit.seconds)
        said = self.say(
            f"{GROUP}.progress.pace",
            number=self.shown.number(limit.count),
            unit=self.say(f"{GROUP}.progress.{unit}"),
        )
        return str(said)

    def edition_options(self) -> list[tuple[str, str]]:
        """All editions for a choice: slug and name."""
        return [(slug, self.edition(slug)) for slug in self.editions]

    def topic_options(self) -> list[tuple[str, str]]:
        """All topics for a choice."""
        return [(topic, self.topic(topic)) for topic in self._visit.site.settings.topics]

    def segment_options(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Everybody, or one of these segments."""
        return [("", str(self.say(f"{GROUP}.who.everybody"))), *((one, one) for one in names)]

    def language_list(self, codes: Sequence[str]) -> str:
        """`English, French and Spanish`."""
        return self.say.words.listing([self.language(code) for code in codes])

    @staticmethod
    def capital(text: str) -> str:
        """Begin a sentence."""
        return first_upper(text)

    @staticmethod
    def lines(markup: Sequence[str]) -> Markup:
        """Join sentences."""
        return Markup(" ").join(markup)
