"""The list of campaigns, and the page on which one is begun."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from mailer.domain.campaigns.campaign import State
from mailer.errors import InputError, NotFoundError, Problem
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.listing import listed
from mailer.web.console.campaigns.wording import Wording
from mailer.web.console.finding import DOINGS, FINDERS, Hit
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.wrong import NOTHING, Wrong, wrong

PATH = "/console/campaigns"
MOST = 25

router = APIRouter(route_class=ConsoleRoute)


def find(visit: Visit, q: str) -> Iterator[Hit]:
    """Find campaigns for the palette: by edition, topic or number, the newest first."""
    if visit.may("campaigns.list"):
        word, kind = Wording(visit), visit.site.say(visit.language)("console_frame.found_campaign")
        for row in listed(visit.site.store, words=q, most=4).rows:
            one = row.campaign
            yield Hit(f"{word.what(one)} ({one.number})", f"{PATH}/{one.number}", kind)


FINDERS.append(find)
DOINGS.append(("console_campaigns.new", f"{PATH}/new", "campaigns.create"))


@router.get(PATH)
def page(request: Request, visit: Here, _: SignedIn) -> Response:
    """List campaigns, the newest first; by state and words of the address."""
    asked = request.query_params
    state, words = asked.get("state", ""), asked.get("q", "")[:100]
    states = [State(state)] if state in set(State) else []
    before = _number(asked.get("before", ""))
    found = listed(visit.site.store, states, words, before, MOST)
    kept = {name: value for name, value in (("state", state), ("q", words)) if value}
    further = f"{PATH}?{urlencode(kept | {'before': found.next})}" if found.next else ""
    return show(
        request,
        visit,
        "campaigns/list.html.j2",
        word=Wording(visit),
        rows=found.rows,
        states=list(State),
        state=state if states else "",
        q=words,
        next=further,
        first=f"{PATH}?{urlencode(kept)}" if before else "",
    )


@router.get(f"{PATH}/new")
def new(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask which edition is to be sent."""
    return _new(request, visit)


@router.post(f"{PATH}/new")
def make(request: Request, visit: Here, _: SignedIn) -> Response:
    """Make a draft, and lead to it."""
    settings, fields = visit.site.settings, visit.fields
    use = Campaigns(visit.site.store, settings, visit.site.clock)
    slug = fields.one("edition")
    try:
        made = use.create(slug, settings.topics.default)
    except NotFoundError as error:
        missing = InputError([Problem("edition", str(error), code="missing")])
        return _new(request, visit, wrong(visit.site.say(visit.language), missing), 422)
    told = Notice("console_campaigns.say.made")
    return lead(visit, f"{PATH}/{made.number}?step=who", told)


def _new(request: Request, visit: Visit, problems: Wrong = NOTHING, status: int = 200) -> Response:
    word = Wording(visit)
    asked = request.query_params.get("edition", "")
    return show(
        request,
        visit,
        "campaigns/new.html.j2",
        word=word,
        editions=[(slug, word.edition(slug)) for slug in word.editions],
        chosen=asked,
        wrong=problems,
        status=status,
    )


def _number(text: str) -> int:
    """Read the number of a campaign; 0: it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
