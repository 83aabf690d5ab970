"""Campaigns: the consent of a second person."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field

from mailer.domain.access.approval import Lack, Proposal, Said
from mailer.services.campaigns.approving import Approvals
from mailer.web.api.models import Instant, Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.resources.campaigns.models import campaigns_of
from mailer.web.site import Site, site_of

router = APIRouter(tags=["campaigns"])
_DIGEST = r"^[0-9a-f]{64}$"


class Wish(Model):
    """When a campaign is to go out."""

    at: Instant | None = Field(default=None, description="Null: at once.")


class Consent(Model):
    """A consent to exact terms."""

    terms: str = Field(pattern=_DIGEST, description="`terms` of the proposal that was looked at.")


class Person(Model):
    """Who said something, and when."""

    name: str
    at: datetime


class Proposed(Model):
    """What was proposed, and whether somebody consented."""

    campaign: int
    terms: str = Field(description="Changes with the content, the readers or the time.")
    content: str = Field(description="The version of the content.")
    at: datetime | None = Field(description="When it is to go out; null: at once.")
    readers: int = Field(description="How many would have got it when it was proposed.")
    proposed: Person
    approved: Person | None


class Approval(Model):
    """How a campaign stands with the rule of the second person."""

    campaign: int
    needed: bool
    lack: Lack | None = Field(description="Why it may not go out as proposed; null: it may.")
    proposal: Proposed | None


@router.get("/campaigns/{number}/approval", **operation("campaigns.status"))
def get(request: Request, number: Number) -> Approval:
    """Tell whether a campaign needs a second person, and whether it has one."""
    site = site_of(request)
    found = _approvals(site).standing(campaigns_of(site).find(number))
    proposal = _proposed(number, found.proposal) if found.proposal else None
    return Approval(campaign=number, needed=found.needed, lack=found.lack, proposal=proposal)


@router.post("/campaigns/{number}/propose", **operation("campaigns.propose"))
def propose(request: Request, number: Number, wish: Wish) -> Proposed:
    """Propose a campaign to a second person, as it is now. What was proposed before is void."""
    return _proposed(number, _approvals(site_of(request)).propose(number, wish.at))


@router.post("/campaigns/{number}/approve", **operation("campaigns.approve"))
def approve(request: Request, number: Number, consent: Consent) -> Proposed:
    """Approve what somebody else proposed, on exactly these terms. Sends nothing by itself."""
    return _proposed(number, _approvals(site_of(request)).approve(number, consent.terms))


@router.post("/campaigns/{number}/withdraw", status_code=204, **operation("campaigns.withdraw"))
def withdraw(request: Request, number: Number) -> Response:
    """Take a proposal back, and an approval of it."""
    _approvals(site_of(request)).withdraw(number)
    return Response(status_code=204)


def _approvals(site: Site) -> Approvals:
    return Approvals(site.store, site.settings, site.clock)


def _proposed(number: int, proposal: Proposal) -> Proposed:
    terms = proposal.terms
    return Proposed(
        campaign=number,
        terms=terms.digest,
        content=terms.content,
        at=datetime.fromisoformat(terms.at) if terms.at else None,
        readers=proposal.planned,
        proposed=_person(proposal.proposed),
        approved=_person(proposal.approved) if proposal.approved else None,
    )


def _person(said: Said) -> Person:
    return Person(name=said.name, at=said.at)
