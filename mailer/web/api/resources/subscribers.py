"""Subscribers: find, add, ask, change, take off, reinstate, erase."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Status
from mailer.domain.subscribers.subscriber import Subscriber as Member
from mailer.errors import InputError
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.details import ChangedError, Details, change_details
from mailer.services.subscriptions.listing import Filter, Known, Listing
from mailer.services.subscriptions.opting_in import Wanted
from mailer.web.api import conditions, paging
from mailer.web.api.conditions import IfMatch
from mailer.web.api.operation import operation
from mailer.web.api.refusals import RefusedError
from mailer.web.api.resources.subscriber_models import (
    Added,
    Adding,
    Because,
    Change,
    Counts,
    Event,
    Finding,
    Received,
    Standing,
    Subscriber,
    counts_of,
    event_of,
    subscriber_of,
)
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])

Number = Annotated[int, Path(ge=1, le=2**53 - 1, description="The subscriber's number.")]
BY_API: Final = "by a program"
_RESULTS: Final = {"added": 201, "asked": 202, "asked_lately": 202}


def _listing(request: Request) -> Listing:
    return site_of(request).listing


@router.get("/subscribers", **operation("subscribers.list"))
def find(
    request: Request, response: Response, wanted: Annotated[Finding, Query()]
) -> paging.Page[Subscriber]:
    """List subscribers in the order of their numbers, those to whom all of it applies.

    A page may hold fewer than `limit`, or none, although `next` says that others follow.
    """
    chosen = Filter(
        wanted.q.strip(),
        wanted.status or "",
        wanted.language,
        wanted.topic,
        wanted.tag,
        wanted.rule,
    )
    after = paging.number(wanted.cursor)
    found = _listing(request).page(chosen, after=after, most=wanted.limit)
    following = paging.written(found.following) if found.following else None
    paging.link(request, response, following)
    return paging.Page(items=[subscriber_of(one) for one in found.found], next=following)


@router.post(
    "/subscribers",
    responses={
        200: {"model": Added},
        201: {"model": Added, "description": "Added"},
        202: {"model": Added, "description": "Asked to confirm"},
    },
    **operation("subscribers.add"),
)
def add(request: Request, adding: Adding) -> JSONResponse:
    """Put a reader on the list, or have the owner of an address confirm first."""
    found = _asked(request, adding) if adding.confirm else _added(request, adding)
    headers = {"Location": _place(request, found.number)} if found.number else {}
    return JSONResponse(found.model_dump(), _RESULTS.get(found.result, 200), headers)


def _added(request: Request, adding: Adding) -> Added:
    site = site_of(request)
    put = subscribers.add(
        site.store,
        site.settings,
        site.clock.now(),
        parse_address(adding.address),
        language=adding.language,
        topics=" ".join(adding.topics),
        tags=" ".join(adding.tags),
        name=adding.name,
        attributes=adding.attributes,
    )
    result: Any = "added" if put.added else "updated" if put.updated else "unchanged"
    return Added(result=result, number=put.number)


def _asked(request: Request, adding: Adding) -> Added:
    if adding.tags or adding.attributes:
        said = "whoever has yet to confirm has none"
        raise InputError.of(
            "tags" if adding.tags else "attributes",
            said,
            "give them when it is confirmed",
            code="not_yet",
        )
    wanted = Wanted(adding.language, tuple(adding.topics), adding.name)
    outcome = site_of(request).opting_in.ask(parse_address(adding.address), wanted)
    return Added(result=outcome.value, number=None)


@router.get("/subscribers/count", **operation("subscribers.count"))
def count(request: Request) -> Counts:
    """Count the subscribers."""
    return counts_of(subscribers.count(site_of(request).store))


@router.get(
    "/subscribers/{number:int}",
    response_model=Subscriber,
    responses=conditions.SHOWN,
    **operation("subscribers.find"),
)
def show(request: Request, number: Number) -> Response:
    """Show a subscriber."""
    return conditions.shown(request, subscriber_of(_listing(request).get(number)))


@router.patch(
    "/subscribers/{number:int}",
    status_code=204,
    responses={204: conditions.TAGGED},
    **operation("subscribers.change"),
)
def change(request: Request, number: Number, wanted: Change, if_match: IfMatch = None) -> Response:
    """Change language, topics, tags, name or attributes; never the status."""
    site = site_of(request)
    while True:
        known = _wanted(request, number, if_match)
        details = Details(
            wanted.language, wanted.topics, wanted.tags, wanted.name, wanted.attributes
        )
        try:
            change_details(site.store, site.settings, site.clock.now(), known, details)
        except ChangedError:
            continue  # another was quicker: `If-Match` says whether the change still fits
        changed = subscriber_of(_listing(request).known(number))
        return Response(None, 204, {"ETag": conditions.tag_of(changed)})


def _wanted(request: Request, number: int, if_match: str | None) -> Member:
    """Return a subscriber, as the asker knows it.

    Raises:
        RefusedError: it is not as the asker knows it.
    """
    known = _listing(request).known(number)
    conditions.demanded(if_match, subscriber_of(known))
    return _member(known)


def _member(known: Known) -> Member:
    if known.subscriber is None:
        raise RefusedError("changed")
    return known.subscriber


@router.delete("/subscribers/{number:int}", status_code=204, **operation("subscribers.erase"))
def erase(
    request: Request,
    number: Number,
    reason: Annotated[str, Query(max_length=200, description="For the record.")] = BY_API,
    if_match: Annotated[str | None, conditions.OPTIONAL] = None,
) -> Response:
    """Forget all about a reader; the address stays suppressed. It cannot be undone."""
    site = site_of(request)
    known = _listing(request).known(number)
    conditions.agreed(if_match, subscriber_of(known))
    address = parse_address(_member(known).address)
    subscribers.erase(site.store, site.settings, site.clock.now(), address, reason)
    return Response(None, 204)


@router.post("/subscribers/{number:int}/remove", **operation("subscribers.remove"))
def remove(request: Request, number: Number, because: Because) -> Standing:
    """Take a reader off the list; no import brings them back."""
    site = site_of(request)
    _, after = subscribers.remove(site.store, site.clock.now(), number, because.reason)
    return Standing(status=after)


@router.post("/subscribers/{number:int}/reinstate", **operation("subscribers.reinstate"))
def reinstate(request: Request, number: Number, because: Because) -> Standing:
    """Send mail again to a reader whose mail came back: you know that the address works."""
    site = site_of(request)
    member = _member(_listing(request).known(number))
    subscribers.reinstate(site.store, site.clock.now(), member, because.reason)
    return Standing(status=Status.ACTIVE)


@router.get("/subscribers/{number:int}/events", **operation("subscribers.history"))
def history(
    request: Request,
    response: Response,
    number: Number,
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> paging.Page[Event]:
    """List the events about a reader, the oldest first.

    A page may hold fewer than `limit`, or none, although `next` says that others follow.
    """
    after = paging.read(cursor, _event_id) or ""
    past = _listing(request).history(number, after=after, most=limit)
    following = paging.written(past.following) if past.following else None
    paging.link(request, response, following)
    return paging.Page(items=[event_of(one) for one in past.found], next=following)


def _event_id(text: str) -> str:
    first, _, second = text.partition("-")
    if not (first.isdecimal() and second.isdecimal()) or len(text) > 40:
        raise ValueError(text)
    return text


@router.get("/subscribers/{number:int}/received", **operation("subscribers.history"))
def received(request: Request, number: Number) -> list[Received]:
    """List the campaigns whose mail to a reader was accepted, the newest first."""
    _listing(request).get(number)
    found = subscribers.editions_received(site_of(request).store, number)
    return [Received.model_validate(one._asdict()) for one in found]


def _place(request: Request, number: int) -> str:
    return site_of(request).path(f"{API}/subscribers/{number}")
