"""Campaigns: changed before they begin, paced, reported, and what ended badly tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.report import Advice
from mailer.domain.inbound.kinds import Reason, Severity
from mailer.services.access.acting import looking
from mailer.services.campaigns.again import Again, Resolution
from mailer.services.campaigns.drafting import Change, Drafts
from mailer.services.campaigns.report import Reports
from mailer.services.campaigns.speed import set_speed
from mailer.web.api.models import NO_SUCH, Local, Model, Name, Number
from mailer.web.api.operation import operation
from mailer.web.api.resources.campaigns.models import Campaign, Sized, campaign_of, campaigns_of
from mailer.web.middleware import API
from mailer.web.site import Site, site_of

router = APIRouter(tags=["campaigns"])
Rate = Annotated[str, StringConstraints(max_length=100)]


class DraftChange(Model):
    """What of a draft changes; what is not named stays."""

    edition: Name | None = None
    topic: Name | None = None
    tags: tuple[Name, ...] | None = Field(default=None, max_length=50)
    rule: str | None = Field(default=None, max_length=4000, description="Empty: no rule.")
    not_yet: bool | None = None
    at: Local | None = Field(
        default=None, description="When it is meant to go out. Nothing starts by it."
    )
    zone: Name | None = Field(default=None, description="IANA name; null: UTC.")
    at_once: bool = Field(default=False, description="Forget a time given before.")


class Speed(Model):
    """How fast a campaign may go out."""

    speed: Rate = Field(description="Such as `600 a minute`; empty: no limit of its own.")


class Retry(Sized):
    """How many deliveries you expect to be tried again."""


class Decision(Sized):
    """What becomes of deliveries whose outcome is unknown."""

    resolution: Resolution


class Done(Model):
    """What a request did."""

    count: int = Field(description="Deliveries; of those to be tried again at most 50,000 at once.")
    campaign: Campaign


class Stretch(Model):
    """Outcomes within a stretch of time."""

    begin: datetime
    seconds: int
    accepted: int
    rejected: int


class Because(Model):
    """How many were refused, or came back, for one reason."""

    reason: Reason
    severity: Severity
    passing: bool = Field(description="Whether it may be over by now.")
    count: int
    advice: Advice


class Outcomes(Model):
    """What came of the deliveries to some domain."""

    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    bounced: int
    complained: int
    left: int


class Domain(Outcomes):
    """What came of the deliveries to one domain."""

    domain: str = Field(description="Empty: of readers who were erased since.")


class Tally(Model):
    """Deliveries by domain and by reason."""

    domains: tuple[Domain, ...] = Field(description="The twenty with most readers.")
    others: Outcomes
    other_domains: int
    refused: tuple[Because, ...]
    returned: tuple[Because, ...]


class Report(Model):
    """What came of a campaign."""

    campaign: int
    state: State
    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    outstanding: int
    balanced: bool
    bounced: int = Field(description="Of those accepted, how many came back.")
    complained: int
    left: int = Field(description="Readers who left the list by its mail.")
    by_language: Mapping[str, Mapping[str, int]]
    by_skip_reason: Mapping[str, int]
    over_time: tuple[Stretch, ...]
    tally: Tally | None = Field(description="Null: a job counts it; ask again.")
    counted_at: datetime | None
    recounting: bool
    passing: int = Field(description="Rejected ones that `retry` tries again.")
    unresolved: int = Field(description="Unknown ones that `resolve` decides about.")
    missed: int = Field(description="Readers whom a campaign by `repeat` would reach now.")


@router.patch("/campaigns/{number}", responses=NO_SUCH, **operation("campaigns.change"))
def change(request: Request, number: Number, wanted: DraftChange) -> Campaign:
    """Change a draft. What was approved of it is void if it is other than that."""
    site = site_of(request)
    told = wanted.model_dump(exclude={"zone"})
    given = Change(**told, zone=wanted.zone or "UTC")
    Drafts(site.store, site.settings, site.clock).change(number, given)
    return _now(site, number, "campaigns.change")


@router.put("/campaigns/{number}/speed", **operation("campaigns.speed"))
def speed(request: Request, number: Number, wanted: Speed) -> Campaign:
    """Limit how fast a campaign goes out, also while it is sending."""
    site = site_of(request)
    set_speed(site.store, site.clock, number, wanted.speed)
    return _now(site, number, "campaigns.speed")


@router.get("/campaigns/{number}/report", **operation("campaigns.report"))
def report(request: Request, number: Number) -> Report:
    """Tell what came of a campaign: sums, domains, reasons, and what can be done about each."""
    site = site_of(request)
    found = Reports(site.store, site.settings, site.clock).of(number)
    return Report.model_validate(found.as_json())


@router.post("/campaigns/{number}/retry", **operation("campaigns.retry"))
def retry(request: Request, number: Number, size: Retry) -> Done:
    """Try those again whom a relay refused for a reason that may be over."""
    site = site_of(request)
    count = _again(site).retry(number, size.expected())
    return Done(count=count, campaign=_now(site, number, "campaigns.retry"))


@router.post("/campaigns/{number}/resolve", **operation("campaigns.resolve"))
def resolve(request: Request, number: Number, wanted: Decision) -> Done:
    """Count deliveries whose outcome is unknown as accepted, or send them again."""
    site = site_of(request)
    count = _again(site).resolve(number, wanted.resolution, wanted.expected())
    return Done(count=count, campaign=_now(site, number, "campaigns.resolve"))


@router.post("/campaigns/{number}/repeat", status_code=201, **operation("campaigns.create"))
def repeat(request: Request, response: Response, number: Number) -> Campaign:
    """Make a draft with the same edition for the readers whom a campaign missed."""
    site = site_of(request)
    made = _again(site).make_for_missed(number)
    response.headers["Location"] = site.path(f"{API}/campaigns/{made.number}")
    return _now(site, made.number, "campaigns.create")


def _again(site: Site) -> Again:
    return Again(site.store, site.settings, site.clock)


def _now(site: Site, number: int, act: str) -> Campaign:
    with looking(act):
        return campaign_of(campaigns_of(site).status(number))
