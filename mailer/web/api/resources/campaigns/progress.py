"""Campaigns: how one goes, told as it goes (server-sent events).

All who listen to a campaign in one process are told from the same look at the store, which is taken
once a second at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from mailer.domain.campaigns.campaign import FINAL
from mailer.services.campaigns.status import Status
from mailer.web.api.conditions import tag_of
from mailer.web.api.models import Number
from mailer.web.api.operation import operation
from mailer.web.api.resources.campaigns.models import Campaign, campaign_of, campaigns_of
from mailer.web.api.streams import (
    LOOK_SECONDS,
    SCHEMA,
    EventStream,
    LastEventId,
    Listeners,
    Source,
    Told,
)
from mailer.web.site import site_of

router = APIRouter(tags=["campaigns"])
PROGRESS: Final = "progress"
END: Final = "end"
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events `progress`, each with a campaign as `GET` shows it; at last `end`.",
        "content": {"text/event-stream": {"schema": SCHEMA}},
    },
    204: {"description": "It has ended, and you know how"},
}


@dataclass
class _Seen:
    """The last look at one campaign."""

    listeners: int = 0
    at: float = float("-inf")
    campaign: Campaign | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Looks:
    """Looks at campaigns, once a second each at most, however many ask."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    async def follow(self, number: int, look: Callable[[], Status], last: str = "") -> Source:
        """Yield how a campaign stands whenever that changes, until it has ended.

        Args:
            number: the campaign's.
            look: tells how it stands.
            last: identity of the event that is known already.
        """
        seen = self._seen.setdefault(number, _Seen())
        seen.listeners += 1
        try:
            while True:
                campaign = await _looked(seen, look)
                identity = identity_of(campaign)
                told = Told(identity, PROGRESS, campaign.model_dump(mode="json"))
                yield told if identity != last else None
                last = identity
                if campaign.state in FINAL:
                    yield told._replace(event=END)
                    return
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            seen.listeners -= 1
            if not seen.listeners and self._seen.get(number) is seen:
                del self._seen[number]


async def _looked(seen: _Seen, look: Callable[[], Status]) -> Campaign:
    """Return how a campaign stands, as somebody saw it less than a second ago."""
    now = asyncio.get_running_loop().time
    async with seen.lock:
        if seen.campaign is None or now() - seen.at >= LOOK_SECONDS:
            seen.campaign = campaign_of(await run_in_threadpool(look))
            seen.at = now()
        return seen.campaign


def identity_of(campaign: Campaign) -> str:
    """Name the state of a campaign, so that a listener who comes again is not told it twice."""
    return tag_of(campaign).strip('"')


_listeners: Final = Listeners()
LOOKS: Final = Looks()
"""Shared by all of the process who look at campaigns."""


@router.get(
    "/campaigns/{number}/progress",
    response_class=EventStream,
    responses=_RESPONSES,
    **operation("campaigns.status"),
)
async def progress(request: Request, number: Number, last_event_id: LastEventId = "") -> Response:
    """Follow how a campaign goes, as server-sent events, until it has ended.

    Whoever comes again with `Last-Event-ID` is not told again what they know; if that was the end,
    the answer is 204, which tells a browser to come no more.
    """
    _listeners.check()
    use_cases = campaigns_of(site_of(request))
    found = campaign_of(await run_in_threadpool(use_cases.status, number))
    if found.state in FINAL and last_event_id == identity_of(found):
        return Response(status_code=204)
    source = LOOKS.follow(number, lambda: use_cases.status(number), last_event_id)
    return _listeners.answer(request, source)
