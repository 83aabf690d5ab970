"""Imports of files of subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from mailer.services.subscriber_files.importing import ImportReport, Options, import_csv
from mailer.web.api import bodies
from mailer.web.api.operation import operation
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])


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


class Refusal(BaseModel):
    """A line that was not imported, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    address: str
    reason: str


class Report(BaseModel):
    """What became of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool
    added: int
    updated: int
    unchanged: int
    refused: int
    taken_off: int
    still_mailed: int
    refusals: Sequence[Refusal] = Field(description="The first twenty lines that were refused.")
    unknown_columns: Sequence[str]


@router.post("/subscribers/import", **operation("subscribers.import", upload="text/csv"))
def import_(request: Request, wanted: Annotated[Importing, Query()]) -> Report:
    """Put the readers of a CSV file on the list; you answer for their consent. Nobody is mailed.

    It may be sent again: what is done already is not done twice.
    """
    site = site_of(request)
    file = bodies.uploaded(request)
    options = Options(
        dry_run=wanted.dry_run,
        language=wanted.language,
        topics=wanted.topics,
        refused_file=file.with_name("refused"),
        take_off=wanted.take_off,
    )
    report = import_csv(site.store, site.settings, site.clock, file, options)
    return report_of(report)


def report_of(report: ImportReport) -> Report:
    """Write a report."""
    names = ("dry_run", "added", "updated", "unchanged", "refused", "taken_off", "still_mailed")
    told: dict[str, Any] = {name: getattr(report, name) for name in names}
    refusals = [Refusal.model_validate(one._asdict()) for one in report.refusals]
    return Report(refusals=refusals, unknown_columns=list(report.unknown_columns), **told)
