"""Imports of files of subscribers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from mailer.services.operation.jobs import facts_of
from mailer.services.subscriber_files.importing import Options, import_csv
from mailer.web.api import bodies
from mailer.web.api.operation import operation
from mailer.web.api.resources import jobs
from mailer.web.api.resources.reports import Report
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])

Prefer = Annotated[
    str | None, Header(max_length=1000, description="`respond-async`: do not wait for it.")
]


class Importing(BaseModel):
    """How a file is imported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would happen.")
    language: str = Field(default="", max_length=40, description="Of lines that name none.")
    topics: str = Field(
        default="", max_length=400, description="Of lines that name none; parted by spaces."
    )
    take_off: bool = Field(
        default=False, description="Take our readers off the list who left according to the file."
    )
    consent: str = Field(
        default="",
        max_length=200,
        description="Where the readers' consent comes from; kept with the import.",
    )


@router.post(
    "/subscribers/import",
    response_model=Report,
    responses={202: {"model": jobs.Job, "description": "A worker does it"}},
    **operation("subscribers.import", upload="text/csv"),
)
def import_(
    request: Request, wanted: Annotated[Importing, Query()], prefer: Prefer = None
) -> Report | Response:
    """Put the readers of a CSV file on the list; you answer for their consent. Nobody is mailed.

    It may be sent again: what is done already is not done twice. With `Prefer: respond-async` a
    worker does it, and `Location` says where to look.
    """
    site = site_of(request)
    file = bodies.uploaded(request)
    if jobs.wants_job(prefer):
        return jobs.accepted(request, site.jobs.put_import(file, wanted.model_dump()))
    options = Options(
        dry_run=wanted.dry_run,
        language=wanted.language,
        topics=wanted.topics,
        refused_file=file.with_name("refused"),
        take_off=wanted.take_off,
        consent=wanted.consent,
    )
    report = import_csv(site.store, site.settings, site.clock, file, options)
    return Report.model_validate(facts_of(report))
