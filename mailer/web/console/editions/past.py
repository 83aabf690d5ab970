"""The history of a draft, and its ways out: into the library, and as a file."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.domain.drafts.draft import MANIFEST, language_of, text_of
from mailer.errors import InputError, StateError
from mailer.services.editions.drafts import keeping, publishing, reading, writing
from mailer.web.console.editions.frame import HOME, base, closed, draft_page, say_of
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import wrong

router = APIRouter(route_class=ConsoleRoute)


@router.get(f"{HOME}/{{number}}/history")
def history(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """List the revisions of a file; with two of them, compare these."""
    return _history(request, visit, number)


@router.post(f"{HOME}/{{number}}/restore")
def restore(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Make an earlier revision the present one."""
    path, written = visit.fields.one("file"), visit.fields.one("revision")
    opened = reading.opened(visit.site.desk, number)
    before = opened.texts.get(path)
    try:
        writing.restore(visit.site.desk, number, path, _number(written))
    except StateError as error:
        return closed(request, visit, number, error)
    undo = None
    if before is not None:
        fields = {"file": path, "revision": str(before.revision.number)}
        undo = Undo(f"{base(number)}/restore", fields)
    code = language_of(path)
    at = f"{base(number)}?language={code}" if code else f"{base(number)}/facts"
    return lead(visit, at, Notice("console_editions.restored", undo=undo))


@router.post(f"{HOME}/{{number}}/name")
def name(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Give the present revision a name."""
    path = visit.fields.one("file")
    try:
        keeping.name_revision(visit.site.desk, number, path, visit.fields.one("note"))
    except InputError as error:
        return _history(request, visit, number, path, error)
    except StateError as error:
        return closed(request, visit, number, error)
    return lead(visit, f"{base(number)}/history?file={path}", Notice("console_editions.named"))


@router.post(f"{HOME}/{{number}}/publish")
def publish(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Put a draft into the library."""
    replaces = visit.fields.one("replaces") == "1"
    try:
        summary = publishing.publish(visit.site.desk, number, replaces=replaces)
    except InputError as error:
        first = error.problems[0].code
        if first == "draft.replaces":
            return draft_page(request, visit, number, "replaces.html.j2", status=409)
        if first == "draft.sent":
            found = wrong(say_of(visit), error)
            return draft_page(
                request, visit, number, "replaces.html.j2", status=409, wrong=found, taken=True
            )
        told = Notice("console_editions.unready", kind="alert", number=len(error.problems))
        return lead(visit, f"{base(number)}/check", told)
    except StateError as error:
        return closed(request, visit, number, error)
    told = Notice("console_editions.published", {"slug": summary.slug})
    return lead(visit, base(number), told)


@router.get(f"{HOME}/{{number}}/archive")
def archive(visit: Here, _: SignedIn, number: int) -> Response:
    """Give the draft as its folder in a zip archive."""
    called, packed = publishing.archive(visit.site.desk, number)
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return Response(packed, media_type="application/zip", headers=headers)


def _history(
    request: Request,
    visit: Visit,
    number: int,
    path: str = "",
    error: InputError | None = None,
) -> Response:
    opened = reading.opened(visit.site.desk, number)
    query = request.query_params
    files = [text_of(code) for code in opened.draft.languages] + [MANIFEST]
    wanted = path or query.get("file", "")
    file = wanted if wanted in files else files[0]
    old, new = (_number(query.get(one, "")) for one in ("old", "new"))
    revisions = reading.history(visit.site.desk, number, file) if file in opened.files else []
    rows = reading.compared(visit.site.desk, number, file, old, new) if old and new else None
    values = {"wrong": wrong(say_of(visit), error), "status": 422} if error else {}
    return draft_page(
        request,
        visit,
        number,
        "history.html.j2",
        opened=opened,
        files=files,
        file=file,
        language_of=language_of,
        revisions=revisions,
        old=old,
        new=new,
        rows=rows,
        **values,
    )


def _number(written: str) -> int:
    known = written.isascii() and written.isdecimal() and len(written) < 10
    return int(written) if known else 0
