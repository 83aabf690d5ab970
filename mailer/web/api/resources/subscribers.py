"""Subscribers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from mailer.services.subscriptions import subscribers
from mailer.web.api.operation import operation
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])


class Counts(BaseModel):
    """The number of subscribers; by language, topic and tag only the active ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    total: int
    by_status: dict[str, int]
    by_language: dict[str, int]
    by_topic: dict[str, int]
    by_tag: dict[str, int]
    suppressed: int


@router.get("/subscribers/count", **operation("subscribers.count"))
def count(request: Request) -> Counts:
    """Count the subscribers."""
    found = subscribers.count(site_of(request).store)
    return Counts(
        total=found.total,
        by_status=dict(found.by_status),
        by_language=dict(found.by_language),
        by_topic=dict(found.by_topic),
        by_tag=dict(found.by_tag),
        suppressed=found.suppressed,
    )
