"""Long work that was left to a worker: how far it came, and what became of it."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.services.operation.jobs import Job
from mailer.services.subscriber_files.spool import Kept
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show
from mailer.web.console.subscribers.choosing import LIST
from mailer.web.exports import Download

JOB: Final = f"{LIST}/jobs/{{number:int}}"

router = APIRouter(route_class=ConsoleRoute)


@router.get(JOB)
def job(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show a job of the user's."""
    return show_job(request, visit, seen(visit, number))


@router.get(f"{JOB}/refused")
def refused(visit: Here, _: SignedIn, number: int) -> Response:
    """Return the lines that an import refused, with the reasons."""
    pieces = visit.site.jobs.refused(number)
    headers = {"Content-Disposition": f'attachment; filename="refused-{number}.csv"'}
    return Download(pieces, headers=headers, media_type="text/csv")


def seen(visit: Visit, number: int) -> Job:
    """Return a job of the user's; whoever asked for it may see it.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    return visit.site.jobs.added(number)


def show_job(request: Request, visit: Visit, found: Job, *, kept: Kept | None = None) -> Response:
    """Make the page of a job; with the file, if it only tries an import."""
    result: Any = found.result or {}
    usable = sum(int(result.get(one, 0)) for one in ("added", "updated", "unchanged"))
    return show(
        request,
        visit,
        "subscribers/job.html.j2",
        job=found,
        result=result,
        usable=usable,
        changes=sum(int(result.get(one, 0)) for one in ("added", "updated", "taken_off")),
        going=found.state in {"waiting", "running"},
        kept=kept,
        file=found.arguments.get("name", ""),
    )
