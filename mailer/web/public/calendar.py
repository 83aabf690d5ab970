"""The calendar's pages: what comes and what was, each entry, and the files for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from babel.dates import format_skeleton
from fastapi import APIRouter, Request, Response

from mailer.content.language.calendar_words import calendar_words
from mailer.domain.calendar.entry import Entry, in_language, language_for
from mailer.message.icalendar import ics
from mailer.services.calendar.public import is_over
from mailer.web.conditional import FEED_CACHING, answered
from mailer.web.language import Language
from mailer.web.problems import PageError
from mailer.web.site import Site, site_of

PAST: Final = "past"
DATES: Final = 12
"""Further dates of an entry that repeats, on its page."""

router = APIRouter()


@router.get("/{language}/calendar")
def calendar(request: Request, language: Language, when: str = "") -> Response:
    """List what comes, or with `?when=past` what was."""
    site = site_of(request)
    past = when == PAST
    found = site.calendar.past() if past else site.calendar.coming()
    query = f"?when={PAST}" if past else ""
    page = site.page(
        request,
        "calendar.html.j2",
        language,
        alternates={code: f"/{code}/calendar{query}" for code in site.settings.languages},
        canonical=f"/{language}/calendar{query}",
        past=past,
        months=_by_month(site, language, found),
        webcal=_webcal(site, request, language),
        text_of=texts_for(site, language),
    )
    return answered(request, page)


@router.get("/{language}/calendar.ics")
def feed(request: Request, language: Language) -> Response:
    """Give all entries to programs that subscribe (RFC 5545)."""
    site = site_of(request)
    entries, revision = site.calendar.for_feed()
    name = calendar_words(language)["name"].replace("{list}", site.list_name(language))
    content = ics.feed(
        entries,
        replace(_frame(site, request, language), alarms=True),
        name=name,
        source=site.absolute(request, f"/{language}/calendar.ics"),
        changed_at=revision.at,
    )
    return answered(request, _file(content, "calendar", language), revision.at)


@router.get("/{language}/calendar/{identity}.ics")
def entry_file(request: Request, language: Language, identity: str, on: str = "") -> Response:
    """Give one entry, or one of its occurrences, to a calendar program.

    As what is published, not as a calendar with a name: programs put it among the reader's own
    entries then, rather than open a calendar of one.
    """
    site = site_of(request)
    entry = site.calendar.get(identity)
    one = site.calendar.next_of(entry, on) if on else entry
    if one is None:
        raise PageError(404)
    content = ics.for_mail(
        one,
        replace(_frame(site, request, language), stamp=entry.changed_at),
        ics.Method.PUBLISH,
        organizer=site.list_address("owner", request.url.hostname or ""),
        organizer_name=site.list_name(language),
    )
    whole = content.replace("\n", "\r\n").encode()
    return answered(request, _file(whole, identity, language), entry.changed_at)


@router.get("/{language}/calendar/{identity}")
def entry(request: Request, language: Language, identity: str, on: str = "") -> Response:
    """Show one entry; of one that repeats, the occurrence that is named, or the next."""
    site = site_of(request)
    found = site.calendar.get(identity)
    shown = site.calendar.next_of(found, on)
    if shown is None:
        raise PageError(404)
    query = f"?on={shown.occurrence_key}" if on else ""
    page = site.page(
        request,
        "calendar_entry.html.j2",
        language,
        alternates={
            code: f"/{code}/calendar/{identity}{query}" for code in site.settings.languages
        },
        canonical=f"/{language}/calendar/{identity}",
        entry=shown,
        file=f"/{language}/calendar/{identity}.ics{query}",
        dates=site.calendar.dates_of(found)[:DATES] if found.repeats else [],
        over=is_over(shown, site.clock.now()),
        text_of=texts_for(site, language),
    )
    return answered(request, page)


def _by_month(site: Site, language: str, found: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Gather entries by the month that they begin in, named in the reader's language."""
    locale = site.say(language).words.locale
    months = groupby(found, lambda entry: entry.first_day.replace(day=1))
    return [
        (format_skeleton("yMMMM", month, locale=locale), list(entries)) for month, entries in months
    ]


class Chooser:
    """Chooses a text of an entry, and tells which language it is in if that is another."""

    def __init__(self, language: str, order: Sequence[str]) -> None:
        self._language, self._order = language, order

    def __call__(self, texts: Mapping[str, str]) -> str:
        """Return the text that the reader gets."""
        return in_language(texts, self._language, self._order)

    def language(self, texts: Mapping[str, str]) -> str:
        """Return the text's language, or nothing if it is the page's."""
        code = language_for(texts, self._language, self._order)
        return "" if code in {"*", "", self._language} else code


def texts_for(site: Site, language: str) -> Chooser:
    """Return what chooses the texts of entries for readers of a language."""
    return Chooser(language, site.settings.languages)


def _frame(site: Site, request: Request, language: str) -> ics.Frame:
    return ics.Frame(
        language,
        site.settings.languages,
        page=lambda entry: site.absolute(request, f"/{language}/calendar/{entry.id}"),
    )


def _file(content: bytes, name: str, language: str) -> Response:
    return Response(
        content,
        media_type="text/calendar; charset=utf-8",
        headers={
            "Cache-Control": FEED_CACHING,
            "Content-Disposition": f'inline; filename="{name}.ics"',
            "Content-Language": language,
        },
    )


def _webcal(site: Site, request: Request, language: str) -> str:
    """Return the address by which programs offer to subscribe, rather than to import once."""
    address = site.absolute(request, f"/{language}/calendar.ics")
    return f"webcal:{address.partition(':')[2]}"
