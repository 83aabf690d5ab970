"""All pages of editions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.services.editions.drafts import reading
from mailer.web.console import finding
from mailer.web.console.editions import facts, listing, past, pictures, seen, text
from mailer.web.console.editions.frame import HOME, base, say_of
from mailer.web.console.finding import Hit, fits
from mailer.web.console.route import Visit

ROUTERS: Final = (
    listing.router,
    facts.router,  # before `text`, whose addresses are wider
    text.router,
    seen.router,
    pictures.router,
    past.router,
)

_FEW: Final = 5


def found(visit: Visit, q: str) -> Iterator[Hit]:
    """Find drafts by title and short name, for the palette."""
    if not visit.may("drafts.list"):
        return
    kind, number = say_of(visit)("console_frame.found_edition"), 0
    for one in reading.listed(visit.site.desk):
        if one.draft is None or not fits(q, f"{one.draft.title(visit.language)} {one.slug}"):
            continue
        number += 1
        yield Hit(one.draft.title(visit.language), base(one.draft.number), kind)
        if number == _FEW:
            return


finding.FINDERS.append(found)
finding.DOINGS.append(("console_editions.new", f"{HOME}/new", "drafts.create"))
