"""The pictures of a draft: uploaded with a text for each language, put into texts, taken out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.content.picture_upload import MOST_BYTES
from mailer.errors import InputError, StateError
from mailer.services.editions.drafts import pictures, reading
from mailer.services.editions.drafts.reading import Opened
from mailer.services.editions.drafts.writing import Outcome
from mailer.web.console.editions.frame import HOME, base, closed, draft_page, say_of
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import NOTHING, Wrong, wrong

router = APIRouter(route_class=ConsoleRoute)


@router.get(f"{HOME}/{{number}}/pictures")
def listed(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show the pictures, and the form for another."""
    return _page(request, visit, reading.opened(visit.site.desk, number))


@router.post(f"{HOME}/{{number}}/pictures")
def upload(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Take a picture in."""
    opened = reading.opened(visit.site.desk, number)
    alts = {code: visit.fields.one(f"alt-{code}") for code in opened.draft.languages}
    file = visit.fields.file("picture")
    try:
        if file is None:
            raise InputError.of("picture", "no file was chosen", "choose one", code="missing")
        data = file.content.read(MOST_BYTES + 1)
        made = pictures.upload(visit.site.desk, number, data, name=file.name, alts=alts)
        if visit.fields.one("insert"):
            for code in opened.draft.languages:
                pictures.insert(visit.site.desk, number, made.path, code)
    except InputError as error:
        return _page(request, visit, opened, alts, wrong(say_of(visit), error))
    except StateError as error:
        return closed(request, visit, number, error)
    values = {"path": made.path, "size": visit.shown.octets(made.revision.size)}
    return lead(visit, f"{base(number)}/pictures", Notice("console_editions.picture_in", values))


@router.post(f"{HOME}/{{number}}/pictures/insert")
def insert(visit: Here, _: SignedIn, number: int) -> Response:
    """Put a picture at the end of a text."""
    path, language = visit.fields.one("file"), visit.fields.one("language")
    try:
        saved = pictures.insert(visit.site.desk, number, path, language)
    except StateError:
        return lead(visit, base(number))
    if saved.outcome is Outcome.CONFLICT:  # somebody wrote at the same end at the same instant
        address = f"{base(number)}/clash/{language}?aside={saved.yours}&base={saved.revision}"
        return lead(visit, address)
    to = f"{base(number)}?language={language}"
    return lead(visit, to, Notice("console_editions.picture_put", {"path": path}))


@router.post(f"{HOME}/{{number}}/pictures/remove")
def remove(visit: Here, _: SignedIn, number: int) -> Response:
    """Take a picture out."""
    path = visit.fields.one("file")
    try:
        pictures.remove(visit.site.desk, number, path)
    except StateError:
        return lead(visit, base(number))
    undo = Undo(f"{base(number)}/pictures/back", {"file": path})
    told = Notice("console_editions.picture_out", {"path": path}, undo=undo)
    return lead(visit, f"{base(number)}/pictures", told)


@router.post(f"{HOME}/{{number}}/pictures/back")
def bring_back(visit: Here, _: SignedIn, number: int) -> Response:
    """Bring a picture back that was taken out."""
    path = visit.fields.one("file")
    try:
        pictures.bring_back(visit.site.desk, number, path)
    except StateError:
        return lead(visit, base(number))
    told = Notice("console_editions.picture_back", {"path": path})
    return lead(visit, f"{base(number)}/pictures", told)


@router.get(f"{HOME}/{{number}}/images/{{name}}")
def image(visit: Here, _: SignedIn, number: int, name: str) -> Response:
    """Show a picture."""
    data, kind = pictures.image(visit.site.desk, number, f"images/{name}")
    return Response(data, media_type=kind)


def _page(
    request: Request,
    visit: Visit,
    opened: Opened,
    alts: dict[str, str] | None = None,
    problems: Wrong = NOTHING,
) -> Response:
    return draft_page(
        request,
        visit,
        opened.draft.number,
        "pictures.html.j2",
        opened=opened,
        pictures=pictures.listed(visit.site.desk, opened.draft.number),
        figure=pictures.figure,
        alts=alts or {},
        wrong=problems,
        status=422 if problems else 200,
    )
