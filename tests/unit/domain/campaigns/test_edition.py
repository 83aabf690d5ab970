"""Choice of the language of an edition for a reader."""

from __future__ import annotations

from datetime import date

import pytest

from mailer.domain.campaigns.edition import Edition, Standing, Translation, chosen

FALLBACK = ("es", "en")


def edition(*languages: str, fallback: tuple[str, ...] = FALLBACK) -> Edition:
    """Return an edition written in some languages."""
    translations = {
        one: Translation(one, "Bulletin", "First line", "Text", one) for one in languages
    }
    return Edition("spring", date(2023, 4, 12), {}, {}, fallback, translations)


@pytest.mark.parametrize(
    ("available", "wanted", "expected"),
    [
        (("en", "es", "fr"), "fr", "fr"),
        (("en", "es", "fr"), "fr-CH", "fr"),
        (("en", "es", "fr", "fr-CH"), "fr-CH", "fr-CH"),
        (("en", "es", "fr-CH"), "fr", "es"),
        (("en", "es"), "fr", "es"),
        (("en",), "fr", "en"),
        (("fr",), "de", None),
        ((), "en", None),
    ],
)
def test_a_reader_gets_their_language_or_the_first_that_stands_in(
    available: tuple[str, ...], wanted: str, expected: str | None
) -> None:
    """Their own, its main language, then the edition's order; and nothing rather than any."""
    assert edition(*available).language_for(wanted) == expected
    assert chosen(dict.fromkeys(available), wanted, FALLBACK) == expected


def test_languages_are_listed_in_the_order_in_which_they_stand_in() -> None:
    """Then by code; what stands in but was never written is left out."""
    assert edition("fr", "en", "de").languages == ("en", "de", "fr")
    assert edition("fr", "en", "es").languages == ("es", "en", "fr")
    assert edition("fr", "de", fallback=()).languages == ("de", "fr")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"en": "Spring", "fr": "Printemps"}, "Printemps"),
        ({"en": "Spring", "es": "Primavera"}, "Primavera"),
        ({"de": "Frühling", "it": "Primavera"}, "Frühling"),
        ({}, ""),
    ],
)
def test_of_texts_there_is_any_rather_than_none(texts: dict[str, str], expected: str) -> None:
    """A subject in another language is better than an empty one."""
    assert edition().text_for(texts, "fr") == expected


def test_a_standing_block_comes_in_the_language_that_it_has() -> None:
    """Of its own name alone, by the edition's order."""
    blocks = [Standing(*of, "Who we are", "Text", "file") for of in (("who", "en"), ("why", "fr"))]
    found = Edition(
        "spring", date(2023, 4, 12), {}, {}, FALLBACK, {},
        standing={(one.name, one.language): one for one in blocks},
    )  # fmt: skip
    assert found.standing_for("who", "fr") == blocks[0]
    assert found.standing_for("why", "fr") == blocks[1]
    assert found.standing_for("why", "en") is None
    assert found.standing_for("where", "en") is None
