"""Editions: listed, uploaded as one file, looked over, and seen as readers would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from mailer.content import preflight
from mailer.content.parsing.personal import Reader
from mailer.content.preflight import Level
from mailer.services.editions import checking, library, packed, preview
from mailer.services.editions.checking import Checked, Summary
from mailer.web.api import bodies, conditions, paging
from mailer.web.api.models import Line, Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.refusals import RefusedError
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["editions"])
ARCHIVE: Final = "application/octet-stream"
_NAME: Final = "archive"
_HTML: Final = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )
}
"""Header fields of previews: nothing in an edition may act on our origin."""

Slug = Annotated[str, Path(min_length=1, max_length=100)]
Words = Annotated[list[Line] | None, Query(max_length=50)]


class Edition(Model):
    """An edition, as of its last import."""

    edition: str = Field(description="Its short name.")
    version: str = Field(description="Changes with its files.")
    date: str
    season: Mapping[str, str]
    languages: tuple[str, ...]
    imported_at: datetime


class Imported(Model):
    """An edition that was imported."""

    changed: bool = Field(description="Whether it differs from what was known of it.")
    edition: Edition


class Finding(Model):
    """Something to be mended."""

    level: Level
    language: str = Field(description="Empty: the edition as a whole.")
    place: str = Field(description="File and line.")
    text: str
    remedy: str
    code: str


class Check(Model):
    """An edition that was looked over."""

    edition: str
    errors: int = Field(description="They keep it from being sent.")
    warnings: int
    readers_get: Mapping[str, str | None] = Field(
        description="Language of readers -> the one that they get it in."
    )
    findings: tuple[Finding, ...]


class Format(StrEnum):
    """The form in which an edition is seen."""

    HTML = "html"
    TEXT = "text"
    EML = "eml"


MEDIA: Final[Mapping[Format, str]] = {
    Format.HTML: "text/html; charset=utf-8",
    Format.TEXT: "text/plain; charset=utf-8",
    Format.EML: "message/rfc822",
}
_PREVIEW: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "As readers see it, or as it would be sent",
        "content": {
            one.partition(";")[0]: {"schema": {"type": "string"}} for one in MEDIA.values()
        },
    }
}


@router.get("/editions", **operation("editions.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Edition]:
    """List the editions, the newest first."""
    after = paging.read(cursor, str)
    found = library.listed(site_of(request).store)
    rest = [one for one in found if after is None or _place(one) < after]
    following = paging.written(_place(rest[limit - 1])) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_edition, rest[:limit])], next=following)


@router.post("/editions", status_code=201, **operation("editions.import", upload=ARCHIVE))
def import_(
    request: Request, response: Response, *, if_match: conditions.IfMatch = None
) -> Imported:
    """Import an edition, or a new version of one, from a zip or tar archive of its folder.

    Drafts and scheduled campaigns send the version imported last; campaigns that have started keep
    their own. With `If-Match`, it is imported only if the edition is as it was seen.
    """
    site = site_of(request)

    def agree(known: Summary | None) -> None:
        if known is not None:
            conditions.agreed(if_match, _edition(known))
        elif if_match is not None:
            raise RefusedError("changed")

    file = bodies.uploaded(request)
    summary, changed = packed.import_archive(
        site.store, site.settings.topics, file, site.clock, _NAME, agree=agree
    )
    response.headers["Location"] = site.path(f"{API}/editions/{summary.slug}")
    return Imported(changed=changed, edition=_edition(summary))


@router.post("/editions/check", **operation("editions.show", upload=ARCHIVE))
def try_(request: Request) -> Check:
    """Look over an edition in an archive; nothing is kept."""
    site = site_of(request)
    with packed.unpacked(bodies.uploaded(request), _NAME) as folder:
        return _check(checking.check_folder(site.store, site.settings, folder, _NAME))


@router.get(
    "/editions/{slug}",
    response_model=Edition,
    responses=conditions.SHOWN,
    **operation("editions.show"),
)
def get(request: Request, slug: Slug) -> Response:
    """Tell what is known of an edition."""
    return conditions.shown(request, _edition(checking.summary(site_of(request).store, slug)))


@router.get("/editions/{slug}/findings", **operation("editions.show"))
def findings(request: Request, slug: Slug) -> Check:
    """List what is to be mended in an edition before it is sent, and who would get what."""
    site = site_of(request)
    return _check(checking.check(site.store, site.settings, slug))


@router.get(
    "/editions/{slug}/preview",
    response_class=Response,
    responses=_PREVIEW,
    **operation("editions.preview"),
)
def seen(
    request: Request,
    slug: Slug,
    *,
    form: Annotated[Format, Query(alias="format")] = Format.HTML,
    language: Annotated[str, Query(max_length=35, description="Default: its first.")] = "",
    name: Annotated[Line, Query(description="As a reader with that name sees it.")] = "",
    topic: Words = None,
    tag: Words = None,
) -> Response:
    """Show what a reader would get. Links to leave and to change preferences do nothing.

    HTML is whole in itself. `topic` and `tag`, which may be repeated, are the reader's.
    """
    site = site_of(request)
    edition = preview.edition(site.store, site.settings, slug)
    code = language or edition.languages[0]
    reader = Reader(name, tuple(topic or ()), tuple(tag or ()))
    if form is Format.HTML:
        content = preview.page(site.settings, edition, code, reader).encode()
    elif form is Format.TEXT:
        content = preview.text(site.settings, edition, code, reader).encode()
    else:
        usual, now = site.settings.topics.default, site.clock.now()
        content = preview.message(site.settings, edition, code, usual, now, reader=reader)
    return Response(content, headers=_HTML, media_type=MEDIA[form])


def findings_of(found: Sequence[preflight.Finding]) -> tuple[Finding, ...]:
    """Return the models of findings."""
    return tuple(Finding.model_validate(one, from_attributes=True) for one in found)


def _place(summary: Summary) -> str:
    return f"{summary.date} {summary.slug}"


def _edition(summary: Summary) -> Edition:
    return Edition(
        edition=summary.slug,
        version=summary.digest,
        date=summary.date,
        season=dict(summary.season),
        languages=summary.languages,
        imported_at=datetime.fromisoformat(summary.imported_at),
    )


def _check(checked: Checked) -> Check:
    return Check(
        edition=checked.edition,
        errors=checked.errors,
        warnings=len(checked.findings) - checked.errors,
        readers_get=dict(checked.readers_get),
        findings=findings_of(checked.findings),
    )
