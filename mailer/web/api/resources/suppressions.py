"""Addresses that are never mailed; kept as keyed hashes, so that they cannot be listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from mailer.domain.subscribers.address import parse_address
from mailer.services.subscriptions import subscribers
from mailer.web.api.operation import operation
from mailer.web.api.resources.subscriber_models import (
    Address,
    Reason,
    Suppressed,
    suppressed_of,
)
from mailer.web.site import site_of

router = APIRouter(tags=["suppressions"])

_EXACT = ConfigDict(frozen=True, extra="forbid")
_GIVEN = ConfigDict(frozen=True, extra="forbid", strict=True)


class Suppressing(BaseModel):
    """An address, and why it is suppressed or not any more."""

    model_config = _GIVEN

    address: Address
    reason: Annotated[Reason, Field(min_length=1)]


class Done(BaseModel):
    """Whether anything changed."""

    model_config = _EXACT

    changed: bool


class Checking(BaseModel):
    """Addresses to be looked up."""

    model_config = _GIVEN

    addresses: Annotated[Sequence[Address], Field(min_length=1, max_length=1000)]


class Checked(BaseModel):
    """What is known of each, in the order in which they were asked for."""

    model_config = _EXACT

    found: Sequence[Suppressed | None] = Field(description="null: it is not suppressed.")


@router.post("/suppressions", **operation("subscribers.suppress"))
def suppress(request: Request, wanted: Suppressing) -> Done:
    """Never mail an address again, whether or not a subscriber has it."""
    site = site_of(request)
    address = parse_address(wanted.address)
    new = subscribers.suppress(site.store, site.settings, site.clock.now(), address, wanted.reason)
    return Done(changed=new)


@router.post("/suppressions/lift", **operation("subscribers.unsuppress"))
def lift(request: Request, wanted: Suppressing) -> Done:
    """Lift a suppression, at the owner's wish; it changes no status."""
    site = site_of(request)
    address = parse_address(wanted.address)
    lifted = subscribers.unsuppress(
        site.store, site.settings, site.clock.now(), address, wanted.reason
    )
    return Done(changed=lifted)


@router.post("/suppressions/check", **operation("subscribers.find"))
def check(request: Request, wanted: Checking) -> Checked:
    """Tell of addresses whether they are suppressed."""
    addresses = [parse_address(one) for one in wanted.addresses]
    found = site_of(request).listing.suppressed(addresses)
    return Checked(found=[suppressed_of(one) for one in found])
