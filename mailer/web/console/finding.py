"""The command palette: everything that one can go to or do, found by a few letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from mailer.web.console.areas import seen_by
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, paths_of, show

MOST: Final = 12

router = APIRouter(route_class=ConsoleRoute)


class Hit(NamedTuple):
    """One thing to go to or to do."""

    text: str
    path: str
    kind: str
    """What it is, in words."""


Finder = Callable[[Visit, str], Iterable[Hit]]

FINDERS: Final[list[Finder]] = []
"""What areas find by the text that was typed, for example an edition; each gives few."""
DOINGS: Final[list[tuple[str, str, str]]] = []
"""What can be begun from anywhere: the name of its text, its page, and the act that it needs."""


@router.get("/console/find")
def find(request: Request, visit: Here, _: SignedIn, q: str = "", part: str = "") -> Response:
    """Show what fits; with `part`, for the palette, the results alone."""
    q = q[:100].strip()
    template = "found.html.j2" if part else "find.html.j2"
    return show(request, visit, template, q=q, found=hits(request, visit, q))


def hits(request: Request, visit: Visit, q: str) -> list[Hit]:
    """Find what fits a text; without one, all places and actions."""
    say = visit.site.say(visit.language)
    places = [
        Hit(say(f"console_frame.area_{area.name}"), area.path, say("console_frame.found_place"))
        for area in seen_by(visit.signed, paths_of(request))
    ]
    places.append(
        Hit(say("console_frame.area_account"), "/console/account", say("console_frame.found_place"))
    )
    doings = [
        Hit(say(key), path, say("console_frame.found_do"))
        for key, path, act in DOINGS
        if visit.may(act)
    ]
    found = [hit for hit in (*doings, *places) if fits(q, hit.text)]
    for finder in FINDERS if q else ():
        found += finder(visit, q)
    return found[:MOST]


def fits(q: str, text: str) -> bool:
    """Tell whether each word typed begins a word of the text, accents and case aside."""
    words = _plain(text).split()
    return all(any(word.startswith(typed) for word in words) for typed in _plain(q).split())


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
