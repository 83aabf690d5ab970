"""Titles and date of a draft: a form in place of `edition.toml`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request, Response

from mailer.content.parsing.manifest import SLUG
from mailer.content.parsing.manifest_writing import Facts, read_facts
from mailer.domain.drafts.draft import MANIFEST
from mailer.errors import InputError, Problem, StateError
from mailer.services.editions.drafts import reading, writing
from mailer.services.editions.drafts.reading import Opened
from mailer.services.editions.drafts.writing import Outcome
from mailer.web.console.editions.frame import HOME, base, closed, draft_page, say_of
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import NOTHING, Wrong, wrong
from mailer.web.forms.fields import Fields

LONGEST = 300

router = APIRouter(route_class=ConsoleRoute)


@router.get(f"{HOME}/{{number}}/facts")
def facts(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show short name, date, seasons and subjects."""
    opened = reading.opened(visit.site.desk, number)
    return _form(request, visit, opened, _known(opened))


@router.post(f"{HOME}/{{number}}/facts")
def save(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Save them."""
    opened = reading.opened(visit.site.desk, number)
    typed, written = visit.fields, visit.fields.one("date")
    known = _typed(_known(opened), opened, typed)
    try:
        _refuse(known, written)
        before = typed.one("base")
        at = int(before) if before.isdecimal() and len(before) < 10 else 0
        saved = writing.save_facts(visit.site.desk, number, at, known)
    except InputError as error:
        found = wrong(say_of(visit), error)
        before = typed.one("base")
        return _form(request, visit, opened, known, problems=found, written=written, before=before)
    except StateError as error:
        return closed(request, visit, number, error)
    if saved.outcome is Outcome.CONFLICT:
        return lead(visit, f"{base(number)}/clash/facts?aside={saved.yours}&base={at}")
    return lead(visit, base(number), Notice("console_editions.facts_saved"))


@router.post(f"{HOME}/{{number}}/text/facts")
def settle(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Save the text that a person made of two."""
    before = visit.fields.one("base")
    at = int(before) if before.isdecimal() and len(before) < 10 else 0
    try:
        saved = writing.save(visit.site.desk, number, MANIFEST, at, visit.fields.raw("text"))
    except StateError as error:
        return closed(request, visit, number, error, visit.fields.raw("text"))
    if saved.outcome is Outcome.CONFLICT:
        return lead(visit, f"{base(number)}/clash/facts?aside={saved.yours}&base={at}")
    return lead(visit, f"{base(number)}/facts", Notice("console_editions.facts_saved"))


def _form(
    request: Request,
    visit: Visit,
    opened: Opened,
    known: Facts,
    *,
    problems: Wrong = NOTHING,
    written: str = "",
    before: str = "",
) -> Response:
    manifest = opened.texts.get(MANIFEST)
    revision = manifest.revision.number if manifest else 0
    return draft_page(
        request,
        visit,
        opened.draft.number,
        "facts.html.j2",
        opened=opened,
        facts=known,
        day=written or (known.day.isoformat() if known.day else ""),
        base=before or revision,
        codes=_codes(opened),
        wrong=problems,
        status=422 if problems else 200,
    )


def _known(opened: Opened) -> Facts:
    manifest = opened.texts.get(MANIFEST)
    return read_facts(manifest.text if manifest else "")


def _codes(opened: Opened) -> list[str]:
    return list(dict.fromkeys((*opened.draft.languages, *opened.missing)))


def _typed(known: Facts, opened: Opened, fields: Fields) -> Facts:
    """Put what was typed in place of what is known; what the form does not show stays."""
    codes = _codes(opened)
    season, subject = dict(known.season), dict(known.subject)
    for code in codes:
        for texts, name in ((season, f"season-{code}"), (subject, f"subject-{code}")):
            text = " ".join(fields.one(name).split())
            if text or code in texts or code in opened.draft.languages:
                texts[code] = text
    try:
        day: date | None = date.fromisoformat(fields.one("date"))
    except ValueError:
        day = None
    fallback = (*known.fallback, *(code for code in codes if code not in known.fallback))
    return replace(
        known,
        slug=fields.one("slug"),
        day=day,
        season={code: text for code, text in season.items() if text},
        subject=subject,
        fallback=fallback,
    )


def _refuse(known: Facts, written: str) -> None:
    """Refuse what cannot be a manifest.

    Raises:
        InputError: each thing that is wrong, by its field.
    """
    found = []
    if not SLUG.fullmatch(known.slug):
        remedy = "use small letters, digits and hyphens, at most 64, such as spring-2023"
        found.append(Problem("slug", "it cannot stand in a web address", remedy, code="bad_id"))
    if known.day is None:
        said = "it is no date" if written else "it is missing"
        found.append(Problem("date", said, "write it as 2026-12-01", code="bad_time"))
    for name, texts in (("season", known.season), ("subject", known.subject)):
        for code, text in texts.items():
            if len(text) > LONGEST:
                remedy = f"keep it under {LONGEST} characters"
                found.append(Problem(f"{name}-{code}", "it is too long", remedy, code="too_long"))
    if found:
        raise InputError(found)
