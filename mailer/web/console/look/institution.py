"""Who speaks: the institution's names; the sender, the imprint and the addresses."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError
from mailer.services.look.looks import LookChangedError
from mailer.web.console.look.common import (
    SETTINGS,
    complaint,
    done,
    page,
    readable,
    seen_in,
    typed,
    values_of,
    wanted_texts,
)
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import NOTHING, Wrong
from mailer.web.problems import PageError

router = APIRouter(route_class=ConsoleRoute)
FORMS: Final = {
    "institution": ("institution", "short_name", "list_title"),
    "sender": ("sender_name", "postal_address", "imprint", "privacy_url"),
}
"""Pages that are forms of texts by language, and their parts."""
PATHS: Final = {"institution": SETTINGS, "sender": f"{SETTINGS}/sender"}


@router.get(SETTINGS)
def institution(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show the institution's names; whoever may change words alone is led to these."""
    if not visit.may("look.change"):
        return lead(visit, f"{SETTINGS}/words")
    return _form(request, visit, "institution")


@router.get(f"{SETTINGS}/sender")
def sender(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show the sender's name, the imprint, the postal address and the privacy notice."""
    return _form(request, visit, "sender")


@router.post(SETTINGS + "/save/{form}")
def save(request: Request, visit: Here, _: SignedIn, form: str) -> Response:
    """Change the texts of one of these pages."""
    if form not in FORMS:
        raise PageError(404)
    looks, seen = visit.site.looks, seen_in(visit)
    given = typed(visit, FORMS[form], visit.site.settings.languages)
    now = looks.show().version
    try:
        shown = looks.change(wanted_texts(given, now.document), seen)
    except (InputError, LookChangedError) as error:
        return _form(request, visit, form, given=given, wrong=complaint(visit, error, {}))
    return done(visit, now.revision, shown, PATHS[form])


def _form(
    request: Request,
    visit: Visit,
    form: str,
    *,
    given: dict[str, str] | None = None,
    wrong: Wrong = NOTHING,
) -> Response:
    shown, settings = visit.site.looks.show(), visit.site.settings
    codes = settings.languages
    under = settings.under
    return page(
        request,
        visit,
        f"{form}.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        seen=shown.version.revision,
        readable=readable(visit),
        values=given or values_of(shown.version.document, FORMS[form], codes),
        senders={code: settings.sender_name_in(code) for code in codes},
        file_senders={code: under.sender_name_in(code) for code in codes},
        address=settings.sender_address,
    )
