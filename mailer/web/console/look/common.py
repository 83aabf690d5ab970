"""What the pages of the settings share: tabs, texts by language, saving with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from fastapi import Request, Response

from mailer.content.language.words import first_upper, words_for
from mailer.content.rendering.service_mail import name_of
from mailer.domain.look.look import chosen
from mailer.errors import InputError
from mailer.services.look.looks import LookChangedError, Shown
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import Visit, lead, show
from mailer.web.console.wrong import Wrong, made, wrong
from mailer.web.middleware import POLICY
from mailer.web.problems import PageError

SETTINGS: Final = "/console/settings"
TABS: Final = (
    ("institution", "", "look.change"),
    ("look", "/look", "look.change"),
    ("sender", "/sender", "look.change"),
    ("words", "/words", "look.words"),
    ("topics", "/topics", "look.change"),
    ("languages", "/languages", "look.change"),
    ("names", "/names", "look.words"),
    ("history", "/history", "look.words"),
)
"""Name of the tab, its path below the settings', and the act that it is for."""
HOLDS_FRAME: Final = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
"""Header fields of a page that shows a preview."""
IN_FRAME: Final = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        " frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""Header fields of a preview: nothing in it may act on our origin."""
SEEN: Final = "seen"


class Language(NamedTuple):
    """A language as forms name it."""

    code: str
    name: str
    """In the user's own."""
    direction: str


def page(request: Request, visit: Visit, template: str, **values: Any) -> Response:
    """Make a page of the settings."""
    say = visit.site.say(visit.language)
    tabs = [
        (f"{SETTINGS}{path}", say(f"console_look.tab_{name}"), None)
        for name, path, act in TABS
        if visit.may(act)
    ]
    return show(request, visit, f"look/{template}", area="settings", tab_list=tabs, **values)


def readable(visit: Visit, codes: Iterable[str] | None = None) -> list[Language]:
    """List languages as forms name them; by default those that are on."""
    wanted = visit.site.settings.languages if codes is None else codes
    return [
        Language(code, first_upper(name_of(code, visit.language)), words_for(code).direction)
        for code in wanted
    ]


def values_of(
    document: Mapping[str, Any], parts: Sequence[str], codes: Sequence[str]
) -> dict[str, str]:
    """Return the values of a form's fields, `part.language`, as the document has them."""
    return {
        f"{part}.{code}": chosen(_table(document.get(part)), code)
        for part in parts
        for code in codes
    }


def typed(visit: Visit, parts: Sequence[str], codes: Sequence[str]) -> dict[str, str]:
    """Return the values of the same fields as they were sent."""
    return {
        f"{part}.{code}": visit.fields.one(f"{part}.{code}") for part in parts for code in codes
    }


def wanted_texts(values: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the change that gives texts by language those values.

    A text that stood for all languages becomes one for each: its field was shown so.
    """
    wanted: dict[str, Any] = {}
    for place, text in values.items():
        part, _, code = place.partition(".")
        wanted.setdefault(part, {})[code] = text or None
        if "" in _table(document.get(part)):
            wanted[part][""] = None
    return wanted


def _table(value: Any) -> Mapping[str, str]:
    if isinstance(value, str):
        return {"": value}
    return value if isinstance(value, Mapping) else {}


def seen_in(visit: Visit) -> int:
    """Return the revision that a form was made from.

    Raises:
        PageError: 400, it says none.
    """
    text = visit.fields.one(SEEN)
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise PageError(400)
    return int(text)


def complaint(
    visit: Visit, error: InputError | LookChangedError, fields: Mapping[str, str]
) -> Wrong:
    """Word why a change was not made.

    Args:
        visit: the request.
        error: what the use case complained of.
        fields: the form's field for a place that the error names, where they differ.
    """
    say = visit.site.say(visit.language)
    if isinstance(error, LookChangedError):
        return made([("", say("console_look.changed_meanwhile", places=", ".join(error.places)))])
    return wrong(say, error, fields)


def done(
    visit: Visit, before: int, shown: Shown, path: str, key: str = "saved", **values: str
) -> Response:
    """Lead on after a change, which can be taken back.

    Args:
        visit: the request.
        before: the revision before the change.
        shown: the look after it.
        path: the page to lead to.
        key: the name of what is told, within `console_look`.
        values: for its words in braces.
    """
    visit.site.holder.refresh(now=True)
    revision = shown.version.revision
    if revision == before:
        return lead(visit, path, Notice("console_look.unchanged"))
    undo = Undo(f"{SETTINGS}/undo", {"revision": str(revision), "next": path})
    return lead(visit, path, Notice(f"console_look.{key}", values, undo=undo))
