"""The audit log: read, checked, and given out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, JsonValue

from mailer.domain.access import audit as domain
from mailer.domain.access.audit import Phase
from mailer.services.access import audit
from mailer.web import exports
from mailer.web.api import paging
from mailer.web.api.models import Model
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.site import site_of

router = APIRouter(tags=["audit"])
_NOTE = r"^([1-9][0-9]{0,15}:[0-9a-fA-F]{12,64})?$"


class Entry(Model):
    """One act, as it ended."""

    number: int
    at: datetime
    actor: str
    name: str
    via: str
    origin: str
    act: str
    phase: Phase
    begun: int = Field(description="Number of the entry with which it began; 0: this one.")
    facts: Mapping[str, JsonValue] | None
    before: Mapping[str, JsonValue] | None
    after: Mapping[str, JsonValue] | None
    code: str = Field(description="Of the error that ended it.")
    mac: str


class Flaw(Model):
    """A place where the chain does not hold."""

    number: int
    text: str


class Verdict(Model):
    """Whether the log is whole."""

    whole: bool
    first: int
    last: int = Field(description="0: the log is empty.")
    note: str = Field(description="Keep it elsewhere: as `noted` it shows what was cut off.")
    flaws: tuple[Flaw, ...]


@router.get("/audit", **operation("audit.read"))
def list_(
    request: Request, response: Response, cursor: Cursor = "", limit: Limit = 100
) -> Page[Entry]:
    """List what was done, the newest first."""
    found = audit.newest(site_of(request).store, limit + 1, paging.number(cursor))
    following = paging.written(found[limit - 1].number) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[*map(_entry, found[:limit])], next=following)


@router.get("/audit/verify", **operation("audit.verify"))
def verify(
    request: Request,
    noted: Annotated[
        str, Query(pattern=_NOTE, description="`note` of a former answer: was the log cut off?")
    ] = "",
) -> Verdict:
    """Check that no entry was changed, removed or put between."""
    site = site_of(request)
    number, _, mac = noted.partition(":")
    found = audit.verify(site.store, site.settings, number=int(number or 0), mac=mac)
    return Verdict(
        whole=found.whole,
        first=found.first,
        last=found.last,
        note=f"{found.last}:{found.mac[:16]}" if found.last else "",
        flaws=tuple(Flaw(number=one.number, text=one.text) for one in found.flaws),
    )


@router.get(
    "/audit/export",
    response_class=StreamingResponse,
    responses=exports.described(exports.LINES, "All entries as JSON, one a line"),
    **operation("audit.export"),
)
def export(request: Request) -> Response:
    """Give out all entries as JSON, one a line, oldest first."""
    store = site_of(request).store
    return exports.written(lambda file: audit.export(store, file), exports.LINES, "audit.jsonl")


def _entry(one: domain.Entry) -> Entry:
    return Entry.model_validate(one, from_attributes=True)
