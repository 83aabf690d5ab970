"""What was done, by whom (the audit log), and what happened (the event log)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.services.access import audit
from mailer.services.operation import event_log
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.exports import LINES, written

AUDIT: Final = "/console/operation/audit"
EVENTS: Final = "/console/operation/events"
PART: Final = 50
"""Rows of a page."""

router = APIRouter(route_class=ConsoleRoute)


@router.get(AUDIT)
def audit_log(request: Request, visit: Here, _: SignedIn, before: int = 0) -> Response:
    """List what was done, the newest first."""
    found = audit.newest(visit.site.store, PART + 1, max(before, 0))
    following = f"{AUDIT}?before={found[PART - 1].number}" if len(found) > PART else ""
    return show(
        request,
        visit,
        "service/audit.html.j2",
        entries=[(one, changes(one.before, one.after)) for one in found[:PART]],
        following=following,
        first=AUDIT if before else "",
        said=lambda act: said(visit, "console_acts", act),
        via=lambda name: said(visit, "console_service.via", name),
    )


@router.post(f"{AUDIT}/verify")
def verify(visit: Here, _: SignedIn) -> Response:
    """Check the chain of all entries."""
    found = audit.verify(visit.site.store, visit.site.settings)
    if found.whole:
        number = found.last - found.first + 1 if found.last else 0
        return lead(visit, AUDIT, Notice("console_service.audit_whole", number=number))
    values = {"flaw": found.flaws[0].text}
    return lead(visit, AUDIT, Notice("console_service.audit_broken", values, "alert"))


@router.post(f"{AUDIT}/export")
def export(visit: Here, _: SignedIn) -> Response:
    """Give out all entries as JSON, one a line."""
    store = visit.site.store
    return written(lambda file: audit.export(store, file), LINES, "audit.jsonl")


@router.get(EVENTS)
def events(request: Request, visit: Here, _: SignedIn, day: str = "", after: str = "") -> Response:
    """List what happened from a day on, the oldest first; without a day, the last hours."""
    start = _start(visit, day)
    try:
        place = event_log.place(after) if after else event_log.since(start)
    except ValueError:
        place = event_log.since(start)
    found = event_log.some(visit.site.store, place, PART + 1)
    here = f"{EVENTS}?day={visit.shown.local(start):%Y-%m-%d}"
    return show(
        request,
        visit,
        "service/events.html.j2",
        events=[(_at(name), dict(fields)) for name, fields in found[:PART]],
        day=f"{visit.shown.local(start):%Y-%m-%d}",
        following=f"{here}&after={found[PART - 1][0]}" if len(found) > PART else "",
        first=here if after else "",
        said=lambda kind: said(visit, "console_events", kind),
    )


def said(visit: Visit, group: str, name: str) -> str:
    """Word what programs call by a name: an act, an event; that name where there are no words.

    Args:
        visit: whose language it is to be.
        group: the words' file or table.
        name: with dots.
    """
    say, key = visit.site.say(visit.language), f"{group}.{name.replace('.', '_')}"
    return say(key) if say.has(key) else name


def changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[tuple[str, str, str]]:
    """List what an act changed: the name, the value before, and the value after."""
    old, new = before or {}, after or {}
    return [
        (name, _shown(old.get(name)), _shown(new.get(name)))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _start(visit: Visit, day: str) -> datetime:
    shown = visit.shown
    try:
        at = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=shown.zone)
    except ValueError:
        at = shown.local(shown.now).replace(hour=0, minute=0, second=0, microsecond=0)
    return at if at.timestamp() > 0 else datetime.fromtimestamp(0, UTC)


def _at(name: str) -> datetime:
    return datetime.fromtimestamp(int(name.partition("-")[0]) / 1000, UTC)
