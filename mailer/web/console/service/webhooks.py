"""Web hooks: the institution's other systems, told of what happens."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, Request, Response

from mailer.errors import InputError, StateError
from mailer.services.access.acting import allowed
from mailer.services.webhooks.managing import Webhooks
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, wrong

PATH: Final = "/console/operation/webhooks"
GROUPS: Final = (
    "campaign",
    "subscriber",
    "subscription",
    "edition",
    "calendar",
    "inbound",
    "relay",
)
"""The groups of events that one can tick; any type can be written besides."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(PATH)
def list_(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the endpoints, and how they fare."""
    return show(request, visit, "service/webhooks.html.j2", hooks=_hooks(visit).every())


@router.get(f"{PATH}/new")
def new(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask where to tell what."""
    return _form(request, visit)


@router.post(f"{PATH}/new")
def add(request: Request, visit: Here, _: SignedIn) -> Response:
    """Add an endpoint, which is told of what happens from now on."""
    fields = visit.fields
    try:
        made = _hooks(visit).add(fields.one("url"), _types(visit), note=fields.one("note"))
    except InputError as error:
        return _form(request, visit, wrong(visit.site.say(visit.language), error))
    return lead(visit, f"{PATH}/{made.id}", Notice("console_service.hook_added"))


@router.get(PATH + "/{name}")
def one(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Show an endpoint, its secret, and what came of the last tries."""
    return show(request, visit, "service/webhook.html.j2", seen=_hooks(visit).show(name))


@router.post(PATH + "/{name}/pause")
def pause(visit: Here, _: SignedIn, name: str) -> Response:
    """Send it nothing for now."""
    _hooks(visit).pause(name)
    return _back(visit, name, "hook_paused")


@router.post(PATH + "/{name}/resume")
def resume(visit: Here, _: SignedIn, name: str) -> Response:
    """Tell it again, of all that happened meanwhile."""
    _hooks(visit).resume(name)
    return _back(visit, name, "hook_resumed")


@router.post(PATH + "/{name}/rotate")
def rotate(visit: Here, _: SignedIn, name: str) -> Response:
    """Give it a new secret; the old one is good for a day."""
    try:
        _hooks(visit).rotate(name)
    except StateError:
        told = Notice("console_service.hook_rotated_before", kind="warn")
        return lead(visit, f"{PATH}/{name}", told)
    return _back(visit, name, "hook_rotated")


@router.post(PATH + "/{name}/test")
def try_(visit: Here, _: SignedIn, name: str) -> Response:
    """Send it a test right now, and tell its answer."""
    answer = asyncio.run(_hooks(visit).test(name))
    good = answer.verdict.value == "delivered"
    said: dict[str, str | int] = {"status": answer.status, "reason": answer.reason[:300]}
    key = "console_service.hook_answered" if good else "console_service.hook_unanswered"
    return lead(visit, f"{PATH}/{name}", Notice(key, said, "good" if good else "alert"))


@router.get(PATH + "/{name}/remove")
def ask_to_remove(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Say what removing it means."""
    return show(request, visit, "service/webhook_remove.html.j2", seen=_hooks(visit).show(name))


@router.post(PATH + "/{name}/remove")
def remove(visit: Here, _: SignedIn, name: str) -> Response:
    """Remove it with all that waits for it."""
    _hooks(visit).remove(name)
    return lead(visit, PATH, Notice("console_service.hook_removed"))


def _hooks(visit: Visit) -> Webhooks:
    return Webhooks(visit.site.store, visit.site.settings, visit.site.clock)


def _types(visit: Visit) -> list[str]:
    written = visit.fields.one("more").replace(",", " ").split()
    return [*visit.fields.all("types"), *written]


def _back(visit: Visit, name: str, key: str) -> Response:
    return lead(visit, f"{PATH}/{name}", Notice(f"console_service.{key}"))


def _form(request: Request, visit: Visit, problems: Wrong = NOTHING) -> Response:
    allowed("webhooks.add")
    fields, say = visit.fields, visit.site.say(visit.language)
    return show(
        request,
        visit,
        "service/webhook_new.html.j2",
        groups=[(f"{one}.*", say(f"console_service.events_{one}"), f"{one}.*") for one in GROUPS]
        + [("*", say("console_service.events_all"), "*")],
        draft={
            "url": fields.one("url"),
            "types": fields.all("types") or ("campaign.*",),
            "more": fields.one("more"),
            "note": fields.one("note"),
        },
        wrong=problems,
        status=422 if problems else 200,
    )
