"""Topics on the pages: nothing is chosen for anybody, and nobody sees what is not for everybody."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.subscribers.subscriber import Subscriber
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from mailer.store.subscribers import forms
from support.service.web_service import WebService
from support.service.whole_site import WholeSite

TOPICS: dict[str, Any] = {
    "bulletin": {},
    "press": {
        "name": {"en": "Press releases", "fr": "Communiqués"},
        "description": {"en": 'What we tell "journalists" & others.', "fr": "Pour la presse."},
    },
    "board": {"name": "The board", "description": "Papers.", "visible": False},
}
WRONG = {
    "en": "Choose at least one topic.",
    "fr": "Choisissez au moins un thème.",
    "es": "Elija al menos un tema.",
}
BOX = re.compile(r'<input type="checkbox"[^>]*value="([^"]*)"([^>]*)>')


@pytest.fixture
def make(store: Store, data_dir: Path) -> Callable[..., WebService]:
    """Make pages for some topics."""

    def made(**changes: dict[str, Any]) -> WebService:
        tables = {one: table | changes.get(one, {}) for one, table in TOPICS.items()}
        return WebService(store, data_dir, topics=tables)

    return made


def boxes(text: str) -> dict[str, bool]:
    """Return which topics a form shows, and whether each is ticked."""
    return {one: "checked" in rest for one, rest in BOX.findall(text)}


def known(web: WebService) -> Subscriber:
    """Return what is known of the reader."""
    found = web.mail.who()
    assert found is not None
    return found


def snippet(web: WebService) -> str:
    """Return the form for other people's websites."""
    found = re.search(
        r"<textarea[^>]*>(.*?)</textarea>", web.get("/en/subscribe/form").text, re.DOTALL
    )
    assert found
    return html.unescape(found[1])


def test_nothing_is_ticked_unless_the_setting_says_so(make: Callable[..., WebService]) -> None:
    """A tick that was there before is nobody's assent (law 17)."""
    web = make()
    expected = {"bulletin": False, "press": False}
    assert boxes(web.get("/en/subscribe").text) == boxes(snippet(web)) == expected
    web = make(press={"preselected": True})
    assert boxes(web.get("/en/subscribe").text) == boxes(snippet(web)) == expected | {"press": True}


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("topics", [[], ["board"], ["unknown"]])
def test_a_form_without_a_tick_is_told_so_in_the_reader_s_language(
    make: Callable[..., WebService], language: str, topics: list[str]
) -> None:
    """A hidden topic is to a stranger as one that is not there."""
    web = make()
    page = web.subscribe(language=language, topics=topics)
    assert page.status_code == 422
    assert WRONG[language] in page.text
    assert 'aria-describedby="topics-wrong"' in page.text
    assert boxes(page.text) == {"bulletin": False, "press": False}
    assert forms.waiting(web.store) == 0


def test_a_script_is_told_as_well(make: Callable[..., WebService]) -> None:
    """Other people's websites show our words."""
    web = make()
    stamp = web.stamp("/en/subscribe")
    web.clock.advance(timedelta(seconds=10))
    given = {"email": "ana@example.org", "language": "en", "stamp": stamp}
    answer = web.post("/en/subscribe", given, Accept="application/json")
    assert (answer.status_code, answer.json()["wrong"]) == (422, {"topics": WRONG["en"]})


def test_hidden_topics_of_a_form_are_passed_over(make: Callable[..., WebService]) -> None:
    """Whoever writes a field by hand gets nothing that the form does not offer (law 13)."""
    web = make()
    assert web.subscribe(topics=["board", "press"]).status_code == 200
    web.forms.process()
    (asked,) = web.mail.sent()
    web.mail.reply(asked)
    assert known(web).topics == ("press",)


def test_one_visible_topic_is_no_choice(make: Callable[..., WebService]) -> None:
    """A single box that must be ticked is a riddle."""
    web = make(press={"visible": False})
    assert boxes(web.get("/en/subscribe").text) == boxes(snippet(web)) == {}
    assert web.subscribe(topics=[]).status_code == 200
    web.forms.process()
    (asked,) = web.mail.sent()
    web.mail.reply(asked)
    assert known(web).topics == ("bulletin",)


@pytest.mark.parametrize(
    ("language", "name", "about"),
    [
        ("en", "Press releases", "What we tell &#34;journalists&#34; &amp; others."),
        ("fr", "Communiqués", "Pour la presse."),
        ("es", "Press releases", "What we tell &#34;journalists&#34; &amp; others."),
    ],
)
def test_names_and_descriptions_stand_on_both_pages(
    make: Callable[..., WebService], language: str, name: str, about: str
) -> None:
    """Readers choose by what a topic holds; a missing language is made up for by the first."""
    web = make()
    member = web.mail.member(language=language)
    for path in (f"/{language}/subscribe", web.preferences_path(member.number)):
        page = web.get(path).text
        assert f'<label for="topic-press">{name}</label>' in page
        assert f'id="topic-press-about">{about}</small>' in page
        assert 'aria-describedby="topic-press-about"' in page


def test_whoever_has_a_hidden_topic_sees_it_and_can_leave_it(
    make: Callable[..., WebService],
) -> None:
    """What one gets one must be able to stop; once left, it is gone from the page."""
    web = make()
    path = web.preferences_path(web.mail.member(language="en", topics="bulletin board").number)
    page = web.get(path).text
    assert boxes(page) == {"bulletin": True, "press": False, "board": True}
    assert "The board" in page
    chosen = {"language": "en", "name": "", "pause": ""}
    kept = web.press(path, topics=["bulletin", "board", "press"], **chosen)
    assert (kept.status_code, set(known(web).topics)) == (200, {"bulletin", "board", "press"})
    web.press(path, topics=["bulletin"], **chosen)
    assert known(web).topics == ("bulletin",)
    again = web.press(path, topics=["bulletin", "board"], **chosen)
    assert boxes(again.text) == {"bulletin": True, "press": False}
    assert known(web).topics == ("bulletin",), "what is not offered cannot be had"


def test_a_reader_without_the_only_topic_is_not_put_on_it(store: Store, data_dir: Path) -> None:
    """Saving a name is no wish for a topic that was never chosen."""
    old = WebService(store, data_dir, topics=["bulletin", "history"])
    number = old.mail.member(language="en", topics="history").number
    web = WebService(store, data_dir, topics=["bulletin"])
    path = web.preferences_path(number)
    assert boxes(web.get(path).text) == {"bulletin": False}
    assert web.press(path, topics=[], language="en", name="Ana", pause="").status_code == 200
    assert (known(web).topics, known(web).name) == (("history",), "Ana")


def test_entries_of_hidden_topics_are_on_no_public_page(store: Store, data_dir: Path) -> None:
    """The date of a board's meeting is for the board: not in lists, feeds, files or by address."""
    site = WholeSite(store, data_dir, topics={"bulletin": {}, "meetings": {"visible": False}})
    entries = calendar.not_over(store, site.clock.now() - timedelta(days=100))
    hidden = [one for one in entries if one.topics == ("meetings",)]
    open_to_all = [one for one in entries if one.topics == ("bulletin",)]
    assert hidden
    assert open_to_all
    for path in (
        "/en/calendar",
        "/en/calendar?when=past",
        "/en/calendar.ics",
        "/sitemap.xml",
        "/en/",
    ):
        text = site.get(path).text
        assert not [one.id for one in hidden if one.id in text], path
    for one in hidden:
        assert site.get(f"/en/calendar/{one.id}").status_code == 404
        assert site.get(f"/en/calendar/{one.id}.ics").status_code == 404
    assert {site.get(f"/en/calendar/{one.id}").status_code for one in open_to_all} == {200}


def test_what_went_to_a_hidden_topic_is_listed_nowhere(store: Store, data_dir: Path) -> None:
    """Whoever has its address can read it, as with what goes to some readers only."""
    site = WholeSite(store, data_dir, topics={"meetings": {}, "bulletin": {"visible": False}})
    for path in ("/en/", "/en/editions", "/en/editions.atom", "/sitemap.xml"):
        assert "spring-2023" not in site.get(path).text, path
    assert site.get("/en/editions/spring-2023").status_code == 200
