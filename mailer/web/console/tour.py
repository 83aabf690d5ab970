"""The way from an empty installation to the first test mail, as a list that ticks itself off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.domain.campaigns.campaign import FINAL, Content
from mailer.services.campaigns.status import Status
from mailer.services.editions.drafts import reading
from mailer.services.editions.drafts.desk import Desk
from mailer.services.look.looks import Looks
from mailer.services.operation.doctor.examining import Doctor
from mailer.web.console.route import Visit


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the tour; its words are `console_tour.<name>`, `<name>_text` and `<name>_do`."""

    name: str
    path: str
    done: bool


def tour(visit: Visit, statuses: Sequence[Status], readers: int) -> Sequence[Stage]:
    """List the steps that the user may take; none once an edition has gone out to readers.

    Args:
        visit: the request.
        statuses: the newest campaigns.
        readers: how many there are.
    """
    editions = [one for one in statuses if one.campaign.content is Content.EDITION]
    if any(one.campaign.state in FINAL and one.counts.accepted for one in editions):
        return ()
    stages = [*_stages(visit, editions, readers)]
    return () if all(one.done for one in stages) else stages


def _stages(visit: Visit, editions: Sequence[Status], readers: int) -> Sequence[Stage]:
    site = visit.site
    found = []
    if visit.may("look.change"):
        named = bool(Looks(site.store, site.settings, site.clock).show().look.institution)
        found.append(Stage("name", "/console/settings", named))
    if visit.may("drafts.save"):
        written = bool(reading.listed(Desk(site.store, site.settings, site.clock, site.archive)))
        found.append(Stage("write", "/console/editions", written))
    if visit.may("campaigns.create"):
        path = f"/console/campaigns/{editions[0].campaign.number}" if editions else ""
        tested = any(bool(one.campaign.tested) for one in editions)
        found.append(Stage("test", path or "/console/campaigns/new", tested))
    if visit.may("operation.doctor"):
        examined = Doctor(site.store, site.settings, site.clock).last() is not None
        found.append(Stage("check", "/console/operation/doctor", examined))
    if visit.may("subscribers.import"):
        found.append(Stage("readers", "/console/subscribers/import", readers > 0))
    return found
