"""The content of a reminder or a notice: a calendar entry, in the version that was frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mailer.config import Settings
from mailer.content.rendering import reminder
from mailer.content.rendering.reminder import Letter, Stop
from mailer.content.rendering.rendered import CalendarFile, Rendered, slot
from mailer.domain.calendar.entry import Entry, Status
from mailer.domain.calendar.notice import Change, change_between, counterpart
from mailer.domain.calendar.recurrence import occurrence_of
from mailer.domain.campaigns.campaign import About, Campaign, Content
from mailer.domain.campaigns.edition import chosen
from mailer.errors import NotFoundError
from mailer.message.icalendar.ics import Frame, Method, for_mail
from mailer.message.outgoing import headers
from mailer.message.outgoing.headers import Mailing
from mailer.services.calendar.feed import page_of
from mailer.services.calendar.public import is_public
from mailer.services.editions import library as editions
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store

PUNCTUAL: Final = timedelta(minutes=5)
"""A mailing that begins so soon after it was due says what it would have said then."""


@dataclass(frozen=True, slots=True)
class EntryContent:
    """A calendar entry, in all languages that there are words in."""

    letter: Letter
    version: str
    mailing: Mailing
    languages: tuple[str, ...]
    is_news: bool
    """False: a reminder of what does not take place, or notice of what did not change."""

    def language_for(self, reader_language: str, /) -> str | None:
        """Choose the reader's language, its main language, else the first of those configured."""
        known = dict.fromkeys(self.languages, "")
        return chosen(known, reader_language, self.languages)

    def rendered(self, language: str, /) -> Rendered:
        """Render it in one of its languages.

        Raises:
            NotFoundError: there are no words in that language.
        """
        if language not in self.languages:
            written = ", ".join(self.languages)
            raise NotFoundError("language of reminders", language, f"There are: {written}.")
        return reminder.render(self.letter, language)


def load(
    store: Store,
    settings: Settings,
    campaign: Campaign,
    about: About,
    proposed: Entry | None = None,
) -> EntryContent:
    """Load what a campaign about an entry sends.

    Args:
        store: the open store.
        settings: the settings.
        campaign: which one.
        about: its entry.
        proposed: a version of the entry that is not kept yet, to see what would be sent of it.

    Raises:
        NotFoundError: the entry, its version or the occurrence is not there.
    """
    if proposed is None:
        version = campaign.digest or str(calendar.get(store, about.entry).sequence)
        series = _version(store, about.entry, version)
    else:
        version, series = str(proposed.sequence), proposed
    shown, known, change = occurrence_of(series, about.occurrence), None, None
    if campaign.content is Content.NOTICE:
        told = _version(store, about.entry, about.known)
        shown, known, change = _news(told, series, about)
    if shown is None:
        raise NotFoundError("occurrence", about.occurrence, within=about.entry)
    mailing = Mailing(
        campaign=campaign.number,
        mailing=campaign.identity,
        topic=campaign.topic,
        automatic=True,
        topics=campaign.topics,
        invitation=series.number if series.invite else 0,
    )
    languages = reminder.languages(settings.languages)
    stamp = campaign.started_at or about.due
    part = series if change is not Change.CANCELLED or not series.repeats else shown
    letter = Letter(
        entry=shown,
        at=_seen_from(about.due, campaign.started_at),
        sender={code: settings.sender_name_in(code) for code in languages},
        links={code: editions.common_links(settings, code) for code in languages},
        stops=list(_stops(settings, campaign)),
        topics=settings.topics,
        fallback=settings.languages,
        change=change,
        known=known,
        file_url=_file_urls(settings, shown, languages),
        answer_url=f"{settings.public_url}/rsvp/{slot('rsvp')}" if settings.public_url else "",
        look=settings.look,
        calendar=lambda code: _file(settings, part, code, change, stamp.astimezone(UTC)),
    )
    is_news = shown.status is not Status.CANCELLED
    if campaign.content is Content.NOTICE:
        is_news = change is not None
    return EntryContent(letter, version, mailing, languages, is_news)


def _news(
    told: Entry, series: Entry, about: About
) -> tuple[Entry | None, Entry | None, Change | None]:
    """Tell what a notice shows, what readers know instead, and what has changed between the two."""
    known = occurrence_of(told, about.occurrence)
    shown = counterpart(told, series, about.occurrence)
    if known is None:
        return shown, None, None
    change = change_between(known, shown, min(about.due, known.starts_at()))
    if shown is None:
        shown = replace(known, status=Status.CANCELLED, sequence=series.sequence)
    return shown, known, change


def _version(store: Store, entry: str, sequence: str) -> Entry:
    found = calendar.version(store, entry, int(sequence))
    if found is None:
        raise NotFoundError("version", sequence, within=entry)
    return found


def _seen_from(due: datetime, started: datetime | None) -> datetime:
    """Tell what “tomorrow” counts from: when it was due, unless it began much later than that."""
    return due if started is None or started - due < PUNCTUAL else started


def _stops(settings: Settings, campaign: Campaign) -> list[Stop]:
    """Return how a reader stops each topic of a campaign, and it alone."""
    if settings.public_url:
        return [Stop(topic, slot("preferences_url")) for topic in campaign.topics]
    return [
        Stop(topic, f"{settings.list_name}-confirm+{slot(name)}@{settings.list_domain}")
        for topic, name in headers.stop_slots(campaign.topics).items()
    ]


def _file_urls(settings: Settings, entry: Entry, languages: tuple[str, ...]) -> dict[str, str]:
    """Tell where the calendar's pages have the file; they show nothing that is for some only."""
    if not settings.public_url or not is_public(entry, settings.topics):
        return {}
    which = f"?on={entry.occurrence_key}" if entry.occurrence_key else ""
    base = settings.public_url
    return {code: f"{base}/{code}/calendar/{entry.id}.ics{which}" for code in languages}


def _file(
    settings: Settings, entry: Entry, language: str, change: Change | None, stamp: datetime
) -> CalendarFile:
    """Write the calendar file that goes along."""
    method = Method.REQUEST if entry.invite else Method.PUBLISH
    if change is Change.CANCELLED:
        method = Method.CANCEL
    organizer = settings.reply_to or settings.sender_address
    if entry.invite:
        organizer = f"{settings.list_name}-rsvp+{slot('rsvp')}@{settings.list_domain}"
    text = for_mail(
        entry,
        Frame(
            language,
            settings.languages,
            page=page_of(settings, language) if is_public(entry, settings.topics) else None,
            stamp=stamp.replace(microsecond=0),
        ),
        method,
        organizer=organizer,
        organizer_name=settings.sender_name_in(language),
        attendee=slot("attendee") if entry.invite else "",
    )
    return CalendarFile(method.value, text, f"{entry.id[:56]}.ics")
