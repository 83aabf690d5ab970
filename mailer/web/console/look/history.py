"""The history of the look, and the ways back."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.content.language.web_words import WebWords
from mailer.content.rendering.service_mail import name_of
from mailer.domain.access.signing_in.destination import own
from mailer.errors import InputError
from mailer.services.look.looks import LookChangedError
from mailer.web.console.look.common import SETTINGS, complaint, done, page
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import NOTHING, Wrong
from mailer.web.problems import PageError

router = APIRouter(route_class=ConsoleRoute)
PATH: Final = f"{SETTINGS}/history"
MOST: Final = 25
LONGEST: Final = 160
"""Characters of a value that the list shows."""
_TITLES: Final = {"topics": "topics_title", "languages": "languages_title"}
"""Parts that are called as their page is."""


@router.get(PATH)
def history(request: Request, visit: Here, _: SignedIn, before: int = 0) -> Response:
    """List the changes, the newest first."""
    return _page(request, visit, max(0, before))


@router.post(PATH + "/{revision}/restore")
def restore(request: Request, visit: Here, _: SignedIn, revision: int) -> Response:
    """Make a former version the present one."""
    looks = visit.site.looks
    before = looks.show().version.revision
    try:
        shown = looks.restore(revision)
    except InputError as error:
        return _page(request, visit, 0, complaint(visit, error, {}))
    return done(visit, before, shown, PATH, "restored", revision=str(revision))


@router.post(f"{SETTINGS}/undo")
def undo(visit: Here, _: SignedIn) -> Response:
    """Take the newest change back, if nobody has changed anything since."""
    text = visit.fields.one("revision")
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise PageError(400)
    path, looks = own(visit.fields.one("next")), visit.site.looks
    try:
        if visit.may("look.change"):
            looks.undo(int(text))
        else:
            looks.undo_words(int(text))
    except (LookChangedError, InputError):
        return lead(visit, PATH, Notice("console_look.not_undone", kind="warn"))
    visit.site.holder.refresh(now=True)
    return lead(visit, path, Notice("console_look.undone"))


def _page(request: Request, visit: Visit, before: int, wrong: Wrong = NOTHING) -> Response:
    looks = visit.site.looks
    found = looks.history(before, MOST + 1)
    changes = [
        (
            one,
            [
                (labelled(visit, place), worded(place, was), worded(place, now))
                for place, (was, now) in one.differences.items()
            ],
        )
        for one in found[:MOST]
    ]
    more = f"{PATH}?before={found[MOST - 1].revision}" if len(found) > MOST else ""
    return page(
        request,
        visit,
        "history.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        changes=changes,
        present=looks.show().version.revision,
        older=more,
        first=PATH if before else "",
    )


def labelled(visit: Visit, place: str) -> str:
    """Name a place such as `sender_name.fr` or `texts.en.confirm.heading` as its page does."""
    say = visit.site.say(visit.language)
    part, _, rest = place.partition(".")
    if part == "texts":
        code, _, key = rest.partition(".")
        mail, _, text = key.partition(".")
        names = (_said(say, f"mails.{mail}.name", mail), _said(say, f"parts.{text}", text))
        return f"{' · '.join(names)} ({name_of(code, visit.language)})"
    if part == "names":
        member, _, code = rest.partition(".")
        return f"{member} ({name_of(code, visit.language)})" if code else member
    title = _said(say, _TITLES.get(part, part), part)
    return f"{title} ({name_of(rest, visit.language)})" if rest else title


def _said(say: WebWords, key: str, otherwise: str) -> str:
    whole = f"console_look.{key}"
    return str(say(whole)) if say.has(whole) else otherwise


def worded(place: str, value: Any) -> str:
    """Write a value for a person; empty: as the settings say."""
    if value is None:
        return ""
    if place == "topics":
        return ", ".join(value)
    if place == "logo":
        return f"{value['width']} × {value['height']} · {value['digest'][:8]}"
    parts = [value] if isinstance(value, str) else [*map(str, value)]
    text = ", ".join(parts) if place == "languages" else " ¶ ".join(parts)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
