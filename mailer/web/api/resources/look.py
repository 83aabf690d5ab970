"""The look: what users say over the settings, with its history, and previews of service mails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field, JsonValue

from mailer.domain.look.reading import PARTS
from mailer.errors import InputError
from mailer.services.look import pictures, preview
from mailer.services.look.looks import Change, Shown
from mailer.web.api import bodies, paging
from mailer.web.api.models import LARGEST, NO_SUCH, Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.site import Site, site_of

router = APIRouter(tags=["look"])
PICTURE = "application/octet-stream"


class Look(Model):
    """The look in force."""

    revision: int = Field(description="How often it was changed.")
    changed_at: datetime | None
    parts: Mapping[str, JsonValue] = Field(description="What is said over the settings.")
    origins: Mapping[str, str] = Field(description="Where each part comes from.")


class Wanted(Model):
    """Parts to be changed."""

    parts: Mapping[str, JsonValue] = Field(
        description="Parts, or entries of tables in them; null takes one back to the settings."
    )
    seen: int | None = Field(
        default=None, ge=0, le=LARGEST, description="The revision that the change is made for."
    )


class Revision(Model):
    """A former version."""

    revision: int = Field(ge=0, le=LARGEST, description="0: everything as the settings say.")


class Difference(Model):
    """One place that changed; null: as the settings say."""

    place: str
    before: JsonValue
    after: JsonValue


class LookChange(Model):
    """One change of the look."""

    revision: int
    at: datetime | None
    by: str
    restored: int = Field(description="The revision that it repeats, or 0.")
    differences: list[Difference]


class Draft(Model):
    """A service mail with texts that nobody has saved."""

    mail: str = Field(min_length=1, max_length=100)
    language: str = Field(min_length=1, max_length=40)
    texts: Mapping[str, str] = Field(default={}, description="Part -> text, such as `subject`.")


class ServiceMailPreview(Model):
    """A service mail with made-up facts."""

    language: str
    subject: str
    html: str = Field(description="Show it in a sandbox.")
    text: str


@router.get("/look", **operation("look.show"))
def show(request: Request) -> Look:
    """Tell what is said over the settings, and where each part comes from."""
    return _look(site_of(request).looks.show())


@router.patch("/look", **operation("look.change"))
def change(request: Request, wanted: Wanted) -> Look:
    """Change parts of the look; it is in force everywhere within seconds."""
    site = site_of(request)
    return _fresh(site, site.looks.change(wanted.parts, wanted.seen))


@router.patch("/look/words", **operation("look.words"))
def change_words(request: Request, wanted: Wanted) -> Look:
    """Change texts of service mails, and names of members, alone."""
    site = site_of(request)
    return _fresh(site, site.looks.change_words(wanted.parts, wanted.seen))


@router.put("/look/logo", **operation("look.change", upload=PICTURE))
def logo(request: Request) -> Look:
    """Use a picture, PNG or JPEG, as the logo; it is made smaller and written anew."""
    site, file = site_of(request), bodies.uploaded(request)
    if file.stat().st_size > pictures.MOST_BYTES:
        said = f"it has more than {pictures.MOST_BYTES // 1_000_000} MB"
        raise InputError.of("logo", said, "give a smaller picture", code="look.picture")
    return _fresh(site, site.looks.set_logo(file.read_bytes()))


@router.get("/look/history", **operation("look.show"))
def history(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[LookChange]:
    """List the changes, the newest first."""
    found = site_of(request).looks.history(paging.number(cursor), limit + 1)
    more = len(found) > limit
    following = paging.written(found[limit - 1].revision) if more else None
    paging.link(request, response, following)
    return Page(items=[_change(one) for one in found[:limit]], next=following)


@router.post("/look/restore", responses=NO_SUCH, **operation("look.change"))
def restore(request: Request, wanted: Revision) -> Look:
    """Make a former version the present one."""
    site = site_of(request)
    return _fresh(site, site.looks.restore(wanted.revision))


@router.post("/look/preview", responses=NO_SUCH, **operation("look.preview"))
def preview_(request: Request, draft: Draft) -> ServiceMailPreview:
    """Show a service mail with made-up facts, also with texts that nobody has saved."""
    made = preview.preview(site_of(request).settings, draft.mail, draft.language, draft.texts)
    return ServiceMailPreview(
        language=made.language, subject=made.subject, html=made.html, text=made.text
    )


def _fresh(site: Site, shown: Shown) -> Look:
    site.holder.refresh(now=True)
    return _look(shown)


def _look(shown: Shown) -> Look:
    return Look(
        revision=shown.version.revision,
        changed_at=shown.version.at,
        parts=dict(shown.version.document),
        origins={part: shown.origin(part) for part in PARTS},
    )


def _change(one: Change) -> LookChange:
    differences = [
        Difference(place=place, before=was, after=now)
        for place, (was, now) in one.differences.items()
    ]
    return LookChange(
        revision=one.revision,
        at=one.at,
        by=one.by,
        restored=one.restored,
        differences=differences,
    )
