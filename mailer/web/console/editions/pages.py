"""All pages of editions."""

from __future__ import annotations

from typing import Final

from mailer.web.console.editions import facts, listing, past, pictures, seen, text

ROUTERS: Final = (
    listing.router,
    facts.router,  # before `text`, whose addresses are wider
    text.router,
    seen.router,
    pictures.router,
    past.router,
)
