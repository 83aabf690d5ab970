"""Entries of the calendar: listed, added, changed and cancelled.

Readers who were told of an entry are told of a change. So a change says how many they are (law 18);
if it says nothing, it is made only where nobody was told.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from mailer.domain.calendar import entry as domain
from mailer.services.access.acting import looking
from mailer.services.calendar import revising
from mailer.services.calendar.reminders import Reminders
from mailer.web.api import conditions, paging
from mailer.web.api.models import Instant, Model, Size
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.refusals import RefusedError
from mailer.web.api.resources.calendar.models import (
    Cancellation,
    Change,
    Entry,
    NewEntry,
    calendar_of,
    entry_of,
    moment,
)
from mailer.web.middleware import API
from mailer.web.site import Site, site_of

router = APIRouter(tags=["calendar"])

Id = Annotated[str, Path(min_length=1, max_length=100, description="The entry's short name.")]
Occurrence = Annotated[
    str,
    Query(
        max_length=25,
        description="Of an entry that repeats, only the occurrence that starts then.",
    ),
]


class Told(Model):
    """What readers know of an entry."""

    sequence: int | None = Field(description="The version that they were told; null: of none.")
    readers: int = Field(description="How many would be told of a change.")


@router.get("/calendar/entries", **operation("calendar.list"))
def list_(
    request: Request,
    response: Response,
    *,
    since: Annotated[Instant | None, Query(description="Default: from now on.")] = None,
    until: Annotated[Instant | None, Query(description="Not included.")] = None,
    past: Annotated[bool, Query(description="With `since` left out: past ones as well.")] = False,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Entry]:
    """List entries, the earliest first; those that repeat with each date."""
    site = site_of(request)
    begin = since if since or past else site.clock.now()
    after = paging.read(cursor, str)
    found = calendar_of(site).between(begin, until)
    rest = [one for one in found if after is None or _place(one) > after]
    following = paging.written(_place(rest[limit - 1])) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(entry_of, rest[:limit])], next=following)


@router.post("/calendar/entries", status_code=201, **operation("calendar.add"))
def add(request: Request, response: Response, entry: NewEntry) -> Entry:
    """Add a meeting, an observance or a deadline. Reminders go out by themselves."""
    site = site_of(request)
    made = revising.made(entry.id, entry.given(), site.settings)
    added = calendar_of(site).add(made)
    response.headers["Location"] = site.path(f"{API}/calendar/entries/{added.id}")
    return entry_of(added)


@router.get(
    "/calendar/entries/{name}",
    response_model=Entry,
    responses=conditions.SHOWN,
    **operation("calendar.show"),
)
def get(request: Request, name: Id) -> Response:
    """Tell all of an entry."""
    return conditions.shown(request, entry_of(calendar_of(site_of(request)).get(name)))


@router.get("/calendar/entries/{name}/told", **operation("calendar.show"))
def told(request: Request, name: Id) -> Told:
    """Tell what readers know of an entry, and how many would be told of a change."""
    site = site_of(request)
    calendar = calendar_of(site)
    calendar.get(name)
    readers = Reminders(site.store, site.settings, site.clock).readers_told(name)
    return Told(sequence=calendar.told(name), readers=readers)


@router.patch(
    "/calendar/entries/{name}",
    response_model=Entry,
    responses=conditions.SHOWN,
    **operation("calendar.change"),
)
def change(
    request: Request,
    name: Id,
    wanted: Change,
    *,
    occurrence: Occurrence = "",
    if_match: conditions.IfMatch = None,
) -> Response:
    """Change an entry; what is not given stays. A new start also moves the end.

    Readers who were told of it are told of the change, if it matters to them.
    """
    site = site_of(request)
    given = wanted.given()
    if wanted.status is not None:
        given["status"] = wanted.status
    before = _seen(site, name, if_match, wanted, "calendar.change", demanded=True)

    def revised(one: domain.Entry) -> domain.Entry:
        _unchanged(one, before, occurrence)
        return revising.applied(one, given, site.settings)

    after = calendar_of(site).change(name, revised, key_of(occurrence))
    return conditions.shown(request, entry_of(after))


@router.post(
    "/calendar/entries/{name}/cancel",
    response_model=Entry,
    **operation("calendar.cancel"),
)
def cancel(
    request: Request,
    name: Id,
    cancellation: Cancellation,
    *,
    occurrence: Occurrence = "",
    if_match: conditions.IfMatch = None,
) -> Response:
    """Cancel an entry. It stays in the calendar, as cancelled.

    Readers who were told of it are told that it does not take place, and why.
    """
    site = site_of(request)
    reason = revising.checked("reason", cancellation.reason, site.settings)
    _seen(site, name, if_match, cancellation, "calendar.cancel")
    after = calendar_of(site).cancel(name, reason, key_of(occurrence))
    return conditions.shown(request, entry_of(after))


def _seen(
    site: Site, name: str, given: str | None, size: Size, act: str, *, demanded: bool = False
) -> domain.Entry:
    """Return an entry as it is, if that is how whoever asks has seen it."""
    with looking(act):
        before = calendar_of(site).get(name)
    check = conditions.demanded if demanded else conditions.agreed
    check(given, entry_of(before))
    revising.check_told(site.store, site.settings, site.clock, name, size.expected(0))
    return before


def _unchanged(one: domain.Entry, before: domain.Entry, occurrence: str) -> None:
    """Refuse a change if somebody else made one since it was looked at."""
    if not occurrence and one != before:
        raise RefusedError("changed")


def key_of(occurrence: str) -> str:
    """Return the key of an occurrence, as its entry knows it."""
    return moment("occurrence", occurrence).isoformat() if occurrence else ""


def _place(one: domain.Entry) -> str:
    return f"{one.starts_at().isoformat()} {one.id} {one.occurrence_key}"
