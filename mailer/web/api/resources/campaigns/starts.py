"""Campaigns: let go, stopped, let go on, and ended.

What mails many states how many it expects (law 18): a program has no screen on which a person
would see the number.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field

from mailer.domain.campaigns.campaign import Action
from mailer.errors import InputError
from mailer.services.access.acting import looking
from mailer.services.campaigns.prospect import about_to, errors_of, findings, refuse_errors
from mailer.web.api.models import Local, Model, Name, Number
from mailer.web.api.operation import operation
from mailer.web.api.resources.campaigns.models import Campaign, Sized, campaign_of, campaigns_of
from mailer.web.site import Site, site_of

router = APIRouter(tags=["campaigns"])


class Resumption(Sized):
    """How many deliveries of a paused campaign you expect to be outstanding."""


class Start(Sized):
    """How many readers you expect a campaign to reach, and how it is to go out."""

    not_yet: bool = Field(
        default=False, description="Only readers who have not had it by another campaign."
    )
    force: bool = Field(default=False, description="Also if the edition has errors.")


class Schedule(Start):
    """When a campaign is to start by itself."""

    at: Local = Field(description="Local time in `zone`; or with its own distance from UTC.")
    zone: Name | None = Field(
        default=None, description="IANA name, such as Europe/Zurich; null: UTC."
    )


class Cancelled(Model):
    """A campaign that was ended."""

    skipped: int = Field(description="Deliveries that this request skipped.")
    campaign: Campaign


@router.post("/campaigns/{number}/send", **operation("campaigns.send"))
def send(request: Request, number: Number, start: Start) -> Campaign:
    """Send a campaign now. Each is sent once.

    If another number of readers would get it than is expected, nothing is sent, and the answer
    (409, `other_size`) tells the present number.
    """
    site = site_of(request)
    _check(site, number, Action.SEND, start, "campaigns.send")
    campaigns_of(site).send(number, not_yet=start.not_yet, expected=start.expected())
    return _now(site, number, "campaigns.send")


@router.post("/campaigns/{number}/schedule", **operation("campaigns.schedule"))
def schedule(request: Request, number: Number, start: Schedule) -> Campaign:
    """Let a campaign start by itself, or at another time than before.

    The number of readers is that of now; whoever subscribes until then gets it as well.
    """
    if start.zone and start.at.tzinfo:
        said = "the time tells its own distance from UTC, and the zone another"
        raise InputError.of("zone", said, "give one of them only", code="zone_twice")
    site = site_of(request)
    _check(site, number, Action.SCHEDULE, start, "campaigns.schedule")
    campaigns_of(site).schedule(
        number,
        start.at,
        start.zone or "UTC",
        not_yet=start.not_yet,
        expected=start.expected(),
    )
    return _now(site, number, "campaigns.schedule")


@router.post("/campaigns/{number}/pause", **operation("campaigns.pause"))
def pause(request: Request, number: Number) -> Campaign:
    """Stop a campaign within a second; it can go on later."""
    site = site_of(request)
    campaigns_of(site).pause(number)
    return _now(site, number, "campaigns.pause")


@router.post("/campaigns/{number}/resume", **operation("campaigns.resume"))
def resume(request: Request, number: Number, size: Resumption) -> Campaign:
    """Let a paused campaign go on where it stopped."""
    site = site_of(request)
    campaigns_of(site).resume(number, size.expected())
    return _now(site, number, "campaigns.resume")


@router.post("/campaigns/{number}/cancel", **operation("campaigns.cancel"))
def cancel(request: Request, number: Number) -> Cancelled:
    """End a campaign for good. Mail that has left cannot be called back; the rest is skipped."""
    site = site_of(request)
    _, skipped = campaigns_of(site).cancel(number)
    return Cancelled(skipped=skipped, campaign=_now(site, number, "campaigns.cancel"))


def _check(site: Site, number: int, action: Action, start: Start, act: str) -> None:
    """Refuse what is known to be broken, before it goes out."""
    with looking(act):
        campaign = about_to(site.store, site.settings, number, action, not_yet=start.not_yet)
        if not start.force:
            found = findings(site.store, site.settings, campaign)
            refuse_errors(errors_of(found), campaign.edition)


def _now(site: Site, number: int, act: str) -> Campaign:
    with looking(act):
        return campaign_of(campaigns_of(site).status(number))
