"""What programs call by a code has words on the pages of the audit log and of events."""

from __future__ import annotations

import pytest

from mailer.content.language.web_words import texts_of
from mailer.domain.access.actor import operator, provider
from mailer.domain.access.acts import ACTS
from mailer.domain.events import EVENT_TYPES

LANGUAGES = ["en", "fr", "es"]
TEXTS = {language: texts_of(language) for language in LANGUAGES}


def worded(language: str, group: str, names: list[str]) -> dict[str, str]:
    """Return the words of names, where they have some."""
    texts = TEXTS[language]
    keys = {name: f"{group}.{name.replace('.', '_')}" for name in names}
    return {name: str(texts[key]) for name, key in keys.items() if key in texts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_act_has_words(language: str) -> None:
    """Who reads what a colleague did should need no list of codes."""
    assert set(worded(language, "console_acts", [*ACTS])) == set(ACTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_of_event_has_words(language: str) -> None:
    """The same holds for what happened."""
    assert set(worded(language, "console_events", [*EVENT_TYPES])) == set(EVENT_TYPES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", ["console_acts", "console_events"])
def test_words_are_short_and_differ(language: str, group: str) -> None:
    """They stand in a column of a table, without a full stop; two that are alike tell nothing."""
    said = worded(language, group, [*ACTS, *EVENT_TYPES])
    assert len(set(said.values())) == len(said)
    for name, text in said.items():
        assert text[0].isupper(), name
        assert not text.endswith("."), name
        assert len(text) <= 70, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_front_end_has_a_word(language: str) -> None:
    """It is said where an act came from."""
    known = [operator("root", "host").via, provider("name", "192.0.2.1").via, "api"]
    assert set(worded(language, "console_service.via", known)) == {"cli", "console", "api"}
