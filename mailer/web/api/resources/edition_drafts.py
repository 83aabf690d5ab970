"""Editions that are being written: listed, begun from an archive, and taken out as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field

from mailer.domain.drafts.draft import Draft as Known
from mailer.services.access.acting import looking
from mailer.services.editions.drafts import beginning, publishing, reading
from mailer.services.editions.drafts import looking as looks
from mailer.services.editions.drafts.reading import Listed, Stage
from mailer.web.api import bodies, conditions, paging
from mailer.web.api.models import Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.resources.editions import ARCHIVE, Check, findings_of
from mailer.web.middleware import API
from mailer.web.site import Site, site_of

router = APIRouter(tags=["drafts"])
_NAME: Final = "archive"
_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The draft as a folder in a zip archive",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Progress(Model):
    """How far a language is."""

    percent: int = Field(description="Parts of the source that it has.")
    missing: int
    stale: int = Field(description="Parts whose source was changed since.")


class Draft(Model):
    """An edition that is being written."""

    draft: int = Field(description="Its number.")
    edition: str = Field(description="The short name that it gives itself.")
    date: str
    season: Mapping[str, str]
    state: Stage
    source: str = Field(description="The language that the others are translated from.")
    languages: Mapping[str, Progress]
    changed_at: datetime
    changed_by: str


@router.get("/drafts", **operation("drafts.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Draft]:
    """List the drafts, the newest first."""
    before = paging.number(cursor)
    found = [_listed(one) for one in reading.listed(site_of(request).desk) if one.draft]
    found.sort(key=lambda one: one.draft, reverse=True)
    rest = [one for one in found if not before or one.draft < before]
    following = paging.written(rest[limit - 1].draft) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=rest[:limit], next=following)


@router.post("/drafts", status_code=201, **operation("drafts.create", upload=ARCHIVE))
def create(request: Request, response: Response) -> Draft:
    """Begin a draft from a zip or tar archive of an edition's folder, its files as they are."""
    site = site_of(request)
    made = beginning.from_archive(site.desk, bodies.uploaded(request), _NAME)
    response.headers["Location"] = site.path(f"{API}/drafts/{made.number}")
    with looking("drafts.create"):
        return _draft(site, made)


@router.get(
    "/drafts/{number}",
    response_model=Draft,
    responses=conditions.SHOWN,
    **operation("drafts.show"),
)
def get(request: Request, number: Number) -> Response:
    """Tell how far a draft is."""
    site = site_of(request)
    return conditions.shown(request, _draft(site, reading.shown(site.desk, number)))


@router.get("/drafts/{number}/findings", **operation("drafts.show"))
def findings(request: Request, number: Number) -> Check:
    """List what is to be mended in a draft; also if it cannot be read as an edition yet."""
    checked = looks.check(site_of(request).desk, number).checked
    return Check(
        edition=checked.edition,
        errors=checked.errors,
        warnings=len(checked.findings) - checked.errors,
        readers_get=dict(checked.readers_get),
        findings=findings_of(checked.findings),
    )


@router.get(
    "/drafts/{number}/archive",
    response_class=Response,
    responses=_ZIP,
    **operation("drafts.export"),
)
def export(request: Request, number: Number) -> Response:
    """Give a draft as a zip archive, which the route that begins drafts reads again."""
    name, packed = publishing.archive(site_of(request).desk, number)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(packed, media_type="application/zip", headers=headers)


def _draft(site: Site, known: Known) -> Draft:
    return _listed(reading.as_listed(site.desk, known))


def _listed(one: Listed) -> Draft:
    assert one.draft  # noqa: S101 (asked for drafts)
    return Draft(
        draft=one.draft.number,
        edition=one.slug,
        date=one.date,
        season=dict(one.title),
        state=one.stage,
        source=one.draft.source,
        languages={
            code: Progress(percent=far.percent, missing=far.missing, stale=far.stale)
            for code, far in one.progress.items()
        },
        changed_at=one.at,
        changed_by=one.by,
    )
