"""Segments: named rules with the number of readers that they hold of now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.segments.tokens import RuleError
from mailer.errors import InputError, NotFoundError, Problem, StateError
from mailer.services.segments.preview import Preview, preview
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST
from mailer.web.console.subscribers.ways import tabs_of
from mailer.web.console.wrong import NOTHING, Wrong, made, worded
from mailer.web.problems import PageError

SEGMENTS: Final = f"{LIST}/segments"
PAGE: Final = 15
"""Segments of one page: each is counted."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(SEGMENTS)
def segments(request: Request, visit: Here, _: SignedIn, after: str = "") -> Response:
    """List segments by name, each with whom it holds of now."""
    site = visit.site
    every = [one for one in site.segments.all() if one.name > after]
    shown = [(one, _counted(visit, one.rule)) for one in every[:PAGE]]
    following = f"{SEGMENTS}?after={every[PAGE - 1].name}" if len(every) > PAGE else ""
    return show(
        request,
        visit,
        "subscribers/segments.html.j2",
        found=shown,
        next=following,
        first=SEGMENTS if after else "",
        tabs=tabs_of(visit),
    )


@router.get(f"{SEGMENTS}/new")
def new(request: Request, visit: Here, _: SignedIn, rule: str = "") -> Response:
    """Show the form that defines a segment."""
    return _form(request, visit, {"name": "", "rule": rule[:2000]})


@router.get(f"{SEGMENTS}/count")
def count(request: Request, visit: Here, _: SignedIn, rule: str = "") -> Response:
    """Count whom a rule holds of: a part of the form, while it is typed."""
    return _form(request, visit, {"name": "", "rule": rule[:2000]}, part=True)


@router.get(f"{SEGMENTS}/{{name}}")
def segment(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Show a segment, to be changed."""
    one = visit.site.segments.get(name)
    return _form(request, visit, {"name": one.name, "rule": one.rule}, before=one.name)


@router.post(f"{SEGMENTS}/define")
def define(request: Request, visit: Here, _: SignedIn) -> Response:
    """Define a segment, give it another rule, or show whom a rule holds of."""
    fields, site = visit.fields, visit.site
    given = {"name": fields.one("name").lower(), "rule": fields.one("rule")}
    before = fields.one("before")
    if fields.one("try"):
        return _form(request, visit, given, before=before)
    say, taken = site.say(visit.language), False
    try:
        taken = not before and any(one.name == given["name"] for one in site.segments.all())
        if not taken:
            made_now = site.segments.define(before or given["name"], given["rule"])
    except InputError as error:
        return _form(request, visit, given, before=before, problem=at_place(visit, error))
    if taken:
        problem = made([("name", say("console_subscribers.segments.taken"))])
        return _form(request, visit, given, before=before, problem=problem)
    told = Notice("console_subscribers.segments.defined", {"name": made_now.name})
    return lead(visit, SEGMENTS, told)


@router.post(f"{SEGMENTS}/{{name}}/remove")
def remove(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Forget a segment, unless it is in use; it can be undone."""
    one = visit.site.segments.get(name)
    try:
        visit.site.segments.remove(name)
    except StateError:
        used = visit.site.segments.used(name)
        text = visit.site.say(visit.language)("console_subscribers.segments.used", by=str(used))
        given = {"name": one.name, "rule": one.rule}
        return _form(request, visit, given, before=name, problem=made([("", text)]), status=409)
    undo = Undo(f"{SEGMENTS}/define", {"name": one.name, "rule": one.rule})
    told = Notice("console_subscribers.segments.removed", {"name": name}, undo=undo)
    return lead(visit, SEGMENTS, told)


def _form(
    request: Request,
    visit: Visit,
    given: Mapping[str, str],
    *,
    before: str = "",
    problem: Wrong = NOTHING,
    part: bool = False,
    status: int = 200,
) -> Response:
    counted: Preview | None = None
    if given["rule"] and not problem:
        try:
            counted = preview(visit.site.store, visit.site.settings, given["rule"])
        except RuleError as error:
            problem = at_place(visit, error)
    if problem and status == 200 and request.method != "GET":
        status = 422
    names = {code: first_upper(name_of(code, visit.language)) for code in _codes(counted)}
    template = "rule_count" if part else "segment"
    return show(
        request,
        visit,
        f"subscribers/{template}.html.j2",
        status=status,
        wrong=problem,
        given=given,
        before=before,
        counted=counted,
        names=names,
    )


def _codes(counted: Preview | None) -> list[str]:
    return list(counted.by_language) if counted else []


def _counted(visit: Visit, rule: str) -> Preview | None:
    """Count a segment; None: its rule speaks of what is not there any more."""
    try:
        return preview(visit.site.store, visit.site.settings, rule)
    except (RuleError, NotFoundError):
        return None


def at_place(visit: Visit, error: InputError) -> Wrong:
    """Word the problems of a rule at its field, each with the place in the rule."""
    say: Any = visit.site.say(visit.language)

    def one(problem: Problem) -> tuple[str, Any]:
        if problem.place == "name":
            return "name", worded(say, problem)
        text, place = worded(say, problem), problem.place.removeprefix("character ")
        if place.isdecimal():
            return "rule", say("console_subscribers.segments.at", place=place, text=text)
        return "rule", text

    if not error.problems:
        raise PageError(400)
    return made([one(problem) for problem in error.problems])
