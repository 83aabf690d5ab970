"""What speaks of a topic, and who reads which topic and language: counts before a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailer.config import Settings
from mailer.content.language import command_words, web_words
from mailer.content.language.locale_files import nearest
from mailer.content.rendering import service_mail
from mailer.domain.campaigns.campaign import FINAL
from mailer.domain.subscribers.topic import Topics
from mailer.services.access.acting import act
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import shares
from mailer.store.transactional import templates

PIECES: Final = ("web", "service", "mail", "commands")
"""What a language needs: words of pages, of service mails, of mails, and of commands."""


@dataclass(frozen=True, slots=True)
class TopicUse:
    """What speaks of one topic."""

    readers: int = 0
    """Active ones who have it."""
    campaigns: tuple[int, ...] = ()
    """That have not ended."""
    entries: tuple[str, ...] = ()
    """Calendar entries that are not over."""
    templates: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything does."""
        return bool(
            self.readers or self.campaigns or self.entries or self.templates or self.directories
        )

    def __str__(self) -> str:
        """Word it in English."""
        by = [f"{self.readers:,} readers have it"] if self.readers else []
        by += [f"campaign {one}" for one in self.campaigns]
        by += [f"calendar entry {one}" for one in self.entries]
        by += [f"template {one}" for one in self.templates]
        by += [f"directory {one}" for one in self.directories]
        return ", ".join(by)


@dataclass(frozen=True, slots=True)
class LanguageUse:
    """One language: who reads it, and what it lacks."""

    code: str
    readers: int
    """Active ones who read it."""
    lacking: tuple[str, ...]
    """Of `PIECES`; what is missing is shown in another language."""
    own: int = 0
    """Texts of service mails that the institution has put in place of ours."""


@act("look.show")
def of_topics(
    store: Store, settings: Settings, now: datetime, topics: Iterable[str]
) -> dict[str, TopicUse]:
    """Tell what speaks of each of some topics.

    Args:
        store: the open store.
        settings: for the directories.
        now: what is over by then does not count.
        topics: their ids.
    """
    topics = [*topics]
    readers = shares.of_topics(store, topics)
    last = campaigns.last_number(store)
    open_ = [one for one in campaigns.some(store, range(1, last + 1)) if one.state not in FINAL]
    entries = calendar.not_over(store, now)
    made = templates.by_slug(store)
    return {
        topic: TopicUse(
            readers.get(topic, 0),
            tuple(one.number for one in open_ if topic in one.topics),
            tuple(one.id for one in entries if topic in one.topics),
            tuple(one.slug for one in made if one.topic == topic),
            tuple(name for name, one in settings.sync.items() if topic in one.topics),
        )
        for topic in topics
    }


@act("look.show")
def of_languages(store: Store, settings: Settings) -> list[LanguageUse]:
    """List languages: those that are on, in their order, then others that one could turn on."""
    read = subscribers.languages(store)
    known = {*read, *web_words.languages(), *service_mail.languages()}
    codes = (*settings.languages, *sorted(known - {*settings.languages}))
    readers, texts = shares.of_languages(store, codes), settings.look.texts
    return [
        LanguageUse(code, readers[code], lacking(code), len(texts.get(code, ()))) for code in codes
    ]


def lacking(language: str) -> tuple[str, ...]:
    """Tell what a language has no words for, of `PIECES`."""
    has = {
        "web": web_words.has_pages(language),
        "service": bool(nearest(language, "service.toml")),
        "mail": bool(nearest(language, "mail.po")),
        "commands": bool(command_words.vocabularies([language]).by_language),
    }
    return tuple(one for one in PIECES if not has[one])


def removed(before: Topics, after: Topics) -> list[str]:
    """List the topics that are in one and not in the other."""
    return [one for one in before if one not in after]
