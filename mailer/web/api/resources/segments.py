"""Audience rules: given names, counted, and listed reader by reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from mailer.domain.subscribers.subscriber import Status
from mailer.services.segments import preview
from mailer.services.segments.named import Agree, Definition, Segments
from mailer.web.api import conditions, paging
from mailer.web.api.models import Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.api.refusals import RefusedError
from mailer.web.middleware import API
from mailer.web.site import Site, site_of

router = APIRouter(tags=["segments"])
LONGEST = 4000
"""Characters of a rule."""
Name = Annotated[str, Path(min_length=1, max_length=100)]
Rule = Annotated[
    str, Query(min_length=1, max_length=LONGEST, description="Such as `lang:fr and tag:press`.")
]


class Segment(Model):
    """An audience rule with a name."""

    name: str
    rule: str
    version: int
    changed_at: datetime


class Use(Model):
    """What speaks of a segment; as long as something does, it stays."""

    campaigns: tuple[int, ...]
    segments: tuple[str, ...]
    entries: tuple[str, ...]


class NewRule(Model):
    """A rule for a name."""

    rule: str = Field(min_length=1, max_length=LONGEST)


class NewName(Model):
    """Another name."""

    name: str = Field(min_length=1, max_length=100)


class Count(Model):
    """Whom a rule is about, as of now."""

    rule: str = Field(description="In its canonical form, without names of segments.")
    members: int = Field(description="All of whom it holds, whatever their status.")
    planned: int = Field(description="Of those, who would be mailed.")
    by_language: Mapping[str, int]


class Reader(Model):
    """A reader of whom a rule holds."""

    subscriber: int
    address: str
    language: str
    status: Status


@router.get("/segments", **operation("segments.list"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Segment]:
    """List the segments, by name."""
    after = paging.read(cursor, str)
    found = _segments(site_of(request)).all()
    rest = [one for one in found if after is None or one.name > after]
    following = paging.written(rest[limit - 1].name) if len(rest) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_segment, rest[:limit])], next=following)


@router.get("/audience/count", **operation("segments.preview"))
def count(request: Request, rule: Rule) -> Count:
    """Count whom a rule is about, by language. Changes nothing."""
    site = site_of(request)
    found = preview.preview(site.store, site.settings, rule)
    return Count(
        rule=found.rule,
        members=found.members,
        planned=found.planned,
        by_language=dict(found.by_language),
    )


@router.get("/audience/readers", **operation("subscribers.list"))
def readers(
    request: Request, response: Response, rule: Rule, *, cursor: Cursor = "", limit: Limit = 100
) -> Page[Reader]:
    """List those of whom a rule holds."""
    site, after = site_of(request), paging.number(cursor)
    found = preview.page(site.store, site.settings, rule, after=after, size=limit)
    following = paging.written(found.after) if found.after else None
    paging.link(request, response, following)
    items = [
        Reader(subscriber=one.number, address=one.address, language=one.language, status=one.status)
        for one in found.subscribers
    ]
    return Page(items=items, next=following)


@router.get(
    "/segments/{name}",
    response_model=Segment,
    responses=conditions.SHOWN,
    **operation("segments.list"),
)
def get(request: Request, name: Name) -> Response:
    """Tell the rule of a segment."""
    return conditions.shown(request, _segment(_segments(site_of(request)).get(name)))


@router.get("/segments/{name}/use", **operation("segments.list"))
def use(request: Request, name: Name) -> Use:
    """Tell what speaks of a segment."""
    segments = _segments(site_of(request))
    found = segments.used(segments.get(name).name)
    return Use(campaigns=found.campaigns, segments=found.segments, entries=found.entries)


@router.put(
    "/segments/{name}",
    response_model=Segment,
    responses=conditions.SHOWN,
    **operation("segments.define"),
)
def define(
    request: Request, name: Name, wanted: NewRule, *, if_match: conditions.IfMatch = None
) -> Response:
    """Give a rule a name, or a name another rule. Campaigns that have not begun follow it."""
    site = site_of(request)
    return conditions.shown(
        request, _segment(_segments(site).define(name, wanted.rule, _agree(if_match)))
    )


@router.post("/segments/{name}/rename", response_model=Segment, **operation("segments.rename"))
def rename(
    request: Request, name: Name, wanted: NewName, *, if_match: conditions.IfMatch = None
) -> Response:
    """Give a segment another name; refused while something speaks of it."""
    site = site_of(request)
    made = _segments(site).rename(name, wanted.name, _agree(if_match))
    headers = {"Location": site.path(f"{API}/segments/{made.name}")}
    return conditions.shown(request, _segment(made), headers=headers)


@router.delete("/segments/{name}", status_code=204, **operation("segments.remove"))
def remove(request: Request, name: Name, *, if_match: conditions.IfMatch = None) -> Response:
    """Forget a segment; refused while something speaks of it."""
    site = site_of(request)
    _segments(site).remove(name, _agree(if_match))
    return Response(status_code=204)


def _agree(given: str | None) -> Agree | None:
    """Return what refuses a change of another segment than whoever asks has seen."""
    if given is None:
        return None

    def agree(known: Definition | None) -> None:
        if known is None:
            raise RefusedError("changed")
        conditions.agreed(given, _segment(known))

    return agree


def _segments(site: Site) -> Segments:
    return Segments(site.store, site.settings, site.clock)


def _segment(one: Definition) -> Segment:
    return Segment(name=one.name, rule=one.rule, version=one.version, changed_at=one.changed_at)
