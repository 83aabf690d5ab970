"""How members are called: names that the institution has chosen, before those of CLDR."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.content.language.words import words_for
from mailer.errors import InputError
from mailer.services.look.looks import LookChangedError
from mailer.web.console.look.common import SETTINGS, complaint, done, page, readable, seen_in
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit
from mailer.web.console.wrong import NOTHING, Wrong

router = APIRouter(route_class=ConsoleRoute)
PATH: Final = f"{SETTINGS}/names"


@router.get(PATH)
def names(request: Request, visit: Here, _: SignedIn, q: str = "", code: str = "") -> Response:
    """List the names that were chosen, and the form for one."""
    return _page(request, visit, q=q[:60].strip(), code=code[:2].upper())


@router.post(PATH)
def save(request: Request, visit: Here, _: SignedIn) -> Response:
    """Call a member otherwise; nothing said goes back to CLDR's name."""
    looks, code = visit.site.looks, visit.fields.one("code").upper()[:8]
    codes = visit.site.settings.languages
    given = {one: visit.fields.one(f"name.{one}") for one in codes}
    before = looks.show().version
    known = before.document.get("names", {}).get(code, {})
    fresh: dict[str, str | None] = {one: text or None for one, text in given.items()}
    if "" in known:
        fresh[""] = None
    places = {f"names.{code}": "code"} | {f"names.{code}.{one}": f"name.{one}" for one in codes}
    try:
        shown = looks.change_words({"names": {code: fresh}}, seen_in(visit))
    except (InputError, LookChangedError) as error:
        wrong = complaint(visit, error, places)
        return _page(request, visit, code=code, given=given, wrong=wrong)
    return done(visit, before.revision, shown, PATH, "name_saved", code=code)


@router.post(PATH + "/reset")
def reset(visit: Here, _: SignedIn) -> Response:
    """Go back to CLDR's name of one member."""
    looks, code = visit.site.looks, visit.fields.one("code")
    before = looks.show().version.revision
    shown = looks.change_words({"names": {code: None}})
    return done(visit, before, shown, PATH, "name_reset", code=code)


def _page(
    request: Request,
    visit: Visit,
    *,
    q: str = "",
    code: str = "",
    given: dict[str, str] | None = None,
    wrong: Wrong = NOTHING,
) -> Response:
    shown = visit.site.looks.show()
    codes = shown.settings.languages
    usual = {one: words_for(one).locale.territories for one in codes}
    own = {one: shown.look.names_in(one) for one in codes}
    rows = [
        (member, [(one, own[one].get(member, ""), usual[one].get(member, "")) for one in codes])
        for member in sorted(shown.look.names)
    ]
    if q:
        rows = [row for row in rows if _fits(q, row)]
    spoken = words_for(visit.language).locale.territories
    members = sorted(
        (
            (member, name)
            for member, name in spoken.items()
            if len(member) == 2 and member.isalpha()
        ),
        key=lambda pair: pair[1].casefold(),
    )
    values = given or {one: own[one].get(code, "") for one in codes}
    return page(
        request,
        visit,
        "names.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        seen=shown.version.revision,
        readable=readable(visit),
        rows=rows,
        total=len(shown.look.names),
        q=q,
        code=code,
        members=members,
        values=values,
        usual={one: usual[one].get(code, "") for one in codes},
    )


def _fits(q: str, row: tuple[str, list[tuple[str, str, str]]]) -> bool:
    texts = [row[0], *(text for _, *both in row[1] for text in both)]
    return any(q.casefold() in text.casefold() for text in texts)
