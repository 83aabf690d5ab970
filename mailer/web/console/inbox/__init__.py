"""The inbox: the list of what waits, one mail opened, and what is done about several."""

from __future__ import annotations

from typing import Final

from mailer.services.access.acting import acting_as
from mailer.services.inbound.inbox import listing as inbox
from mailer.web.console.badges import COUNTERS
from mailer.web.console.inbox import acting, listing, reading
from mailer.web.console.route import Visit

ROUTERS: Final = (listing.router, acting.router, reading.router)


def waiting(visit: Visit) -> int:
    """Count what waits for a person, if the user may see it; costs the same whatever there is."""
    if visit.signed is None or not visit.may("inbound.list"):
        return 0
    with acting_as(visit.signed.actor, visit.site.sessions.recorder):
        return inbox.waiting(visit.site.store)


COUNTERS["inbox"] = waiting
