"""The words of service mails: which are ours, which the institution's own, and what they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from mailer.content.rendering.rendered import Rendered
from mailer.errors import InputError, NotFoundError
from mailer.services.look import preview as previews
from mailer.services.look import words
from mailer.services.look.looks import LookChangedError
from mailer.services.look.words import Line
from mailer.web.console.look.common import (
    HOLDS_FRAME,
    IN_FRAME,
    SETTINGS,
    complaint,
    done,
    page,
    readable,
    seen_in,
)
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong

router = APIRouter(route_class=ConsoleRoute)
PATH: Final = f"{SETTINGS}/words"
_BODY: Final = re.compile(r"<body\b[^>]*>")
_BAR: Final = (
    "margin:0;padding:14px 24px;border-bottom:1px solid #8887;font:600 15px/1.4 sans-serif"
)
"""The style of the line with the subject, in the frame alone."""


@router.get(PATH)
def listing(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the mails by group, and which of them have words of the institution's own."""
    settings = visit.site.looks.show().settings
    return page(
        request,
        visit,
        "words.html.j2",
        groups=words.listed(settings),
        readable=readable(visit),
        usual=visit.language if visit.language in settings.languages else settings.languages[0],
    )


@router.get(PATH + "/{mail}/{language}")
def edit(request: Request, visit: Here, _: SignedIn, mail: str, language: str) -> Response:
    """Show the texts of one mail in one language, ours beside.

    Raises:
        NotFoundError: there is no such mail, or the language is not on.
    """
    return _page(request, visit, mail, language)


@router.post(PATH + "/{mail}/{language}")
def save(request: Request, visit: Here, _: SignedIn, mail: str, language: str) -> Response:
    """Change texts; one that is empty, or as ours, is ours again."""
    _known(visit, language)
    looks, given = visit.site.looks, _given(visit, mail, language)
    before = looks.show().version.revision
    try:
        shown = looks.change_words(words.wanted(language, mail, given), seen_in(visit))
    except (InputError, LookChangedError) as error:
        return _page(
            request,
            visit,
            mail,
            language,
            given=given,
            wrong=_complaint(visit, error, mail, language),
        )
    return done(visit, before, shown, f"{PATH}/{mail}/{language}")


@router.post(PATH + "/{mail}/{language}/reset")
def reset(visit: Here, _: SignedIn, mail: str, language: str) -> Response:
    """Take our own words back: of one text, or of the whole mail."""
    _known(visit, language)
    looks = visit.site.looks
    shown = looks.show()
    part = visit.fields.one("part")
    lines = words.lines(shown.settings, mail, language)
    parts = [line.part for line in lines if part in {"", line.part}]
    wanted = words.wanted(language, mail, dict.fromkeys(parts, ""))
    after = looks.change_words(wanted)
    return done(visit, shown.version.revision, after, f"{PATH}/{mail}/{language}", "words_reset")


@router.get(PATH + "/{mail}/{language}/preview")
def saved_preview(visit: Here, _: SignedIn, mail: str, language: str) -> Response:
    """Show the mail with the words in force."""
    _known(visit, language)
    made = previews.preview(visit.site.looks.show().settings, mail, language)
    return HTMLResponse(_with_subject(made), headers=IN_FRAME)


@router.post(PATH + "/{mail}/{language}/preview")
def preview(request: Request, visit: Here, _: SignedIn, mail: str, language: str) -> Response:
    """Show the mail with the words in the form, in the frame beside it."""
    _known(visit, language)
    settings, given = visit.site.looks.show().settings, _given(visit, mail, language)
    try:
        made = previews.preview(settings, mail, language, given)
    except InputError as error:
        said = _complaint(visit, error, mail, language)
        return _framed(request, visit, None, said)
    if visit.fields.one("as") == "text":
        return _framed(request, visit, made, NOTHING)
    return HTMLResponse(_with_subject(made), headers=IN_FRAME)


@router.post(PATH + "/{mail}/{language}/test")
def test(visit: Here, signed: SignedIn, mail: str, language: str) -> Response:
    """Mail it to the user, with the words in force."""
    _known(visit, language)
    settings = visit.site.looks.show().settings
    address = signed.user.address
    trial = previews.send_trial(settings, visit.site.clock, mail, language, address)
    key, kind = ("test_sent", "good") if trial.accepted else ("test_failed", "alert")
    said = trial.attempt.text or str(trial.attempt.code or "")
    told = Notice(f"console_look.{key}", {"address": address, "said": said[:300]}, kind=kind)
    return lead(visit, f"{PATH}/{mail}/{language}", told)


def _with_subject(made: Rendered) -> str:
    """Return a mail's HTML with its subject above it, as a mail program shows it."""
    bar = Markup('<p dir="{}" style="{}">{}</p>').format(made.direction, _BAR, made.subject)
    return _BODY.sub(lambda found: f"{found[0]}{bar}", made.html, count=1)


def _given(visit: Visit, mail: str, language: str) -> dict[str, str]:
    """Return the texts of the form, by part."""
    lines = words.lines(visit.site.looks.show().settings, mail, language)
    return {line.part: visit.fields.one(_field(line)) for line in lines}


def _field(line: Line) -> str:
    return f"text.{line.part}"


def _complaint(
    visit: Visit, error: InputError | LookChangedError, mail: str, language: str
) -> Wrong:
    lines = words.lines(visit.site.looks.show().settings, mail, language)
    return complaint(visit, error, {f"texts.{language}.{one.key}": _field(one) for one in lines})


def _known(visit: Visit, language: str) -> None:
    if language not in visit.site.settings.languages:
        raise NotFoundError("language of service mails", language)


def _framed(request: Request, visit: Visit, made: Rendered | None, wrong: Wrong) -> Response:
    """Show the plain text, or what is wrong, where the mail would be."""
    answer = show(request, visit, "look/framed.html.j2", made=made, wrong=wrong, area="settings")
    answer.headers.update(IN_FRAME)
    return answer


def _page(
    request: Request,
    visit: Visit,
    mail: str,
    language: str,
    *,
    given: Mapping[str, str] | None = None,
    wrong: Wrong = NOTHING,
) -> Response:
    _known(visit, language)
    shown = visit.site.looks.show()
    lines = words.lines(shown.settings, mail, language)
    values = {
        line.part: given[line.part] if given is not None else as_text(line.said) for line in lines
    }
    return page(
        request,
        visit,
        "mail.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        headers=HOLDS_FRAME,
        seen=shown.version.revision,
        mail=mail,
        code=language,
        readable=readable(visit),
        spoken=next(one for one in readable(visit) if one.code == language),
        rows=[(line, _field(line), as_text(line.ours), values[line.part]) for line in lines],
        changed=sum(line.own is not None for line in lines),
        has_preview=mail in words.PREVIEWED,
    )


def as_text(said: str | tuple[str, ...]) -> str:
    """Return a text as a form's field has it: empty lines part paragraphs."""
    return said if isinstance(said, str) else "\n\n".join(said)
