"""Templates of transactional mail: imported from one file, looked at, removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from mailer.domain.transactional import variable
from mailer.domain.transactional.variable import Kind, Variable
from mailer.services.access.acting import looking
from mailer.services.transactional import library
from mailer.services.transactional.library import Shown, Summary
from mailer.web.api import bodies, conditions, paging
from mailer.web.api.models import Line, Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.resources.editions import ARCHIVE
from mailer.web.middleware import API
from mailer.web.site import Site, site_of

router = APIRouter(tags=["templates"])
SLUG: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
VERSION: Final = r"^[0-9a-f]{0,64}$"
Slug = Annotated[str, Path(min_length=1, max_length=100)]
_NAME: Final = "archive"


class Listed(Model):
    """A template, as of its last import."""

    template: str = Field(description="Its short name.")
    version: str = Field(description="Changes with its files.")
    topic: str | None = Field(description="Only its subscribers get it; null: any address.")
    languages: tuple[str, ...]
    description: str
    imported_at: datetime


class Imported(Model):
    """A template that was imported."""

    changed: bool = Field(description="Whether it differs from what was known of it.")
    template: Listed


class Declared(Model):
    """Something that a program gives for each mail."""

    type: Kind
    required: bool
    example: Any
    description: str
    of: Kind | dict[str, Kind] | None = Field(
        description="Of a list: the type of its items, or the types of their fields."
    )


class Template(Listed):
    """A template with what it needs."""

    variables: dict[str, Declared]


class Use(Model):
    """What became of a template's mails, and of which versions there can be any."""

    versions: tuple[str, ...] = Field(description="Those that can still be sent.")
    mails: Mapping[str, Mapping[str, int]] = Field(
        description="Language -> state -> how many came to that."
    )


class Wanted(Model):
    """How a mail is to be seen."""

    language: Line = Field(default="", description="Empty: the template's first.")
    data: dict[str, Any] | None = Field(default=None, description="null: the examples.")
    version: str = Field(default="", pattern=VERSION, description="Empty: the newest.")


class Preview(Model):
    """A mail as somebody would get it."""

    language: str
    subject: str
    html: str = Field(description="Of others' making: show it in a sandbox.")
    text: str


@router.get("/templates", **operation("templates.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Listed]:
    """List the templates, by name."""
    after = paging.read(cursor, str)
    found = library.listed(site_of(request).store)
    rest = [one for one in found if after is None or one.slug > after]
    following = paging.written(rest[limit - 1].slug) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=[Listed(**_listed(one)) for one in rest[:limit]], next=following)


@router.post("/templates", status_code=201, **operation("templates.import", upload=ARCHIVE))
def import_(request: Request, response: Response) -> Imported:
    """Import a template, or a new version of one, from a zip or tar archive of its folder.

    Mails that are queued keep their version; one that was replaced can be named for thirty days.
    """
    site = site_of(request)
    file = bodies.uploaded(request)
    summary, changed = library.import_archive(site.store, site.settings, file, site.clock, _NAME)
    response.headers["Location"] = site.path(f"{API}/templates/{summary.slug}")
    return Imported(changed=changed, template=Listed(**_listed(summary)))


@router.get(
    "/templates/{slug}",
    response_model=Template,
    responses=conditions.SHOWN,
    **operation("templates.show"),
)
def get(request: Request, slug: Slug) -> Response:
    """Tell what a template declares."""
    return conditions.shown(request, _template(library.show(site_of(request).store, slug)))


@router.get("/templates/{slug}/use", **operation("templates.show"))
def use(request: Request, slug: Slug) -> Use:
    """Tell what became of a template's mails, and which versions are kept."""
    found = library.show(site_of(request).store, slug)
    return Use(versions=found.versions, mails=found.counts)


@router.post("/templates/{slug}/preview", **operation("templates.preview"))
def preview(request: Request, slug: Slug, wanted: Wanted) -> Preview:
    """Show what a reader would get: with the examples, or with data of yours. Sends nothing."""
    site = site_of(request)
    mail = library.preview(
        site.store,
        site.settings,
        slug,
        language=wanted.language,
        data=wanted.data,
        version=wanted.version,
    )
    return Preview(language=mail.language, subject=mail.subject, html=mail.html, text=mail.text)


@router.delete("/templates/{slug}", status_code=204, **operation("templates.remove"))
def remove(
    request: Request,
    slug: Slug,
    if_match: Annotated[str | None, conditions.OPTIONAL] = None,
) -> Response:
    """Remove a template: nothing more is sent of it, but what is queued leaves."""
    site = site_of(request)
    if if_match is not None:
        conditions.agreed(if_match, _seen(site, slug))
    library.remove(site.store, slug, site.clock)
    return Response(None, 204)


def _seen(site: Site, slug: str) -> Template:
    with looking("templates.remove"):
        return _template(library.show(site.store, slug))


def _listed(one: Summary) -> dict[str, Any]:
    return {
        "template": one.slug,
        "version": one.version,
        "topic": one.topic or None,
        "languages": one.languages,
        "description": one.description,
        "imported_at": datetime.fromisoformat(one.imported_at),
    }


def _template(found: Shown) -> Template:
    declared = {name: _declared(one) for name, one in found.template.variables.items()}
    return Template(**_listed(found.summary), variables=declared)


def _declared(one: Variable) -> Declared:
    of = None
    if one.kind is Kind.LIST:
        of = one.of if isinstance(one.of, Kind) else dict(one.of)
    return Declared(
        type=one.kind,
        required=one.required,
        example=variable.plain(one.example),
        description=one.description,
        of=of,
    )
