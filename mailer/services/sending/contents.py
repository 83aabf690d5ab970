"""The content of a campaign of any kind: its languages, and each mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from mailer.config import Settings
from mailer.content.parsing import personal
from mailer.content.parsing.personal import Chooser, Reader
from mailer.content.rendering.rendered import Rendered
from mailer.domain.campaigns.campaign import Action, Campaign
from mailer.domain.campaigns.edition import Edition
from mailer.errors import StateError
from mailer.message.outgoing.headers import Mailing
from mailer.services.editions import library as editions
from mailer.services.editions.library import Version
from mailer.services.sending import entry_content
from mailer.store.server.connection import Store


class Lack(StrEnum):
    """Reasons why a campaign cannot be sent, though its state allows it."""

    OVER = "over"
    """Its subject, such as a meeting, is over."""
    NEWS = "no_news"
    """Its readers know all that it would tell."""
    READERS = "no_readers"
    """Nobody who is active is in its audience."""
    UNSERVED = "all_had_it"
    """Everybody in its audience has had the edition."""


class NothingError(StateError):
    """A campaign has nothing to say, or nobody to say it to."""

    code = "nothing_to_send"

    def __init__(self, campaign: Campaign, lack: Lack, said: str, remedy: str) -> None:
        """Say what a campaign that should be sent lacks, also in words."""
        name = str(campaign.number)
        super().__init__("campaign", name, lack.value, Action.SEND.value, remedy, said=said)


class Translated(Protocol):
    """A content that exists in several languages."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have words, the one that stands in for others first."""

    def language_for(self, reader_language: str, /) -> str | None:
        """Tell in which of them a reader of that language gets it; None: in none."""


class Content(Translated, Protocol):
    """The content that a campaign sends."""

    @property
    def version(self) -> str:
        """Name the version, so that it can be loaded again."""

    @property
    def mailing(self) -> Mailing:
        """Return the facts about the campaign that headers show."""

    def rendered(self, language: str, /) -> Rendered:
        """Render it in one of its languages.

        Raises:
            NotFoundError: there are no words in that language.
            InputError: the text cannot be rendered.
        """


@runtime_checkable
class Personal(Content, Protocol):
    """A content that may differ between readers, beyond what fills its slots."""

    @property
    def is_personal(self) -> bool:
        """Tell whether it does."""

    def chooser(self, language: str, /) -> Chooser:
        """Return what tells readers of a language apart by the words that they get.

        Takes some milliseconds; what it returns serves for all of them.
        """

    def rendered_for(self, language: str, reader: Reader, /) -> Rendered:
        """Render it for a reader; raises what `rendered` does."""


@dataclass(frozen=True, slots=True)
class EditionContent:
    """An edition of the bulletin."""

    settings: Settings
    edition: Edition
    version: str
    mailing: Mailing
    unkept: Version | None = None
    """The version that was put together just now, and may not be in the store yet."""
    page: str = ""
    """The path of its page below a language's address; empty: its place in the archive."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it is written in."""
        return self.edition.languages

    def language_for(self, reader_language: str, /) -> str | None:
        """Choose by the edition's order of languages."""
        return self.edition.language_for(reader_language)

    def rendered(self, language: str, /) -> Rendered:
        """Render one of its translations, for somebody of whom nothing is known."""
        return editions.rendered(self.settings, self.edition, language, page=self.page)

    @property
    def is_personal(self) -> bool:
        """Tell whether its text has conditions."""
        return any(map(personal.is_personal, self._texts()))

    def chooser(self, language: str, /) -> Chooser:
        """Tell readers of a language apart by the conditions in its texts."""
        return Chooser(self._texts(language))

    def rendered_for(self, language: str, reader: Reader, /) -> Rendered:
        """Render one of its translations for a reader."""
        return editions.rendered(self.settings, self.edition, language, reader, self.page)

    def _texts(self, language: str = "") -> Iterator[str]:
        """List the texts that conditions may stand in: of a language, or of all."""
        edition = self.edition
        if not language:
            yield from (translation.body for translation in edition.translations.values())
            yield from (standing.body for standing in edition.standing.values())
            return
        yield edition.translations[language].body
        for name in sorted({name for name, _ in edition.standing}):
            if (standing := edition.standing_for(name, language)) is not None:
                yield standing.body


def load(store: Store, settings: Settings, campaign: Campaign) -> Content:
    """Load what a campaign sends: in the version that it started with, or the present one.

    Raises:
        NotFoundError: it is gone.
        NothingError: it has not started, and there is nothing to say any more.
    """
    if campaign.about is not None:
        found = entry_content.load(store, settings, campaign, campaign.about)
        if not (campaign.digest or found.is_news):
            said = "about nothing that readers do not know"
            raise NothingError(campaign, Lack.NEWS, said, "Cancel it.")
        return found
    mailing = Mailing(campaign=campaign.number, mailing=campaign.identity, topic=campaign.topic)
    if campaign.digest:
        edition = editions.load(store, settings.topics, campaign.edition, campaign.digest)
        return EditionContent(settings, edition, campaign.digest, mailing)
    now = editions.present(store, settings.topics, campaign.edition)
    return EditionContent(settings, now.edition, now.digest, mailing, now)


def keep(store: Store, campaign: Campaign, content: Content) -> None:
    """See to it that a campaign which starts now can load this very content until it is over."""
    if isinstance(content, EditionContent) and content.unkept is not None:
        editions.keep(store, campaign.edition, content.unkept)
