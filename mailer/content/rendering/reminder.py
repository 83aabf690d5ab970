"""Renders the mail about a calendar entry: a reminder of it, or notice of what changed in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from babel.dates import format_interval, format_time, get_timezone_location
from babel.dates import get_timezone as zone_named

from mailer.content.language.topic_words import in_words
from mailer.content.language.words import Words, first_upper, words_for
from mailer.content.parsing.distance import distance
from mailer.content.parsing.links import Links
from mailer.content.rendering import plain, service_mail
from mailer.content.rendering.brand import Brand, brand_of
from mailer.content.rendering.mjml import to_mail_html
from mailer.content.rendering.plain import WIDTH
from mailer.content.rendering.rendered import CalendarFile, Rendered, slot
from mailer.domain.calendar.entry import Entry, Kind, Status, in_language
from mailer.domain.calendar.notice import Change
from mailer.domain.look.look import PLAIN, Look
from mailer.domain.subscribers.topic import Topics

MOST_TITLE: Final = 70
"""Characters of a title that a subject shows: what does not fit is in the mail."""

_HEADINGS: Final = {
    Change.CANCELLED: "Cancelled",
    Change.REVIVED: "Takes place after all",
    Change.MOVED: "New date",
    Change.PLACE: "New place",
}


class Stop(NamedTuple):
    """The way for a reader to stop one topic while still getting the others."""

    topic: str
    target: str
    """A mail address, or a link; holds a slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that a mail about an entry is made from, in all languages."""

    entry: Entry
    """As it is sent: one that does not repeat, or one occurrence."""
    at: datetime
    """The instant from which “tomorrow” counts."""
    sender: Mapping[str, str]
    """The sender's name by language."""
    links: Mapping[str, Links]
    """By language."""
    stops: Sequence[Stop]
    topics: Topics
    """Name what is stopped."""
    fallback: tuple[str, ...]
    """The order in which languages stand in for a text that is missing."""
    change: Change | None = None
    """For a notice: the change to the entry."""
    known: Entry | None = None
    """For a notice: the entry as readers were told."""
    calendar: Callable[[str], CalendarFile]
    """Writes the calendar file in a language; only called for a language that is rendered."""
    file_url: Mapping[str, str] = field(default_factory=dict)
    """The address of the same file on the web, by language; empty where it is not there."""
    answer_url: str = ""
    """For an invitation: a page where the reader can answer; holds a slot. Empty: there is none."""
    look: Look = PLAIN


def languages(configured: Sequence[str]) -> tuple[str, ...]:
    """Return those languages that there are words in, in their order."""
    written = service_mail.languages()
    found = (code for code in configured if {code, code.partition("-")[0]} & {*written})
    return tuple(found) or tuple(configured[:1])


def render(letter: Letter, language: str) -> Rendered:
    """Render the mail for readers of a language.

    Texts of the entry that are missing in it stand in another, by `Letter.fallback`; what is ours
    is in the language always.
    """
    file = letter.calendar(language)
    brand = brand_of(letter.look, language, letter.fallback)
    page = _Page(letter, language, words_for(language), file, brand)
    markup = to_mail_html(
        "reminder.mjml.j2",
        page.values(),
        words=page.words,
        palette=brand.palette,
        title=page.title,
        preheader=page.preheader,
        brand=brand,
    )
    return Rendered(
        language=language,
        direction=page.words.direction,
        subject=page.subject,
        preheader=page.preheader,
        html=markup,
        text=_text(page),
        images=(brand.logo,) if brand.logo else (),
        warnings=(),
        calendar=file,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """One language of the mail: what both bodies show."""

    letter: Letter
    language: str
    words: Words
    file: CalendarFile
    brand: Brand

    @property
    def entry(self) -> Entry:
        return self.letter.entry

    @property
    def links(self) -> Links:
        return self.letter.links[self.language]

    @property
    def sender(self) -> str:
        return self.letter.sender[self.language]

    @property
    def title(self) -> str:
        return self.choose(self.entry.title)

    @property
    def cancelled(self) -> bool:
        return self.letter.change is Change.CANCELLED

    @property
    def kicker(self) -> str:
        """Name the kind of mail."""
        if self.letter.change:
            return self.words("Change")
        return self.words("Deadline" if self.entry.kind is Kind.DEADLINE else "Reminder")

    @property
    def news(self) -> str:
        """Name the change of the entry, in a word."""
        change, known = self.letter.change, self.letter.known
        if change is Change.MOVED and known and known.first_day == self.entry.first_day:
            return self.words("New time")
        return self.words(_HEADINGS[change]) if change else ""

    @property
    def ahead(self) -> str:
        """Word the time to the entry."""
        return distance(self.words, self.entry, self.letter.at)

    @property
    def lead(self) -> str:
        """Word the most important fact, for the line under the title."""
        return first_upper(self.news or self.ahead)

    @property
    def subject(self) -> str:
        """Word the time and title: the beginning is all that a telephone shows."""
        title = _shortened(self.title)
        when = self.brief(self.entry)
        if self.letter.change is Change.MOVED:
            return self._filled("{news}: {when} – {title}", news=self.news, when=when, title=title)
        begin = self.lead or self.kicker
        return self._filled("{begin} – {title} ({when})", begin=begin, when=when, title=title)

    @property
    def preheader(self) -> str:
        """Word the facts for which the subject has no room."""
        facts = list(self.facts(self.entry))
        if self.letter.change is Change.MOVED and self.letter.known:
            before = self.brief(self.letter.known)
            facts = [self._filled("Before: {when}", when=before), *facts]
        return " · ".join(facts)

    @property
    def description(self) -> list[str]:
        text = self.choose(self.entry.description)
        return [part.strip() for part in text.split("\n\n") if part.strip()]

    @property
    def reason(self) -> str:
        return self.choose(self.entry.reason) if self.cancelled else ""

    @property
    def button(self) -> tuple[str, str] | None:
        """Return the label and the target of the button, if there is where to go."""
        if self.cancelled:
            return None
        if target := self.choose(self.entry.registration):
            return self.words("Register"), target
        if self.entry.url:
            return self.words("More about it"), self.entry.url
        return None

    @property
    def join(self) -> tuple[str, str] | None:
        """Return the label and the target of the link to join online, if there is one."""
        if self.cancelled or not self.entry.online:
            return None
        if self.entry.registration:
            return self.words("Join online (registration required)"), self.entry.online
        return self.words("Join online"), self.entry.online

    @property
    def file_url(self) -> str:
        """Return the address of the calendar file on the web, as some programs hide attachments."""
        plain = not (self.entry.invite or self.letter.change)
        return self.letter.file_url.get(self.language, "") if plain else ""

    @property
    def answer_url(self) -> str:
        """Return the address of the page for answering, for programs that show no buttons."""
        return self.letter.answer_url if self.entry.invite and not self.cancelled else ""

    @property
    def advice(self) -> str:
        """Word the use of the calendar file."""
        if self.cancelled:
            text = "To take it out of your calendar, open the attached file {file}."
        elif self.entry.invite:
            text = (
                "Will you come? Answer with the buttons that your mail program shows with this"
                " invitation: yes, maybe or no. Your answer goes to the organizers."
            )
        elif self.letter.change:
            text = "To bring your calendar up to date, open the attached file {file}."
        else:
            text = "To put it into your calendar, open the attached file {file}."
        return self._filled(text, file=self.file.filename)

    @property
    def topics(self) -> str:
        """Name the topics that the reader gets this for."""
        return self.words.listing([self.topic(stop) for stop in self.letter.stops])

    def topic(self, stop: Stop) -> str:
        """Name a topic within a sentence."""
        named = in_words(self.letter.topics)
        return named.short(stop.topic, self.language, self.letter.fallback)

    @property
    def why(self) -> str:
        text = "You receive this because {address} is subscribed to: {topics}."
        return self._filled(text, topics=self.topics)

    @property
    def stops(self) -> list[tuple[str, str]]:
        return [
            (label, service_mail.mailto(stop.target, label) if "@" in stop.target else stop.target)
            for stop in self.letter.stops
            for topic in [self.topic(stop)]
            for label in [self._less(topic)]
        ]

    def _less(self, topic: str) -> str:
        look = self.letter.look
        return service_mail.phrase(self.language, "way_less", look, topic=topic)

    def choose(self, texts: Mapping[str, str]) -> str:
        """Choose among texts by language; any rather than none."""
        return in_language(texts, self.language, self.letter.fallback)

    def days(self, entry: Entry) -> str:
        """Write the day or days of an entry, as what they are."""
        days = first_upper(self.words.days(entry))
        if entry.kind is Kind.DEADLINE:
            return self._filled("Deadline: {date}", date=self.words.days(entry))
        return days

    def clock(self, entry: Entry) -> list[str]:
        """Write the time of an entry in its zone, and in UTC; nothing if it lasts all day."""
        if entry.all_day:
            return []
        return [line for line in (self._hours(entry), universal(self.words, entry)) if line]

    def _hours(self, entry: Entry) -> str:
        city = self.choose(entry.city)
        return self.words.hours(entry, city)

    def places(self, entry: Entry) -> list[str]:
        """Write where an entry takes place, and whether that is settled."""
        doubt = self.words("To be confirmed") if entry.status is Status.TENTATIVE else ""
        return [line for line in (self.choose(entry.place), doubt) if line]

    def facts(self, entry: Entry) -> Iterator[str]:
        """Yield when and where, a line each."""
        yield self.days(entry)
        yield from self.clock(entry)
        yield from self.places(entry)

    def brief(self, entry: Entry) -> str:
        """Write when an entry starts as short as can be: `26 April, 14:00 Geneva`."""
        day = self.words.short_day(entry.first_day, self.letter.at.year)
        if not isinstance(entry.start, datetime):
            return day
        time = format_time(entry.start.time(), "short", locale=self.words.locale)
        city = self.choose(entry.city)
        if not city and "/" in entry.zone:
            zone = zone_named(entry.zone)
            city = get_timezone_location(zone, locale=self.words.locale, return_city=True)
        return f"{day}, {time} {city or 'UTC'}"

    def values(self) -> dict[str, Any]:
        """Return what the template shows."""
        return {"page": self, "entry": self.entry, "links": self.links}

    def _filled(self, text: str, **values: str) -> str:
        said = self.words(text)
        for name, value in values.items():
            said = said.replace("{" + name + "}", value)
        return said


def universal(words: Words, entry: Entry) -> str:
    """Write the time of an entry in UTC, with its day where that is another; empty if it is UTC."""
    start, end = entry.starts_at(), entry.ends_at()
    if not isinstance(entry.start, datetime) or start.replace(tzinfo=None) == entry.start:
        return ""
    if end.date() == start.date() and end > start:
        clock = format_interval(start, end, words.clock_skeleton, tzinfo=UTC, locale=words.locale)
    else:
        clock = format_time(start.timetz(), "short", tzinfo=UTC, locale=words.locale)
    day = "" if start.date() == entry.first_day else f"{words.day(start.date())}, "
    return first_upper(f"{day}{clock} UTC")


def _text(page: _Page) -> str:
    """Write the plain text."""
    words, letter = page.words, page.letter
    writer = plain.Writer(words, page.choose, page.entry.first_day.year, None)
    writer.paragraph(f"{page.sender} · {page.kicker}")
    writer.heading(page.title, 1)
    if page.lead:
        writer.paragraph(page.lead)
    if letter.change and letter.known and letter.change in {Change.MOVED, Change.PLACE}:
        _compared(writer, page, letter.known)
    else:
        _facts(writer, page.facts(page.entry))
    for text in (page.reason, *page.description):
        if text:
            writer.paragraph(text)
    if page.button:
        label, target = page.button
        writer.gap()
        writer.lines += [f"> {label}", f"  {target}"]
    if page.join:
        writer.labelled(*page.join)
    if page.file_url:
        writer.labelled(words("Add to your calendar"), page.file_url)
    writer.paragraph(page.advice)
    if page.answer_url:
        writer.labelled(words("Answer on a web page"), page.answer_url)
    _footer(writer, page)
    return writer.text()


def _compared(writer: plain.Writer, page: _Page, known: Entry) -> None:
    for label, entry in (("Now", page.entry), ("Before", known)):
        writer.paragraph(page.words(label))
        _facts(writer, page.facts(entry))


def _facts(writer: plain.Writer, lines: Iterator[str]) -> None:
    writer.paragraph("\n".join(lines), "  ", "  ")


def _footer(writer: plain.Writer, page: _Page) -> None:
    words = page.words
    writer.gap(2)
    writer.lines.append("-" * WIDTH)
    if page.links.calendar_url:
        writer.labelled(words("All dates"), page.links.calendar_url)
    writer.paragraph(page.why.replace("{address}", slot("address")))
    for label, target in page.stops:
        writer.labelled(label, target.removeprefix("mailto:").partition("?")[0])
    writer.labelled(words("Leave"), slot("leave_url"))
    writer.labelled(words("Change language or topics"), slot("preferences_url"))
    writer.foot(page.brand)


def _shortened(title: str) -> str:
    if len(title) <= MOST_TITLE:
        return title
    return title[: MOST_TITLE - 1].rpartition(" ")[0].rstrip(",;:–- ") + "…"
