"""The topics with all their words: those of the settings, and of the languages' folders.

`topics.toml` of a language has a table for topics that most lists have. What the settings say of
a topic goes first.
"""

from __future__ import annotations

from functools import lru_cache

from mailer.content.language.web_words import languages, texts_of
from mailer.domain.subscribers.topic import Topic, Topics


@lru_cache(maxsize=16)
def in_words(topics: Topics) -> Topics:
    """Fill in the texts that the settings leave open, in every language that has some."""
    folders = {code: texts_of(code) for code in languages()}

    def said(topic: str, key: str) -> dict[str, str]:
        found = {code: texts.get(f"topics.{topic}.{key}") for code, texts in folders.items()}
        return {code: str(text) for code, text in found.items() if text}

    def words(topic: str) -> Topic:
        return Topic(topic, said(topic, "name"), said(topic, "short"), said(topic, "description"))

    return topics.with_words(words)
