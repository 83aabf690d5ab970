"""Campaigns: made, listed, looked at before they go, and tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.domain.campaigns.delivery import Outcome
from mailer.services.access.acting import looking
from mailer.services.campaigns import prospect
from mailer.services.campaigns.trial import Trial, Trials
from mailer.web.api import conditions, paging
from mailer.web.api.models import NO_SUCH, Line, Model, Name, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Page
from mailer.web.api.resources.campaigns.models import (
    MOST,
    Campaign,
    campaign_of,
    campaigns_of,
)
from mailer.web.api.resources.editions import Finding, findings_of
from mailer.web.middleware import API
from mailer.web.site import site_of

router = APIRouter(tags=["campaigns"])


class Draft(Model):
    """A campaign to be made: an edition for the subscribers of a topic."""

    edition: Name
    topic: Name
    tags: tuple[Name, ...] = Field(
        default=(), max_length=50, description="Only readers with one of these."
    )
    rule: str = Field(
        default="",
        max_length=4000,
        description="Only readers who fit this audience rule, such as `segment:press and lang:fr`.",
    )
    not_yet: bool = Field(
        default=False, description="Only readers who have not had it by another campaign."
    )


class Share(Model):
    """The readers whom one campaign reached, reaches or may have reached."""

    campaign: int
    readers: int


class Forecast(Model):
    """A campaign as it would go out now."""

    campaign: int
    readers: int = Field(description="What `send` and `schedule` want to be told.")
    by_language: Mapping[str, int]
    had: int = Field(description="How many of its readers had the edition by other campaigns.")
    had_by: tuple[Share, ...]


class Preflight(Model):
    """What is to be mended in a campaign's edition."""

    campaign: int
    errors: int = Field(description="They keep it from being sent, unless `force` is said.")
    warnings: int
    findings: tuple[Finding, ...]


class Test(Model):
    """An address to which one message for each language is sent now."""

    to: Line
    languages: tuple[Name, ...] = Field(default=(), max_length=100, description="Empty: all.")


class Tried(Model):
    """What became of the message in one language."""

    language: str
    outcome: Outcome
    relay: str
    code: int
    enhanced: str
    text: str


class Tests(Model):
    """What became of a test."""

    messages: tuple[Tried, ...]
    accepted: bool = Field(description="Whether the relays took all of them.")


@router.post("/campaigns", status_code=201, responses=NO_SUCH, **operation("campaigns.create"))
def create(request: Request, response: Response, draft: Draft) -> Campaign:
    """Make a campaign: a draft, that sends nothing."""
    site = site_of(request)
    use_cases = campaigns_of(site)
    made = use_cases.create(
        draft.edition, draft.topic, draft.tags, not_yet=draft.not_yet, rule=draft.rule
    )
    response.headers["Location"] = site.path(f"{API}/campaigns/{made.number}")
    with looking("campaigns.create"):
        return campaign_of(use_cases.status(made.number))


@router.get("/campaigns", **operation("campaigns.list"))
def list_(
    request: Request,
    response: Response,
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="Most items of the page.")] = 20,
) -> Page[Campaign]:
    """List the campaigns, the newest first."""
    found = campaigns_of(site_of(request)).page(paging.number(cursor), limit + 1)
    following = paging.written(found[limit - 1].campaign.number) if len(found) > limit else None
    paging.link(request, response, following)
    return Page(items=[campaign_of(one) for one in found[:limit]], next=following)


@router.get(
    "/campaigns/{number}",
    response_model=Campaign,
    responses=conditions.SHOWN,
    **operation("campaigns.status"),
)
def get(request: Request, number: Number) -> Response:
    """Tell how a campaign stands."""
    return conditions.shown(request, campaign_of(campaigns_of(site_of(request)).status(number)))


@router.get("/campaigns/{number}/forecast", **operation("campaigns.status"))
def forecast(
    request: Request,
    number: Number,
    *,
    not_yet: Annotated[bool, Query(description="As for `send`.")] = False,
) -> Forecast:
    """Tell who would get a campaign if it went out now, and who has had it already."""
    site = site_of(request)
    campaign = prospect.as_sent(campaigns_of(site).find(number), not_yet=not_yet)
    found = prospect.prospect(site.store, site.settings, campaign)
    return Forecast(
        campaign=number,
        readers=found.total,
        by_language=dict(found.planned),
        had=found.had.total,
        had_by=tuple(Share(campaign=one, readers=count) for one, count in found.had.by),
    )


@router.get("/campaigns/{number}/findings", **operation("campaigns.status"))
def findings(request: Request, number: Number) -> Preflight:
    """List what is to be mended in a campaign's edition before it goes out."""
    site = site_of(request)
    found = prospect.findings(site.store, site.settings, campaigns_of(site).find(number))
    errors = len(prospect.errors_of(found))
    return Preflight(
        campaign=number,
        errors=errors,
        warnings=len(found) - errors,
        findings=findings_of(found),
    )


@router.post("/campaigns/{number}/test", **operation("campaigns.test"))
def test(request: Request, number: Number, wanted: Test) -> Tests:
    """Send one real message for each language to an address, now.

    The subject begins with [Test fr]. The campaign and its books stay as they are.
    """
    site = site_of(request)
    trials = Trials(site.store, site.settings, site.clock)
    sent = trials.send(number, wanted.to, wanted.languages)
    return Tests(messages=tuple(map(_tried, sent)), accepted=all(trial.accepted for trial in sent))


def _tried(trial: Trial) -> Tried:
    attempt = trial.attempt
    return Tried(
        language=trial.language,
        outcome=attempt.outcome,
        relay=trial.relay,
        code=attempt.code,
        enhanced=attempt.enhanced,
        text=attempt.text,
    )
