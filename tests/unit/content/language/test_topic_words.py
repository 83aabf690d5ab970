"""The words of topics: those of the settings first, then those of the languages' folders."""

from __future__ import annotations

import pytest

from mailer.content.language.topic_words import in_words
from mailer.content.language.web_words import languages
from mailer.domain.subscribers.topic import EVERY, Topic, Topics


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("topic", ["bulletin", "meetings"])
def test_the_usual_topics_have_words_in_every_language(topic: str, language: str) -> None:
    """A list with the short form of the setting looks finished."""
    found = in_words(Topics.of("bulletin", "meetings"))[topic]
    for said in (found.names, found.shorts, found.descriptions):
        assert said[language]


def test_words_of_the_settings_go_first() -> None:
    """An institution calls its bulletin what it likes."""
    found = in_words(Topics((Topic("bulletin", {"fr": "La lettre"}),)))
    assert found.name("bulletin", "fr") == found.short("bulletin", "fr") == "La lettre"
    assert found.name("bulletin", "es") == "El boletín"
    whole = in_words(Topics((Topic("bulletin", {EVERY: "News"}),)))
    assert {whole.name("bulletin", code) for code in languages()} == {"News"}


def test_a_topic_of_ones_own_needs_no_entry_in_any_folder() -> None:
    """Adding a topic is one table in `mailer.toml`, nothing else."""
    found = in_words(Topics((Topic("press", {"en": "Press"}), Topic("board"))))
    assert found.name("press", "es", ("en", "es")) == "Press"
    assert found.name("board", "es", ("en", "es")) == "board"
