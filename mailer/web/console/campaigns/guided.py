"""The guided send: from an edition to the last button, in five steps on one page.

All that was chosen stands in the draft: whoever comes back, or a second person, finds it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Request, Response
from markupsafe import Markup

from mailer.domain.access.approval import Lack
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.domain.campaigns.mornings import mornings
from mailer.services.access.acting import current
from mailer.services.campaigns.approving import Approvals, Standing
from mailer.services.campaigns.drafting import last_test
from mailer.services.campaigns.prospect import Prospect, errors_of, findings, prospect
from mailer.services.segments.named import Segments
from mailer.services.sending import contents
from mailer.web.console.campaigns.wording import Wording
from mailer.web.console.route import Visit, show
from mailer.web.console.wrong import NOTHING, Wrong

STEPS: Final = ("what", "who", "when", "test", "approve")
SEGMENT: Final = "segment:"


@dataclass(frozen=True, slots=True)
class Typed:
    """What a refused form held, so that nothing of it is lost."""

    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Wrong = NOTHING
    said: str = ""
    """A sentence above the steps, if the form was not wrong in itself."""
    status: int = 200


def guided_page(
    request: Request,
    visit: Visit,
    campaign: Campaign,
    step: str = "",
    typed: Typed = Typed(),
) -> Response:
    """Make the page of a campaign that has not begun.

    Args:
        request: what asks for it.
        visit: likewise.
        campaign: a draft, or one that is scheduled or held; of an edition.
        step: the one that is open; none: the first that is not done.
        typed: what a refused form held.
    """
    site = visit.site
    word = Wording(visit)
    found = prospect(site.store, site.settings, campaign)
    changeable = campaign.state is not State.SCHEDULED and visit.may("campaigns.change")
    content = contents.load(site.store, site.settings, campaign)
    version = content.version
    test = last_test(campaign)
    tested = test is not None and test.accepted and test.version == version
    if step not in STEPS or not (changeable or step in {"when", "approve"}):
        step = "approve" if tested or not changeable else "test"
    values: dict[str, Any] = {
        "test": test,
        "tested": tested,
        "outdated": test is not None and test.version != version,
        "spoken": content.languages,
    }
    if step == "who":
        values |= _who(visit, campaign, typed)
    elif step == "when":
        values |= _when(visit, campaign, word, typed)
    elif step == "test":
        values["errors"] = len(errors_of(findings(site.store, site.settings, campaign)))
    elif step == "approve":
        values |= _approve(visit, campaign)
    return show(
        request,
        visit,
        "campaigns/guided.html.j2",
        word=word,
        campaign=campaign,
        found=found,
        step=step,
        changeable=changeable,
        summary=_summary(word, campaign, found),
        past=campaign.wanted_at is not None and campaign.wanted_at <= site.clock.now(),
        typed=typed.values,
        said=typed.said,
        wrong=typed.wrong,
        status=typed.status,
        **values,
    )


def _summary(word: Wording, campaign: Campaign, found: Prospect) -> str:
    """Say the whole in a sentence or two."""
    at, zone = campaign.wanted_at, campaign.wanted_zone
    if campaign.state is State.SCHEDULED:
        at, zone = campaign.scheduled_at, campaign.zone
    said = [
        word.say(
            f"console_campaigns.send.sentence_{'at' if at else 'now'}",
            edition=word.what(campaign),
            readers=word.readers(found.total),
            shares=word.shares(found.planned),
            when=word.moment(at, zone) if at else "",
        )
    ]
    said += instead(word, found)
    return word.lines(said)


def instead(word: Wording, found: Prospect) -> list[Markup]:
    """Say who gets it in another language than their own."""
    return [
        word.counted(
            "who.instead", number, reader=word.language(reader), delivery=word.language(delivery)
        )
        for reader, delivery, number in found.instead
    ]


def _who(visit: Visit, campaign: Campaign, typed: Typed) -> dict[str, Any]:
    site = visit.site
    names = [one.name for one in Segments(site.store, site.settings, site.clock).all()]
    rule, segment = campaign.rule, ""
    if rule.removeprefix(SEGMENT) in names and rule.startswith(SEGMENT):
        rule, segment = "", rule.removeprefix(SEGMENT)
    given = typed.values
    return {
        "segments": names,
        "segment": given.get("segment", segment),
        "rule": given.get("rule", rule),
        "topic": given.get("topic", campaign.topic),
        "not_yet": bool(given.get("not_yet")) if given else campaign.not_yet,
    }


def _when(visit: Visit, campaign: Campaign, word: Wording, typed: Typed) -> dict[str, Any]:
    zone = visit.site.settings.time_zone
    at = campaign.scheduled_at if campaign.state is State.SCHEDULED else campaign.wanted_at
    there = at.astimezone(visit.shown.zone) if at else None
    offered = mornings(visit.site.clock.now(), zone)
    options = [
        (
            f"{one:%Y-%m-%dT%H:%M}",
            word.say(
                "console_campaigns.when.morning",
                day=word.weekday(one),
                clock=visit.shown.clock(one),
            ),
        )
        for one in offered
    ]
    own = f"{there:%Y-%m-%dT%H:%M}" if there else ""
    chosen = "now" if there is None else own if own in dict(options) else "other"
    given = typed.values
    return {
        "options": options,
        "chosen": given.get("when", chosen),
        "date": given.get("date", own[:10]),
        "clock": given.get("clock", own[11:]),
    }


def _approve(visit: Visit, campaign: Campaign) -> dict[str, Any]:
    site = visit.site
    standing = Approvals(site.store, site.settings, site.clock).standing(campaign)
    actor = current()
    proposal = standing.proposal
    own = False
    if proposal is not None and actor is not None:
        own = proposal.proposed.person in {actor.person, *actor.makers}
    return {"standing": standing, "lack": lack_of(campaign, standing), "own": own}


def lack_of(campaign: Campaign, standing: Standing) -> Lack | None:
    """Tell what a campaign lacks to go out at the time that it is meant for."""
    if not standing.needed or standing.proposal is None or standing.lack is not None:
        return standing.lack
    at = campaign.scheduled_at if campaign.state is State.SCHEDULED else campaign.wanted_at
    wanted = at.astimezone(UTC).isoformat() if at else ""
    return None if standing.proposal.terms.at == wanted else Lack.OTHER_TIME


def local_of(date: str, clock: str) -> datetime:
    """Read a local time from the fields of a form.

    Raises:
        ValueError: they are none.
    """
    return datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=None, second=0, microsecond=0)
