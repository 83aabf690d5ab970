"""A campaign as the API tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Self

from pydantic import ConfigDict, Field, model_validator

from mailer.domain.campaigns.campaign import Content, State
from mailer.domain.campaigns.hold import Code
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.web.api.models import SAID, Model, Size
from mailer.web.site import Site

MOST: Final = 100
"""Campaigns of one page at most: each is counted anew."""


class Sized(Size):
    """A request that has to say a size."""

    model_config = ConfigDict(json_schema_extra=SAID)

    @model_validator(mode="after")
    def _said(self) -> Self:
        self.expected()
        return self


class Holding(Model):
    """One thing that holds a campaign back."""

    code: Code
    facts: Mapping[str, str | int]


class Campaign(Model):
    """A campaign: what it sends to whom, how it stands, and its books (law 2)."""

    campaign: int = Field(description="Its number.")
    content: Content
    edition: str
    entry: str | None = Field(default=None, description="The calendar entry that it is about.")
    occurrence: str | None = None
    offset: str | None = None
    topic: str
    rule: str = Field(description="The audience rule that its readers fit; empty: none.")
    resolved: str = Field(description="The rule with which it started.")
    not_yet: bool = Field(description="Whether those who had the edition are left out.")
    state: State
    pauses_itself: bool
    reason: str
    held_by: tuple[str, ...] = Field(description="What holds it back now, while it is sending.")
    holds: tuple[Holding, ...] = Field(
        description="The same, for programs; also if it stands still."
    )
    speed: str = Field(description="Its own rate limit; empty: none.")
    among: int | None = Field(description="Only readers in the audience of that campaign.")
    wanted_at: datetime | None = Field(description="When a draft is meant to go out.")
    wanted_zone: str
    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    outstanding: int
    deferred: int
    throttled: int
    in_flight: int
    resend: int
    resent: int
    bounced: int
    complained: int
    balanced: bool
    by_language: Mapping[str, Mapping[str, int]]
    by_skip_reason: Mapping[str, int]
    rate: float = Field(description="Deliveries settled a second.")
    remaining_seconds: float | None
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


def campaign_of(status: Status) -> Campaign:
    """Return the model of a campaign's status."""
    return Campaign.model_validate(status.as_json())


def campaigns_of(site: Site) -> Campaigns:
    """Return the use cases."""
    return Campaigns(site.store, site.settings, site.clock)
