"""The list of editions, how they begin, and the bin."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError, StateError
from mailer.services.editions.drafts import beginning, keeping, reading
from mailer.services.editions.drafts.reading import Listed, Stage
from mailer.web.console.editions.frame import HOME, base, say_of
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, paths_of, show
from mailer.web.console.wrong import NOTHING, Wrong, wrong

EMPTY: Final = "-"
"""Stands for no edition in the choice of what to begin after."""
SHOWN: Final = 50
"""Editions of a page."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(HOME)
def editions(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the editions, the newest first."""
    query = " ".join(request.query_params.get("q", "")[:100].split())
    stage = request.query_params.get("stage", "")
    start = request.query_params.get("from", "")
    found = reading.listed(visit.site.desk)
    fit = [one for one in found if _fits(one, query, stage)]
    first = int(start) if start.isascii() and start.isdecimal() and len(start) < 6 else 0
    return show(
        request,
        visit,
        "editions/list.html.j2",
        editions=fit[first : first + SHOWN],
        total=len(fit),
        any=bool(found),
        q=query,
        stage=stage,
        stages=list(Stage),
        following=first + SHOWN if first + SHOWN < len(fit) else 0,
        first=first,
        binned=len(reading.binned(visit.site.desk)),
        sends="/console/campaigns/new" in paths_of(request),
    )


@router.get(f"{HOME}/new")
def new(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask how the next edition begins."""
    slug, day = beginning.suggested(visit.site.desk)
    return _new(request, visit, {"slug": slug, "date": day.isoformat()})


@router.post(f"{HOME}/new")
def begin(request: Request, visit: Here, _: SignedIn) -> Response:
    """Begin an edition: empty, or after an earlier one."""
    fields = visit.fields
    slug, origin, written = fields.one("slug"), fields.one("origin"), fields.one("date")
    try:
        day = _day(written)
        if origin in {"", EMPTY}:
            draft = beginning.empty(visit.site.desk, slug, day)
        else:
            draft = beginning.duplicate(visit.site.desk, origin, slug, day)
    except InputError as error:
        typed = {"slug": slug, "date": written, "origin": origin}
        return _new(request, visit, typed, wrong(say_of(visit), error), 422)
    return lead(visit, f"{base(draft.number)}/facts", Notice("console_editions.begun"))


@router.post(f"{HOME}/import")
def import_(request: Request, visit: Here, _: SignedIn) -> Response:
    """Begin an edition from an archive of its folder."""
    file = visit.fields.file("archive")
    try:
        if file is None:
            raise InputError.of("archive", "no file was chosen", "choose one", code="missing")
        with NamedTemporaryFile(suffix=".upload") as kept:
            shutil.copyfileobj(file.content, kept)
            kept.flush()
            draft = beginning.from_archive(visit.site.desk, Path(kept.name), file.name[:100])
    except InputError as error:
        slug, day = beginning.suggested(visit.site.desk)
        typed = {"slug": slug, "date": day.isoformat()}
        places = {one.place: "archive" for one in error.problems}
        return _new(request, visit, typed, wrong(say_of(visit), error, places), 422)
    return lead(visit, base(draft.number), Notice("console_editions.imported"))


@router.post(f"{HOME}/reopen")
def reopen(request: Request, visit: Here, _: SignedIn) -> Response:
    """Begin a draft of an edition of the library, to change it before it is sent."""
    try:
        draft = beginning.reopen(visit.site.desk, visit.fields.one("slug"))
    except InputError as error:
        slug, day = beginning.suggested(visit.site.desk)
        typed = {"slug": slug, "date": day.isoformat()}
        return _new(request, visit, typed, wrong(say_of(visit), error), 422)
    return lead(visit, base(draft.number))


@router.get(f"{HOME}/bin")
def bin_(request: Request, visit: Here, _: SignedIn) -> Response:
    """List what was removed and can be taken back."""
    return show(request, visit, "editions/bin.html.j2", drafts=reading.binned(visit.site.desk))


@router.post(f"{HOME}/{{number}}/remove")
def remove(visit: Here, _: SignedIn, number: int) -> Response:
    """Put a draft into the bin."""
    title = reading.shown(visit.site.desk, number).title(visit.language)
    keeping.remove(visit.site.desk, number)
    undo = Undo(f"{base(number)}/recover")
    return lead(visit, HOME, Notice("console_editions.removed", {"title": title}, undo=undo))


@router.post(f"{HOME}/{{number}}/recover")
def recover(visit: Here, _: SignedIn, number: int) -> Response:
    """Take a draft out of the bin."""
    try:
        keeping.recover(visit.site.desk, number)
    except StateError:
        return lead(visit, f"{HOME}/bin", Notice("console_editions.replaced", kind="warn"))
    return lead(visit, base(number), Notice("console_editions.recovered"))


def _new(
    request: Request,
    visit: Visit,
    typed: dict[str, str],
    problems: Wrong = NOTHING,
    status: int = 200,
) -> Response:
    found = reading.listed(visit.site.desk)
    origins = [(_origin(one), _title(visit, one)) for one in found]
    chosen = request.query_params.get("from", "") or next((one[0] for one in origins), EMPTY)
    return show(
        request,
        visit,
        "editions/new.html.j2",
        wrong=problems,
        status=status,
        typed={"origin": chosen} | typed,
        origins=origins,
        nothing=EMPTY,
    )


def _origin(one: Listed) -> str:
    return f"#{one.draft.number}" if one.draft else one.slug


def _title(visit: Visit, one: Listed) -> str:
    name = one.title.get(visit.language) or next(iter(one.title.values()), "")
    return f"{name} ({one.slug})" if name else one.slug or _origin(one)


def _fits(one: Listed, query: str, stage: str) -> bool:
    words = " ".join([one.slug, one.date, *one.title.values()]).casefold()
    return query.casefold() in words and (not stage or one.stage == stage)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        said, remedy = "it is no date", "write it as 2026-12-01"
        raise InputError.of("date", said, remedy, code="bad_time") from None
