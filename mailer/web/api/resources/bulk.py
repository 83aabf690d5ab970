"""What is done to many readers at once: to a choice of them, or to some by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mailer.domain.subscribers.subscriber import MOST_TAGS, Status
from mailer.services.subscriptions import bulk
from mailer.services.subscriptions.listing import Filter
from mailer.web.api.operation import operation
from mailer.web.api.resources import jobs
from mailer.web.api.resources.imports import Prefer
from mailer.web.api.resources.reports import Tally
from mailer.web.api.resources.subscriber_models import Reason, Word
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])

_GIVEN = ConfigDict(frozen=True, extra="forbid")
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": jobs.Job, "description": "A worker does it"}
}


class Choice(BaseModel):
    """A choice of subscribers: those to whom all of it applies."""

    model_config = _GIVEN

    q: str = Field(default="", max_length=320, description="A text in the address or the name.")
    status: Status | None = None
    language: str = Field(default="", max_length=40)
    topic: str = Field(default="", max_length=40)
    tag: str = Field(default="", max_length=40)
    rule: str = Field(default="", max_length=2000, description="An audience rule.")


class Whom(BaseModel):
    """Whom it is about, and how many you take them to be."""

    model_config = _GIVEN

    numbers: Annotated[Sequence[int], Field(min_length=1, max_length=bulk.MOST_NAMED)] | None = None
    choice: Choice | None = None
    expected: int = Field(
        ge=1, description="How many they are; where it is another number, nothing is done."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Whom:
        if (self.numbers is None) == (self.choice is None):
            raise ValueError("give either numbers or a choice")
        return self


class Tagging(Whom):
    """Which tags whom is given, and which are taken away."""

    add: Annotated[Sequence[Word], Field(max_length=MOST_TAGS)] = ()
    remove: Annotated[Sequence[Word], Field(max_length=MOST_TAGS)] = ()


class ForReason(Whom):
    """Whom it is done to, and why."""

    reason: Annotated[Reason, Field(min_length=1)]


@router.post(
    "/subscribers/tag",
    response_model=Tally,
    responses=_RESPONSES,
    **operation("subscribers.change"),
)
def tag(request: Request, wanted: Tagging, prefer: Prefer = None) -> Tally | Response:
    """Give tags to many readers, and take tags from them; of more than 1,000 a worker does it."""
    site, members = site_of(request), _members(request, wanted)
    tags = {"add": [*wanted.add], "remove": [*wanted.remove]}
    if _is_long(members, prefer):
        return _accepted(request, site.jobs.put_tagging(members, tags))
    return _told(site.bulk.tag(members, wanted.add, wanted.remove))


@router.post(
    "/subscribers/remove",
    response_model=Tally,
    responses=_RESPONSES,
    **operation("subscribers.remove"),
)
def remove(request: Request, wanted: ForReason, prefer: Prefer = None) -> Tally | Response:
    """Take many readers off the list; of more than 1,000 a worker does it."""
    site, members = site_of(request), _members(request, wanted)
    if _is_long(members, prefer):
        return _accepted(request, site.jobs.put_removing(members, wanted.reason))
    return _told(site.bulk.remove(members, wanted.reason))


@router.post(
    "/subscribers/suppress",
    response_model=Tally,
    responses=_RESPONSES,
    **operation("subscribers.suppress"),
)
def suppress(request: Request, wanted: ForReason, prefer: Prefer = None) -> Tally | Response:
    """Never mail many readers' addresses again; of more than 1,000 a worker does it."""
    site, members = site_of(request), _members(request, wanted)
    if _is_long(members, prefer):
        return _accepted(request, site.jobs.put_suppressing(members, wanted.reason))
    return _told(site.bulk.suppress(members, wanted.reason))


@router.post(
    "/subscribers/erase",
    response_model=Tally,
    responses=_RESPONSES,
    **operation("subscribers.erase"),
)
def erase(request: Request, wanted: ForReason, prefer: Prefer = None) -> Tally | Response:
    """Forget all about many readers; it cannot be undone. Of more than 1,000 a worker does it."""
    site, members = site_of(request), _members(request, wanted)
    if _is_long(members, prefer):
        return _accepted(request, site.jobs.put_erasing(members, wanted.reason))
    return _told(site.bulk.erase(members, wanted.reason))


def _members(request: Request, wanted: Whom) -> int:
    return site_of(request).bulk.members(_choice(wanted), wanted.expected)


def _choice(wanted: Whom) -> Filter | Sequence[int]:
    one = wanted.choice
    if one is None:
        return wanted.numbers or ()
    return Filter(one.q.strip(), one.status or "", one.language, one.topic, one.tag, one.rule)


def _is_long(members: int, prefer: str | None) -> bool:
    return members.bit_count() > bulk.AT_ONCE or jobs.wants_job(prefer)


def _accepted(request: Request, number: int) -> JSONResponse:
    return jobs.accepted(request, number)


def _told(tally: bulk.Tally) -> Tally:
    return Tally.model_validate(asdict(tally))
