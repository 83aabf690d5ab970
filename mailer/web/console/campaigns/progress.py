"""A campaign's page: the guided send before it begins, its progress from then on, told as it goes.

All who look at a campaign in one process, here or by the API, are told from the same look at the
store, which is taken once a second at most.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from mailer.domain.campaigns.campaign import FINAL, NOT_BEGUN, Content
from mailer.domain.campaigns.campaign import Campaign as Kept
from mailer.services.access.acting import acting_as
from mailer.services.campaigns.status import Status
from mailer.web.api.resources.campaigns.models import Campaign, campaign_of
from mailer.web.api.resources.campaigns.progress import LOOKS, identity_of
from mailer.web.api.streams import STILL, LastEventId, Listeners, Source, Told
from mailer.web.console.areas import may
from mailer.web.console.campaigns.guided import guided_page
from mailer.web.console.campaigns.sending import PATH, use_of
from mailer.web.console.campaigns.wording import Wording
from mailer.web.console.cookies import Cookies
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, show

ACT = "campaigns.status"
_SOON = 60
"""Seconds that are not worth a word beside the time."""

router = APIRouter(route_class=ConsoleRoute)
_listeners = Listeners(of_one=100)


@router.get(PATH + "/{number:int}")
def page(request: Request, visit: Here, _: SignedIn, number: int, step: str = "") -> Response:
    """Show a campaign: the steps to its start, or how it goes."""
    use = use_of(visit)
    campaign = use.find(number)
    if campaign.state in NOT_BEGUN and campaign.content is Content.EDITION:
        return guided_page(request, visit, campaign, step)
    told = campaign_of(use.status(number))
    going = told.state not in FINAL and told.state not in NOT_BEGUN
    return show(
        request,
        visit,
        "campaigns/progress.html.j2",
        going=going,
        live=going,
        **values_of(visit, campaign, told),
    )


@router.get(PATH + "/{number:int}/cancel")
def cancel(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Say what cancelling would do, with its numbers, and ask."""
    use = use_of(visit)
    campaign, told = use.find(number), campaign_of(use.status(number))
    return show(
        request,
        visit,
        "campaigns/cancel.html.j2",
        word=Wording(visit),
        campaign=campaign,
        c=told,
        over=told.state in FINAL,
    )


@router.get(PATH + "/{number:int}/live")
async def live(
    request: Request, visit: Here, signed: SignedIn, number: int, last_event_id: LastEventId = ""
) -> Response:
    """Tell how a campaign goes, as server-sent events, until it has ended."""
    _listeners.check()
    use = use_of(visit)
    campaign = await run_in_threadpool(use.find, number)
    found = campaign_of(await run_in_threadpool(use.status, number))
    if found.state in FINAL and last_event_id == identity_of(found):
        return Response(status_code=204)
    request.scope[STILL] = _still(request, visit)

    def look() -> Status:
        # The answer goes on when the request, and who acts in it, are over.
        with acting_as(signed.actor, visit.site.sessions.recorder):
            return use.status(number)

    source = LOOKS.follow(number, look, last_event_id)
    return _listeners.answer(request, _rendered(visit, campaign, source))


async def _rendered(
    visit: Visit, campaign: Kept, source: Source
) -> AsyncGenerator[Told | None, None]:
    """Make of each look a part of the page, in the language of whoever looks."""
    async with aclosing(source):
        async for told in source:
            if told is None:
                yield None
                continue
            seen = Campaign.model_validate(told.data)
            values = values_of(visit, campaign, seen)
            html = fragment(visit, values)
            said = str(values["bar"])
            yield Told(told.id, told.event, {"html": html, "said": said, "state": seen.state})


def _still(request: Request, visit: Visit) -> Any:
    """Tell, when asked later, whether the session still is, and still may look."""
    secret = Cookies(visit.site.settings.public_url)
    session = secret.of(request, secret.session)

    async def still() -> bool:
        signed = await run_in_threadpool(visit.site.sessions.of, session, visit.visitor)
        return may(signed, ACT)

    return still


def fragment(visit: Visit, values: dict[str, Any]) -> str:
    """Make the part of the page that changes."""
    site = visit.site
    template = site.environment.get_template("console/campaigns/figures.html.j2")
    say = site.say(visit.language)
    return template.render(
        say=say, path=site.path, shown=visit.shown, language=visit.language, **values
    )


def values_of(visit: Visit, campaign: Kept, c: Campaign) -> dict[str, Any]:
    """Return what the page, and the part of it that changes, show."""
    word, shown = Wording(visit), visit.shown
    rate = None
    if c.state == "sending" and c.rate:
        by_minute = c.rate < 1
        number = shown.number(round(c.rate * (60 if by_minute else 1)))
        rate = word.say(
            f"console_campaigns.progress.rate{'_minute' if by_minute else ''}", number=number
        )
    end = None
    if c.state == "sending" and c.remaining_seconds:
        end = shown.now + timedelta(seconds=c.remaining_seconds)
    bar = word.say(
        "console_campaigns.progress.bar",
        accepted=shown.number(c.accepted),
        planned=shown.number(c.planned),
        deferred=shown.number(c.deferred),
        rejected=shown.number(c.rejected),
    )
    return {
        "word": word,
        "campaign": campaign,
        "c": c,
        "rate": rate,
        "end": end,
        "soon": bool(c.remaining_seconds) and (c.remaining_seconds or 0) < _SOON,
        "bar": bar,
        "holds": [word.hold(one.code, one.facts) for one in c.holds],
    }
