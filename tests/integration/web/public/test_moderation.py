"""Moderated topics on the pages: the form says so, and the preferences say how it stands."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.subscribers.subscriber import Subscriber
from mailer.services.subscriptions.moderation import Moderation
from mailer.store.server.connection import Store
from support.service.mail_service import text_of
from support.service.web_service import WebService

TOPICS: dict[str, Any] = {
    "bulletin": {},
    "press": {"name": {"en": "Press releases"}, "description": "For journalists."},
}
TOPICS["press"]["moderated"] = True
NOTES = {
    "en": ("The secretariat decides who receives this", "Waits for the secretariat’s yes."),
    "fr": ("Le secrétariat décide qui reçoit ceci", "En attente de l’accord du secrétariat."),
    "es": (
        "La secretaría decide quién recibe esto",
        "A la espera del visto bueno de la secretaría.",
    ),
}
BOX = re.compile(r'<input type="checkbox"[^>]*value="press"([^>]*)>')


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages for two topics, one of which is moderated."""
    return WebService(store, data_dir, topics=TOPICS)


def known(web: WebService) -> Subscriber:
    """Return what is known of the reader."""
    found = web.mail.who()
    assert found is not None
    return found


def page(web: WebService, path: str) -> str:
    """Return a page's text."""
    return html.unescape(web.get(path).text)


def box(text: str) -> str:
    """Return the attributes of the box of the moderated topic."""
    found = BOX.search(text)
    assert found
    return found[1]


def subscribed(web: WebService, language: str = "en", *topics: str) -> str:
    """Subscribe and confirm on the pages; returns the page after it, and its preferences."""
    web.subscribe(language=language, topics=[*topics] or ["bulletin", "press"])
    web.forms.process()
    text = text_of(web.mail.sent()[-1])
    link = re.search(r"https://bulletin\.example\.org(/confirm/\S+)", text)
    assert link
    return html.unescape(web.press(link[1]).text)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_a_reader_is_told_before_and_after_that_the_secretariat_decides(
    web: WebService, language: str
) -> None:
    """On the form, on the page that confirms, and among the preferences, in their language."""
    before, waits = NOTES[language]
    assert before in page(web, f"/{language}/subscribe")
    after = {"en": "Waiting for the secretariat’s yes: "}.get(language, waits.removesuffix("."))
    assert after in subscribed(web, language)
    shown = page(web, web.preferences_path(known(web).number))
    assert waits in shown
    assert "checked" in box(shown)
    assert (known(web).topics, known(web).waits_for) == (("bulletin",), ("press",))


def test_a_request_is_kept_by_saving_and_withdrawn_by_unticking(web: WebService) -> None:
    """What the box shows is what holds."""
    subscribed(web)
    path = web.preferences_path(known(web).number)
    before = known(web).waiting
    web.press(path, topics=["bulletin", "press"], language="en")
    assert known(web).waiting == before
    shown = html.unescape(web.press(path, topics=["bulletin"], language="en").text)
    assert known(web).waits_for == ()
    assert "checked" not in box(shown)
    assert NOTES["en"][0] in shown


def test_a_reader_who_only_waits_can_withdraw_and_keeps_the_page(web: WebService) -> None:
    """Nobody is caught in a request."""
    subscribed(web, "en", "press")
    path = web.preferences_path(known(web).number)
    answer = web.press(path, language="en")
    assert answer.status_code == 200
    assert (known(web).topics, known(web).waits_for) == ((), ())


def test_what_was_declined_cannot_be_ticked_and_says_until_when(web: WebService) -> None:
    """A tick that leads to nothing would be a trap."""
    subscribed(web)
    moderation = Moderation(web.store, web.settings, web.clock)
    moderation.decline(known(web).number, "press")
    path = web.preferences_path(known(web).number)
    shown = page(web, path)
    assert "disabled" in box(shown)
    assert "The secretariat has said no to this. You can ask again from" in shown
    web.press(path, topics=["bulletin", "press"], language="en")
    assert (known(web).topics, known(web).waits_for) == (("bulletin",), ())


def test_what_was_approved_is_a_topic_like_any_other(web: WebService) -> None:
    """No note is left of how it came."""
    subscribed(web)
    moderation = Moderation(web.store, web.settings, web.clock)
    moderation.approve(known(web).number, "press")
    shown = page(web, web.preferences_path(known(web).number))
    assert "checked" in box(shown)
    assert not any(note in shown for note in NOTES["en"])
