"""Describes the API: a document for programs, and a few lines for people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def openapi(request: Request) -> JSONResponse:
    """Return the OpenAPI document."""
    document = request.app.openapi()
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})


@router.get("/")
def about(request: Request) -> PlainTextResponse:
    """Say where to begin."""
    address = site_of(request).absolute(request, f"{API}/openapi.json")
    return PlainTextResponse(
        "This is the API of Mailer, for programs.\n\n"
        f"Its OpenAPI document: {address}\n"
        "Each request bears a token: Authorization: Bearer mailer_...\n"
        "The command `mailer tokens add` makes one.\n"
    )
