"""What a campaign sends, whatever it is: in which languages there are words, and each mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mailer.config import Settings
from mailer.content.rendered import Rendered
from mailer.domain.campaign import Campaign
from mailer.domain.edition import Edition
from mailer.message.headers import Mailing
from mailer.services import editions
from mailer.store.connection import Store


class Translated(Protocol):
    """What exists in several languages."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that there are words in, the one that stands in for others first."""

    def language_for(self, reader_language: str, /) -> str | None:
        """Tell in which of them a reader of that language gets it; None: in none."""


class Content(Translated, Protocol):
    """What a campaign sends."""

    @property
    def version(self) -> str:
        """Name the version, so that it can be loaded again."""

    @property
    def mailing(self) -> Mailing:
        """What headers show of the campaign."""

    def rendered(self, language: str, /) -> Rendered:
        """Render it in one of its languages.

        Raises:
            NotFoundError: there are no words in that language.
            InputError: the text cannot be rendered.
        """


@dataclass(frozen=True, slots=True)
class EditionContent:
    """An edition of the bulletin."""

    settings: Settings
    edition: Edition
    version: str
    mailing: Mailing

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it is written in."""
        return self.edition.languages

    def language_for(self, reader_language: str, /) -> str | None:
        """Choose by the edition's order of languages."""
        return self.edition.language_for(reader_language)

    def rendered(self, language: str, /) -> Rendered:
        """Render one of its translations."""
        return editions.rendered(self.settings, self.edition, language)


def load(store: Store, settings: Settings, campaign: Campaign) -> Content:
    """Load what a campaign sends: in the version that it started with, or the present one.

    Raises:
        NotFoundError: it is gone.
    """
    version = campaign.digest or editions.digest_of(store, campaign.edition)
    edition = editions.load(store, campaign.edition, version)
    mailing = Mailing(campaign=campaign.number, topic=campaign.topic)
    return EditionContent(settings, edition, version, mailing)
