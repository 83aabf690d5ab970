"""Words of service mails that replace ours."""

from __future__ import annotations

import pytest

from mailer.content.rendering import service_mail
from mailer.domain.look import texts
from mailer.domain.look.look import Text
from mailer.errors import Problem

ENGLISH = service_mail.originals("en")


def codes(key: str, value: object, language: str = "en") -> list[str]:
    """Return what is wrong with a text."""
    problems: list[Problem] = []
    texts.checked(key, value, service_mail.originals(language), problems.append)
    return [one.code for one in problems]


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_our_own_texts_are_good(language: str) -> None:
    """Whoever changes a word in one must not be told off for the rest."""
    ours = service_mail.originals(language)
    assert len(ours) > 100
    for key, said in ours.items():
        assert codes(key, list(said) if isinstance(said, tuple) else said, language) == [], key


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("confirm.subject", "Please confirm {list}", "look.missing"),
        ("confirm.subject", "Please {token}", "look.command"),
        ("confirm.agree", "I agree to {list}", "look.missing"),
        ("confirm.heading", "Dear {name}", "look.placeholder"),
        ("confirm.heading", "Dear {", "look.brace"),
        ("confirm.heading", "  ", "look.empty"),
        ("confirm.heading", "x" * 201, "look.too_long"),
        ("confirm.text", ["x"] * 13, "look.too_long"),
        ("confirm.text", [], "look.empty"),
        ("confirm.heading", ["x"], "look.no_text"),
        ("words.way_topic", "Also receive more", "look.missing"),
        ("words.confirm", "yes", "look.key"),
        ("words.yes", ["sure"], "look.key"),
        ("reasons.policy", "x", "look.key"),
    ],
)
def test_what_would_break_a_mail_is_refused(key: str, value: object, code: str) -> None:
    """A reply is understood by its subject; a reader agrees to what is named."""
    assert code in codes(key, value)


def test_empty_lines_part_paragraphs() -> None:
    """A form has one field for them."""
    problems: list[Problem] = []
    value = "One\r\nline.\r\n\r\n\r\nTwo."
    found: Text = texts.checked("confirm.text", value, ENGLISH, problems.append)
    assert found == ("One line.", "Two.")


def test_what_a_mail_fills_in_may_stand_in_any_of_its_texts() -> None:
    """The list's name in a button, say."""
    assert codes("confirm.button", "Confirm {list} for {days} days") == []
