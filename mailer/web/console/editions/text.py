"""The text of a draft, in all its languages: written, saved while one writes, brought together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from mailer.content.parsing.manifest_writing import read_facts
from mailer.content.rendering.service_mail import name_of
from mailer.domain.drafts.comparing import compare
from mailer.domain.drafts.draft import MANIFEST, Made, text_of
from mailer.errors import InputError, StateError
from mailer.services.editions.drafts import keeping, looking, reading, writing
from mailer.services.editions.drafts.reading import Opened
from mailer.services.editions.drafts.writing import Outcome, Saved
from mailer.web.console.editions.findings import findings
from mailer.web.console.editions.frame import HOME, base, closed, draft_page, say_of, wanted
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import NOTHING, Wrong, wrong
from mailer.web.middleware import POLICY
from mailer.web.problems import PageError

FRAMED: Final = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
"""The policy of pages that show a preview within them."""
_JSON: Final = "application/json"
_MINUTE: Final = timedelta(minutes=1)

router = APIRouter(route_class=ConsoleRoute)


@router.get(f"{HOME}/{{number}}")
def text(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show the texts, side by side or one of them with its preview or its source."""
    return _text(request, visit, number)


@router.post(f"{HOME}/{{number}}/text/{{language}}")
def save(request: Request, visit: Here, _: SignedIn, number: int, language: str) -> Response:
    """Save a text; a script is answered in JSON."""
    fields = visit.fields
    typed, path = fields.raw("text"), text_of(language)
    quick = request.headers.get("accept", "") == _JSON
    try:
        saved = writing.save(
            visit.site.desk,
            number,
            path,
            _number(fields.one("base")),
            typed,
            save_id=fields.one("save"),
            typed=fields.one("typed") == "1",
        )
    except InputError as error:
        problems = wrong(say_of(visit), error, {"text": f"text-{language}"})
        if quick:
            said = " ".join(one.unescape() for _, one in problems.items)
            return JSONResponse({"outcome": "refused", "said": said}, 422)
        return _text(request, visit, number, language, typed=typed, problems=problems)
    except StateError as error:
        if quick:
            said = say_of(visit)(f"console_editions.closed.{_closed(error)}").unescape()
            return JSONResponse({"outcome": "refused", "said": said}, 409)
        return closed(request, visit, number, error, typed)
    if quick:
        return _answer(visit, number, language, saved)
    return _led(visit, number, language, saved)


@router.get(f"{HOME}/{{number}}/clash/{{language}}")
def clash(request: Request, visit: Here, _: SignedIn, number: int, language: str) -> Response:
    """Show two texts of which a person makes one."""
    aside, before = (_number(request.query_params.get(one, "")) for one in ("aside", "base"))
    path = MANIFEST if language == "facts" else text_of(language)
    found = writing.clash(visit.site.desk, number, path, aside, before)
    return draft_page(
        request,
        visit,
        number,
        "clash.html.j2",
        clash=found,
        language_of_text=language,
        rows=compare(found.theirs_text, found.mine_text),
    )


@router.post(f"{HOME}/{{number}}/look-over")
def look_over(visit: Here, _: SignedIn, number: int) -> Response:
    """Take a translation for up to date as it is."""
    language = visit.fields.one("language")
    try:
        keeping.look_over(visit.site.desk, number, language)
    except StateError:
        return lead(visit, base(number))
    return lead(visit, _at(number, language), Notice("console_editions.looked_over"))


@router.post(f"{HOME}/{{number}}/language")
def add(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Begin the text of another language: empty, with the masthead of the source."""
    language = visit.fields.one("language").lower()
    opened = reading.opened(visit.site.desk, number)
    source = opened.texts.get(text_of(opened.draft.source))
    if language in opened.draft.languages:
        return lead(visit, _at(number, language))
    front = source.text.split("+++")[1] if source and source.text.count("+++") > 1 else "\n"
    state = opened.files.get(text_of(language))
    try:
        writing.save(
            visit.site.desk,
            number,
            text_of(language),
            state.revision.number if state else 0,
            f"+++{front}+++\n\n",
        )
    except InputError as error:
        return _text(
            request, visit, number, problems=wrong(say_of(visit), error, {"path": "language"})
        )
    except StateError as error:
        return closed(request, visit, number, error)
    return lead(visit, _at(number, language))


@router.post(f"{HOME}/{{number}}/language/remove")
def take_out(visit: Here, _: SignedIn, number: int) -> Response:
    """Take a language out; its text stays in the history."""
    language = visit.fields.one("language")
    before = reading.opened(visit.site.desk, number).texts.get(text_of(language))
    if before is None:
        raise PageError(404)
    try:
        keeping.remove_text(visit.site.desk, number, text_of(language))
    except StateError:
        return lead(visit, base(number))
    undo = Undo(
        f"{base(number)}/restore",
        {"file": before.path, "revision": str(before.revision.number)},
    )
    return lead(visit, base(number), Notice("console_editions.language_removed", undo=undo))


@router.post(f"{HOME}/{{number}}/present")
def present(visit: Here, _: SignedIn, number: int) -> Response:
    """Note who has which text open, and tell who else is there."""
    language = visit.fields.one("language")
    if language not in visit.site.settings.languages:
        raise PageError(400)
    keeping.be_present(visit.site.desk, number, text_of(language))
    stamp = visit.site.stamps.make(visit.purpose)
    return JSONResponse({"others": _others(visit, number), "stamp": stamp})


def _text(
    request: Request,
    visit: Visit,
    number: int,
    language: str = "",
    *,
    typed: str | None = None,
    problems: Wrong = NOTHING,
) -> Response:
    opened = reading.opened(visit.site.desk, number)
    one = wanted(request, opened) or (language if language in opened.draft.languages else "")
    beside = request.query_params.get("beside", "")
    if beside not in {"source", "check"} or (beside == "source" and one == opened.draft.source):
        beside = "preview"
    looked = looking.check(visit.site.desk, number) if one and beside == "check" else None
    return draft_page(
        request,
        visit,
        number,
        "text.html.j2",
        opened=opened,
        one=one,
        shown_languages=[one] if one else list(opened.draft.languages),
        beside=beside,
        findings=findings(visit, opened, looked, one) if looked else [],
        behind=reading.behind(visit.site.desk, number, one) if one else [],
        typed={language: typed} if typed is not None else {},
        line=_number(request.query_params.get("line", "")),
        others=_others(visit, number),
        text_of=text_of,
        subjects=_subjects(opened),
        wrong=problems,
        status=422 if problems else 200,
        headers=FRAMED,
    )


def _subjects(opened: Opened) -> dict[str, str]:
    text = opened.texts.get(MANIFEST)
    return dict(read_facts(text.text).subject) if text else {}


def _others(visit: Visit, number: int) -> list[str]:
    """Word who else is writing, and where."""
    found = []
    for one in reading.who_else(visit.site.desk, number):
        code = one.path.removesuffix(".md")
        where = name_of(code, visit.language)
        values = {"name": one.name, "language": where, "ago": visit.shown.ago(one.at)}
        recent = visit.site.clock.now() - one.at < _MINUTE
        key = "console_editions.others_now" if recent else "console_editions.others"
        found.append(say_of(visit)(key, **values).unescape())
    return found


def _answer(visit: Visit, number: int, language: str, saved: Saved) -> Response:
    """Answer a script: what became of the text, and how it reads now if others changed it."""
    path, now = text_of(language), visit.site.clock.now()
    told: dict[str, Any] = {
        "outcome": saved.outcome.value,
        "revision": saved.revision,
        "yours": saved.yours,
        "at": visit.shown.clock(now),
        "stamp": visit.site.stamps.make(visit.purpose),
    }
    if saved.outcome is Outcome.MERGED:
        there = reading.text_at(visit.site.desk, number, path, saved.revision)
        told |= {"text": there.text, "by": _other(visit, number, path)}
    if saved.outcome is Outcome.CONFLICT:
        told["choose"] = visit.site.path(_clash(number, language, saved, visit))
    return JSONResponse(told)


def _other(visit: Visit, number: int, path: str) -> str:
    """Name whoever else wrote the text last."""
    own = str(visit.signed.actor) if visit.signed else ""
    found = reading.history(visit.site.desk, number, path)
    return next((one.name for one in found if one.by != own and one.made is not Made.ASIDE), "")


def _led(visit: Visit, number: int, language: str, saved: Saved) -> Response:
    at = _at(number, language) if visit.fields.one("one") else base(number)
    if saved.outcome is Outcome.CONFLICT:
        return lead(visit, _clash(number, language, saved, visit))
    merged = saved.outcome is Outcome.MERGED
    key = "console_editions.merged" if merged else "console_editions.saved"
    return lead(visit, at, Notice(key, kind="warn" if merged else "good"))


def _clash(number: int, language: str, saved: Saved, visit: Visit) -> str:
    query = urlencode({"aside": saved.yours, "base": _number(visit.fields.one("base"))})
    return f"{base(number)}/clash/{language}?{query}"


def _at(number: int, language: str) -> str:
    return f"{base(number)}?{urlencode({'language': language})}"


def _closed(error: StateError) -> str:
    return error.state if error.state in {"sent", "removed"} else "sent"


def _number(written: str) -> int:
    known = written.isascii() and written.isdecimal() and len(written) < 10
    return int(written) if known else 0
