"""Says in the user's language what an entry is: when, how it repeats, what has changed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from babel.dates import format_date, format_skeleton
from babel.units import format_unit
from markupsafe import Markup, escape

from mailer.content.language.topic_words import in_words
from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.calendar.comparing import Difference
from mailer.domain.calendar.entry import Entry, Status, language_for
from mailer.domain.calendar.offset import Offset
from mailer.domain.calendar.rules import Frequency, Rule, RuleError, parse
from mailer.web.console.route import Visit
from mailer.web.public.calendar import texts_for

_MONDAY: Final = date(2024, 1, 1)
TEXTS: Final = ("title", "place", "description", "city", "registration", "reason")
PILLS: Final = {Status.TENTATIVE: "warn", Status.CANCELLED: "alert"}


class Wording:
    """Words entries for one visit."""

    def __init__(self, visit: Visit) -> None:
        """Use the words of the user's language."""
        self.site, self.language = visit.site, visit.language
        self.say, self.shown = visit.site.say(visit.language), visit.shown
        self.words = self.say.words
        self.text = texts_for(visit.site, visit.language)

    def title(self, entry: Entry) -> str:
        """Return an entry's title, in another language if need be; its id if it has none."""
        return self.text(entry.title) or entry.id

    def when(self, entry: Entry, *, within: bool = False) -> str:
        """Write the day or days, and the hours in the entry's own zone.

        Args:
            entry: which one.
            within: as it stands within a sentence.
        """
        days = self.words.days(entry) if within else first_upper(self.words.days(entry))
        hours = self.words.hours(entry, self.text(entry.city))
        return f"{days}, {hours}" if hours else days

    def here(self, entry: Entry) -> str:
        """Write the same in the institution's zone; empty where that is the entry's, or a day."""
        if not isinstance(entry.start, datetime) or entry.zone == self.shown.zone.key:
            return ""
        start = self.shown.local(entry.starts_at())
        end = self.shown.local(entry.ends_at()) if entry.end is not None else None
        local = replace(
            entry,
            zone=self.shown.zone.key,
            start=start.replace(tzinfo=None),
            end=end.replace(tzinfo=None) if end else None,
            city={},
        )
        return f"{first_upper(self.words.days(local))}, {self.words.hours(local)}"

    def clock(self, entry: Entry) -> str:
        """Write when it starts, in the institution's zone; empty if it lasts all day."""
        return "" if entry.all_day else self.shown.clock(entry.starts_at())

    def day(self, day: date, *, within: bool = False) -> str:
        """Write a day in full; `within`: as it stands within a sentence."""
        return self.words.day(day) if within else first_upper(self.words.day(day))

    def month(self, day: date) -> str:
        """Write a month and its year."""
        return first_upper(format_skeleton("yMMMM", day, locale=self.words.locale))

    def weekday(self, number: int, form: str = "EEEE") -> str:
        """Name a weekday; 0 is Monday."""
        return str(format_date(_MONDAY + timedelta(number), form, self.words.locale))

    def language_name(self, code: str, *, within: bool = False) -> str:
        """Name a language in the user's; `within`: as it stands within a sentence."""
        name = name_of(code, self.language)
        return name if within else first_upper(name)

    def offset(self, offset: Offset | str) -> Markup:
        """`P14D` -> `14 days before`."""
        one = Offset.parse(offset) if isinstance(offset, str) else offset
        hours, minutes = divmod(one.minutes, 60)
        parts = ((one.days, "day"), (hours, "hour"), (minutes, "minute"))
        locale = self.words.locale
        written = [
            format_unit(number, f"duration-{unit}", "long", locale=locale)
            for number, unit in parts
            if number
        ]
        return self.say("console_calendar.before", span=" ".join(written))

    def shares(self, numbers: Mapping[str, int]) -> str:
        """Write numbers by language: `en 60, fr 30`."""
        return self.words.listing(
            [f"{code}\u00a0{self.shown.number(number)}" for code, number in numbers.items()]
        )

    def topics(self, names: Sequence[str]) -> str:
        """Name topics."""
        known = in_words(self.site.settings.topics)
        order = self.site.settings.languages
        return self.words.listing(
            [known[one].name(self.language, order) if one in known else one for one in names]
        )

    def missing(self, entry: Entry, code: str) -> list[str]:
        """Name the texts that an entry has in other languages and not in this one."""
        names = ("title", "place", "description")
        return [name for name in names if getattr(entry, name) and not _in(entry, name, code)]

    def instead(self, entry: Entry, code: str) -> str:
        """Tell in which language readers of one get the title, where it is not theirs."""
        order = self.site.settings.languages
        found = language_for(entry.title, code, order)
        return "" if found in {"", "*", code.lower(), code.partition("-")[0]} else found

    # How it repeats.

    def repeats(self, entry: Entry) -> list[Markup]:
        """Say how an entry repeats, a sentence a rule; then further and omitted dates."""
        if entry.recurrence is None:
            return []
        found = [self._rule(rule, entry) for rule in entry.recurrence.rules]
        for name in ("added", "left_out"):
            if dates := getattr(entry.recurrence, name):
                listed = self.words.listing([self._short(one) for one in dates[:12]])
                found.append(self.say(f"console_calendar.repeats.{name}", dates=listed))
        return found

    def _rule(self, text: str, entry: Entry) -> Markup:
        try:
            rule = parse(text)
        except RuleError:
            return self.say("console_calendar.repeats.own", rule=text)
        said = self._pattern(rule, entry)
        if said is None:
            return self.say("console_calendar.repeats.own", rule=text)
        if rule.count is not None:
            end = self.say.count("console_calendar.repeats.times", rule.count)
            return Markup("{}, {}").format(said, end)
        if rule.until:
            day = self.words.long_day(date.fromisoformat(rule.until[:8]))
            return Markup("{}, {}").format(
                said, self.say("console_calendar.repeats.until", day=day)
            )
        return said

    def _pattern(self, rule: Rule, entry: Entry) -> Markup | None:
        """Say a rule in words; None: it is too much for a sentence."""
        if rule.weeks or rule.year_days or rule.positions or rule.months:
            return None
        worded = {
            Frequency.DAILY: self._daily,
            Frequency.WEEKLY: self._weekly,
            Frequency.MONTHLY: self._monthly,
            Frequency.YEARLY: self._yearly,
        }
        return worded[rule.frequency](rule, entry)

    def _daily(self, rule: Rule, _: Entry) -> Markup | None:
        if rule.days or rule.month_days:
            return None
        return self.say.count("console_calendar.repeats.daily", rule.interval)

    def _weekly(self, rule: Rule, entry: Entry) -> Markup | None:
        if rule.month_days or any(which for which, _ in rule.days):
            return None
        named = sorted(day for _, day in rule.days) or [entry.first_day.weekday()]
        listed = self.words.listing([self.weekday(day) for day in named])
        return self.say.count("console_calendar.repeats.weekly", rule.interval, days=listed)

    def _yearly(self, rule: Rule, entry: Entry) -> Markup | None:
        if rule.days or rule.month_days:
            return None
        day = format_skeleton("MMMMd", entry.first_day, locale=self.words.locale)
        return self.say.count("console_calendar.repeats.yearly", rule.interval, day=day)

    def _monthly(self, rule: Rule, entry: Entry) -> Markup | None:
        if not rule.days:
            on = sorted(rule.month_days) or [entry.first_day.day]
            if min(on) < 0:
                return None
            listed = self.words.listing([str(day) for day in on])
            return self.say.count(
                "console_calendar.repeats.monthly_day", rule.interval, days=listed
            )
        pairs = sorted(rule.days)
        if rule.month_days or any(which not in {1, 2, 3, 4, 5, -1} for which, _ in pairs):
            return None
        named = [
            f"{self.say('console_calendar.nth.' + _NTH[which])} {self.weekday(day)}"
            for which, day in pairs
        ]
        return self.say.count(
            "console_calendar.repeats.monthly", rule.interval, days=self.words.listing(named)
        )

    def _short(self, at: date) -> str:
        return self.words.long_day(at.date() if isinstance(at, datetime) else at)

    # What has changed.

    def changed(self, one: Difference) -> list[tuple[Markup, str, str]]:
        """List what differs as rows: the field with its language, what was, what is."""
        rows: list[tuple[Markup, str, str]] = []
        names = list(one.fields)
        if {"start", "end", "zone"} & set(names):
            names = ["when", *(name for name in names if name not in {"start", "end", "zone"})]
        for name in names:
            label = self.say(f"console_calendar.fields.{name}")
            if name in TEXTS:
                before, after = getattr(one.before, name), getattr(one.after, name)
                for code in dict.fromkeys([*before, *after]):
                    was, now = before.get(code, ""), after.get(code, "")
                    if was != now:
                        which = Markup("{} ({})").format(label, code) if code != "*" else label
                        rows.append((which, was, now))
            else:
                rows.append((label, self._value(one.before, name), self._value(one.after, name)))
        return rows

    def _value(self, entry: Entry, name: str) -> str:
        worded = {"when": self.when, "recurrence": self._repetition, "remind": self.reminders}
        if name in worded:
            return worded[name](entry)
        value: Any = getattr(entry, name)
        if name in {"kind", "status"}:
            return str(self.say(f"console_calendar.{name}.{value}"))
        if isinstance(value, bool):
            return str(self.say("console_calendar.yes" if value else "console_calendar.no"))
        if isinstance(value, tuple):
            return self.topics(value) if name == "topics" else ", ".join(value)
        return str(value or "")

    def _repetition(self, entry: Entry) -> str:
        said = " ".join(f"{one}." for one in self.repeats(entry))
        return said or str(self.say("console_calendar.repeats.once"))

    def reminders(self, entry: Entry) -> str:
        """Say when reminders go out."""
        if not entry.offsets:
            return str(self.say("console_calendar.no_reminders"))
        return self.words.listing([str(self.offset(one)) for one in entry.offsets])


_NTH: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


def _in(entry: Entry, name: str, code: str) -> bool:
    texts = getattr(entry, name)
    return bool(texts.get(code.lower()) or texts.get(code.partition("-")[0].lower()))


def plain(text: str) -> Markup:
    """Write a text of several lines with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
