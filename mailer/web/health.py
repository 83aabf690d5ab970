"""Tells machines that watch us whether the process lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from mailer.services.operation.opening import answers
from mailer.web.site import site_of

NOT_KEPT = {"Cache-Control": "no-store"}

router = APIRouter()


@router.get("/healthz")
async def alive() -> Response:
    """Tell that the process answers; to be started again if it does not."""
    return PlainTextResponse("alive\n", headers=NOT_KEPT)


@router.get("/readyz")
def ready(request: Request) -> Response:
    """Tell whether the store answers; no readers are to be sent here while it does not."""
    if not answers(site_of(request).store):
        return PlainTextResponse("the store does not answer\n", 503, NOT_KEPT)
    return PlainTextResponse("ready\n", headers=NOT_KEPT)
