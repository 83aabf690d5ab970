"""What all pages of one draft share: its head, its tabs, and the answer to what is closed."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response

from mailer.content.language.web_words import WebWords
from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.errors import NotFoundError, StateError
from mailer.services.editions.drafts import looking, reading
from mailer.services.editions.drafts.reading import Opened
from mailer.web.console.areas import may
from mailer.web.console.route import Visit, paths_of, show

HOME: Final = "/console/editions"
CAMPAIGN: Final = "/console/campaigns/new"
"""Where a campaign begins, if the console has that page."""


def base(number: int) -> str:
    """Return where the pages of a draft are."""
    return f"{HOME}/{number}"


def draft_page(
    request: Request, visit: Visit, number: int, template: str, **values: Any
) -> Response:
    """Make a page of a draft, with its head and tabs.

    Raises:
        NotFoundError: there is no such draft.
    """
    opened: Opened = values.pop("opened", None) or reading.opened(visit.site.desk, number)
    draft = opened.draft
    values = {"one": "", "taken": False, **values}
    tally = looking.tally(visit.site.desk, number, draft.edits)
    at = base(number)
    tabs = [
        (at, "text", None),
        (f"{at}/preview", "preview", None),
        (f"{at}/check", "check", sum(tally) if tally else None),
        (f"{at}/pictures", "pictures", _pictures(opened)),
        (f"{at}/history", "history", None),
    ]
    return show(
        request,
        visit,
        f"editions/{template}",
        area="editions",
        opened=opened,
        draft=draft,
        at=at,
        views=tabs,
        writes=opened.writable and may(visit.signed, "drafts.save"),
        sends=CAMPAIGN in paths_of(request),
        named=lambda code: first_upper(name_of(code, visit.language)),
        **values,
    )


def say_of(visit: Visit) -> WebWords:
    """Return the words of the user's language."""
    return visit.site.say(visit.language)


def wanted(request: Request, opened: Opened, name: str = "language") -> str:
    """Return the language that the address asks for, if the draft has it; else nothing."""
    code = request.query_params.get(name, "")
    return code if code in opened.draft.languages else ""


def needed(request: Request, opened: Opened) -> str:
    """Return the language that the address asks for, else the first.

    Raises:
        NotFoundError: the draft has no text in any.
    """
    if not opened.draft.languages:
        raise NotFoundError("translation", "", within=str(opened.draft.number))
    return wanted(request, opened) or opened.draft.languages[0]


def closed(
    request: Request, visit: Visit, number: int, error: StateError, typed: str = ""
) -> Response:
    """Say that nothing can be changed any more, and give back what was typed."""
    return draft_page(
        request, visit, number, "closed.html.j2", status=409, state=error.state, typed=typed
    )


def _pictures(opened: Opened) -> int | None:
    return sum(path.startswith("images/") for path in opened.files) or None
