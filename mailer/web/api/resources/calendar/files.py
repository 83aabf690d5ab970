"""The calendar as a file: taken in from any calendar program, and given out to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.errors import InputError, Problem
from mailer.services.calendar.importing import Options, import_file
from mailer.web.api import bodies
from mailer.web.api.models import Line, Model, Name
from mailer.web.api.operation import operation
from mailer.web.api.resources.calendar.models import calendar_of
from mailer.web.site import site_of

router = APIRouter(tags=["calendar"])
ICS: Final = "text/calendar"
_NAME: Final = "calendar"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The whole calendar (RFC 5545)",
        "content": {ICS: {"schema": {"type": "string"}}},
    }
}


class Refused(Model):
    """Something that was not taken in."""

    place: str = Field(description="Which entry, and which of its fields.")
    code: str
    detail: str


class Report(Model):
    """What became of a file."""

    added: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]] = Field(description="Id -> the fields that differ.")
    unchanged: tuple[str, ...]
    refused: tuple[Refused, ...] = Field(description="Only with `partly`.")
    notes: tuple[str, ...]


@router.post("/calendar/import", **operation("calendar.import", upload="application/octet-stream"))
def import_(
    request: Request,
    *,
    language: Annotated[
        str, Query(max_length=35, description="Of texts that state none; default: your first.")
    ] = "",
    zone: Annotated[Line, Query(description="Of times that state none.")] = "",
    topic: Annotated[
        list[Name] | None, Query(max_length=50, description="Topics of new entries.")
    ] = None,
    partly: Annotated[bool, Query(description="Take the rest if something is refused.")] = False,
    dry_run: Annotated[bool, Query(description="Only tell what would happen.")] = False,
) -> Report:
    """Take in a calendar file: `.ics` of any program, or TOML. Doing so again changes nothing.

    Entries that are known, by id or UID, are changed where they differ. If anything is refused,
    nothing is changed, unless a part is asked for.
    """
    site = site_of(request)
    options = Options(language, zone, tuple(topic or ()), partly, dry_run)
    file = bodies.uploaded(request)
    found = import_file(calendar_of(site), site.settings, file, options, _NAME)
    if found.refused and not partly:
        raise InputError(found.refused)
    return Report(
        added=found.added,
        changed=dict(found.changed),
        unchanged=found.unchanged,
        refused=tuple(map(_refused, found.refused)),
        notes=found.notes,
    )


@router.get(
    "/calendar/export",
    response_class=Response,
    responses=_FILE,
    **operation("calendar.export"),
)
def export(
    request: Request,
    language: Annotated[
        str, Query(max_length=35, description="Of its texts; default: your first.")
    ] = "",
) -> Response:
    """Give out the whole calendar as iCalendar, which any calendar program reads."""
    site = site_of(request)
    code = language or site.settings.languages[0]
    if code not in site.settings.languages:
        remedy = f"choose one of: {', '.join(site.settings.languages)}"
        said = f"readers have no {code!r}"
        raise InputError.of("language", said, remedy, code="unknown_language")
    return Response(calendar_of(site).export(code), media_type=ICS)


def _refused(problem: Problem) -> Refused:
    detail = "; ".join(filter(None, (problem.text, problem.remedy)))
    return Refused(place=problem.place, code=problem.code, detail=detail)
