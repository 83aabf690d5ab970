"""Jobs: long work that was asked for with `Prefer: respond-async` (RFC 7240)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from mailer.services.operation import jobs
from mailer.web.api.operation import operation
from mailer.web.api.resources.reports import Report, Tally
from mailer.web.exports import Download
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["jobs"])

_EXACT = ConfigDict(frozen=True, extra="forbid")
PREFERENCE = "respond-async"


class Wrong(BaseModel):
    """One thing that is wrong with what the job was given."""

    model_config = _EXACT

    field: str
    code: str
    detail: str


class Failure(BaseModel):
    """Why a job failed; `code` as in problem details."""

    model_config = _EXACT

    code: str
    detail: str
    errors: Sequence[Wrong] = ()


class Job(BaseModel):
    """One job."""

    model_config = _EXACT

    number: int
    kind: Literal["import", "tag", "remove", "suppress", "erase"]
    state: Literal["waiting", "running", "done", "failed"]
    done: int = Field(description="Octets of a file, or readers, so far.")
    total: int
    made: datetime
    ended: datetime | None
    result: Report | Tally | None
    error: Failure | None


@router.get("/jobs/{number:int}", **operation("jobs.show"))
def show(
    request: Request,
    number: Annotated[int, Path(ge=1, le=2**53 - 1, description="The job's number.")],
) -> Job:
    """Tell how far a job of yours came; it is known for seven days."""
    return job_of(site_of(request).jobs.show(number))


@router.get(
    "/jobs/{number:int}/refused",
    response_class=Download,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    **operation("jobs.show"),
)
def refused(
    request: Request,
    number: Annotated[int, Path(ge=1, le=2**53 - 1, description="The job's number.")],
) -> Download:
    """Return the lines that an import of yours refused, with the reasons; kept for a day."""
    pieces = site_of(request).jobs.refused(number)
    return Download(pieces, media_type="text/csv")


def wants_job(prefer: str | None) -> bool:
    """Tell from the field `Prefer` whether the asker would rather not wait."""
    wishes = [one.partition(";")[0].strip() for one in (prefer or "").lower().split(",")]
    return PREFERENCE in wishes


def accepted(request: Request, number: int) -> JSONResponse:
    """Say where to look at a job that was just added."""
    job = job_of(site_of(request).jobs.added(number))
    headers = {
        "Location": site_of(request).path(f"{API}/jobs/{number}"),
        "Preference-Applied": PREFERENCE,
    }
    return JSONResponse(job.model_dump(mode="json"), 202, headers)


def job_of(found: jobs.Job) -> Job:
    """Write a job."""
    return Job.model_validate({name: getattr(found, name) for name in Job.model_fields})
