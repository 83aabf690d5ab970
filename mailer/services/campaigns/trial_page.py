"""The page that a trial's mail leads to: what a campaign will send, before it is public.

Whoever has the link may look, and nobody else: it is signed, and the edition's name does not tell
it. It names the campaign and no reader. Once the campaign starts, the edition is in the archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from mailer.config import Settings
from mailer.content.parsing import card
from mailer.content.parsing.card import Card
from mailer.content.rendering import web_page
from mailer.content.rendering.web_page import WebEdition
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.edition import Edition, Picture
from mailer.errors import NotFoundError
from mailer.services.editions.archive import PUBLIC
from mailer.services.editions.library import links_within
from mailer.services.sending import contents
from mailer.services.sending.contents import EditionContent
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

FOLDER: Final = "trials"


def page_of(lot: int, signer: Signer) -> str:
    """Return where the page of a lot of trials, by its identity, is below a language's address."""
    return f"{FOLDER}/{signer.pack(Purpose.TRIAL, lot)}"


@dataclass(frozen=True, slots=True)
class Tried:
    """An edition that a campaign will send, as it is now."""

    token: str
    edition: Edition
    card: Card
    is_public: bool
    """True if the campaign has started meanwhile: then it is read in the archive."""

    def picture(self, path: str) -> Picture | None:
        """Find an image that it shows by where it is served: `/images/…`."""
        shown = (self.edition.pictures[image.path] for image in self.card.images.values())
        return next((one for one in shown if web_page.picture_path(one) == path), None)


def find(store: Store, settings: Settings, signer: Signer, token: str) -> Tried:
    """Load what a trial's link shows.

    Raises:
        NotFoundError: we made no such link, the campaign was called off, or its edition is gone.
    """
    numbers = signer.verify(Purpose.TRIAL, token)
    campaign = campaigns.of_mailing(store, numbers[0]) if numbers else None
    content = None
    if campaign is not None and campaign.state is not State.CANCELLED:
        content = contents.load(store, settings, campaign)
    if campaign is None or not isinstance(content, EditionContent):
        raise NotFoundError("trial", token)
    edition = content.edition
    return Tried(token, edition, card.card_of(edition), campaign.state in PUBLIC)


def text(settings: Settings, tried: Tried, language: str, own: str, today: date) -> WebEdition:
    """Render it for readers of a language.

    Args:
        settings: for the links.
        tried: what is shown.
        language: the reader's; another may stand in, see `Card.face_for`.
        own: what links to our own pages begin with: a path, or scheme and host.
        today: what ended before is marked as past.
    """
    page, code = f"{FOLDER}/{tried.token}", tried.card.face_for(language).language
    return web_page.render(
        tried.edition,
        code,
        links=links_within(settings, language, own, page),
        own=own,
        images=f"/{page}",
        today=today,
        names=settings.look.names_in(code, settings.languages),
    )
