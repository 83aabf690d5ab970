"""The institution's logo, under a name that changes with it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.web.assets import FOREVER
from mailer.web.brand import FOLDER
from mailer.web.problems import PageError
from mailer.web.site import site_of

router = APIRouter()


@router.get(FOLDER + "/{name}")
def logo(request: Request, name: str) -> Response:
    """Give out the logo in force.

    Mails have it within them, so that nobody asks for a former one.
    """
    found = site_of(request).settings.look.logo
    if found is None or name != found.filename or not found.data:
        raise PageError(404)
    return Response(found.data, media_type=found.content_type, headers={"Cache-Control": FOREVER})
