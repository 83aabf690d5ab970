"""The settings' pages: said in a form, seen everywhere at once, taken back, and never a way in."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import httpx
import pytest
from PIL import Image

from mailer.domain.access.rights import Role
from mailer.domain.look.reading import PARTS
from mailer.services.look.words import GROUPS
from mailer.store.server.connection import Store
from support.service.console import Browser, add_user
from support.service.web_service import BASE, WebService

SETTINGS = "/console/settings"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """The pages."""
    return WebService(store, data_dir)


def browser_of(web: WebService, role: Role = Role.OWNER) -> Browser:
    """Sign a user in."""
    user = add_user(web, f"{role}@example.org", role)
    browser = Browser(web)
    browser.sign_in(user.address)
    return browser


@pytest.fixture
def owner(web: WebService) -> Browser:
    """An owner's browser."""
    return browser_of(web)


def seen(browser: Browser, path: str) -> str:
    """Return the revision that a page's form was made from."""
    found = re.search(r'name="seen" value="(\d+)"', browser.get(path).text)
    assert found
    return found[1]


def send(browser: Browser, page: str, target: str, **fields: str) -> httpx.Response:
    """Fill in the form of a page and send it."""
    given = {name.replace("__", "."): value for name, value in fields.items()}
    return browser.press(page, target, **({"seen": seen(browser, page)} | given))


def test_names_are_changed_in_a_form_and_taken_back(web: WebService, owner: Browser) -> None:
    """Without a terminal and without a restart."""
    target = f"{SETTINGS}/save/institution"
    answer = send(owner, SETTINGS, target, list_title__en="The Letter", institution__fr="Le Groupe")
    assert answer.headers["location"].endswith(SETTINGS)
    page = owner.get(SETTINGS).text
    assert "Saved." in page
    assert "The Letter" in web.get("/en/subscribe").text
    assert "Le Groupe" in web.get("/fr/subscribe").text
    undo = re.search(r'name="revision" value="(\d+)"', page)
    assert undo
    owner.press(SETTINGS, f"{SETTINGS}/undo", revision=undo[1], next=SETTINGS)
    assert "The Letter" not in web.get("/en/subscribe").text
    assert "Taken back" in owner.get(SETTINGS).text


def test_a_refusal_keeps_what_was_typed_beside_its_reason(owner: Browser) -> None:
    """All of it, and nothing is saved."""
    page = f"{SETTINGS}/sender"
    answer = send(
        owner,
        page,
        f"{SETTINGS}/save/sender",
        sender_name__en="Boss <boss@example.com>",
        privacy_url__en="javascript:alert(1)",
        imprint__fr="Responsable : la coordination",
    )
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert "Boss <boss@example.com>" in text
    assert "Responsable : la coordination" in text
    assert 'href="#sender_name.en"' in text
    assert 'id="privacy_url.en-wrong"' in text
    assert "javascript:alert(1)" not in re.findall(r'href="([^"]*)"', answer.text)
    assert seen(owner, page) == "0"


def test_two_on_one_page_overwrite_nothing(web: WebService, owner: Browser) -> None:
    """The second is told, and keeps what they typed."""
    other = Browser(web, "192.0.2.8")
    add_user(web, "bea@example.org")
    other.sign_in("bea@example.org")
    target = f"{SETTINGS}/save/institution"
    old = seen(other, SETTINGS)
    send(owner, SETTINGS, target, institution__en="Ada’s")
    late = other.press(SETTINGS, target, seen=old, **{"institution.en": "Bea’s"})
    assert late.status_code == 422
    assert "Bea’s" in late.text
    assert "Somebody else has changed the same" in late.text
    again = re.search(r'name="seen" value="(\d+)"', late.text)
    assert again
    assert again[1] == "1"


def test_words_are_edited_beside_ours_and_looked_at_unsaved(owner: Browser) -> None:
    """The preview is in a sandbox that nothing leaves."""
    page = f"{SETTINGS}/words/welcome/en"
    assert "You are subscribed" in owner.get(page).text
    assert "frame-src 'self'" in owner.get(page).headers["content-security-policy"]
    shown = owner.press(page, f"{page}/preview", text__heading="x", **{"text.heading": SCRIPT})
    assert "<script" not in shown.text
    assert "&lt;script&gt;" in shown.text
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    plain = owner.press(
        page, f"{page}/preview", **{"text.heading": "Drafted & so on", "as": "text"}
    )
    assert "Drafted &amp; so on" in plain.text
    send(owner, page, page, **{"text.heading": "Hello there", "text.subject": "Hi {list}"})
    saved = owner.get(f"{page}/preview").text
    assert "Hello there" in saved
    assert re.search(r"<body[^>]*><p [^>]*>Hi The Bulletin</p>", saved)
    listed = owner.get(f"{SETTINGS}/words").text
    assert f"{page}" in listed
    owner.press(page, f"{page}/reset")
    assert "Hello there" not in owner.get(page).text


def test_every_mail_is_named_and_can_be_edited(owner: Browser) -> None:
    """One that is added needs words here; what is none is not there."""
    for mail in (one for mails in GROUPS.values() for one in mails):
        assert owner.get(f"{SETTINGS}/words/{mail}/en").status_code == 200, mail
    for path in ("test/en", "reasons/en", "confirm/de", "x/en", "confirm/en/x"):
        assert owner.get(f"{SETTINGS}/words/{path}").status_code == 404, path


def test_a_text_that_would_break_a_mail_is_refused_at_its_field(owner: Browser) -> None:
    """With everything else still there."""
    page = f"{SETTINGS}/words/confirm/fr"
    answer = send(owner, page, page, **{"text.subject": "Bonjour", "text.heading": "Un mot"})
    assert answer.status_code == 422
    assert 'id="text.subject-wrong"' in answer.text
    assert "Un mot" in answer.text
    framed = owner.press(page, f"{page}/preview", **{"text.subject": "Bonjour {x}"})
    assert "<li>" in framed.text


def test_a_topic_is_added_hidden_and_removed_only_unused(web: WebService, owner: Browser) -> None:
    """With the number of its readers."""
    web.mail.subscribed()
    page = f"{SETTINGS}/topics"
    send(owner, f"{page}/new", f"{page}/save", id="press", name__en="Press <b>")
    assert "Press &lt;b&gt;" in web.get("/en/subscribe").text
    refused = send(owner, f"{page}/new", f"{page}/save", id="Bad id", name__en="Kept")
    assert refused.status_code == 422
    assert "Kept" in refused.text
    taken = send(owner, f"{page}/new", f"{page}/save", id="press")
    assert "There is a topic press already" in taken.text
    assert "It cannot be removed while it is in use" in owner.get(f"{page}/bulletin").text
    still = send(owner, page, f"{page}/remove", topic="bulletin")
    assert still.status_code == 422
    assert "bulletin" in web.site.holder.site.settings.topics
    send(owner, page, f"{page}/order", topic="press")
    assert [*web.site.holder.site.settings.topics] == ["bulletin", "press", "meetings"]
    assert web.site.holder.site.settings.topics.default == "bulletin"
    send(owner, f"{page}/press", f"{page}/save", topic="press", name__en="Press", hidden="yes")
    assert "Press" not in web.get("/en/subscribe").text
    send(owner, page, f"{page}/remove", topic="press")
    assert "press" not in web.site.holder.site.settings.topics


def test_a_language_is_turned_on_and_off(web: WebService, owner: Browser) -> None:
    """Pages follow at once; what it lacks is said."""
    page = f"{SETTINGS}/languages"
    send(owner, page, page, do="on", code="de")
    assert "words of pages" in owner.get(page).text
    assert web.get("/de/subscribe").status_code == 200
    wrong = send(owner, page, page, do="on", code="klingon")
    assert wrong.status_code == 422
    send(owner, page, page, do="off", code="de")
    assert web.get("/de/subscribe").status_code == 404
    send(owner, page, page, do="up", code="fr")
    assert web.site.holder.site.settings.languages[0] == "fr"


def test_a_logo_shows_on_pages_and_a_drawing_is_refused(web: WebService, owner: Browser) -> None:
    """Under a name that changes with it; nothing but what we wrote anew is ever given out."""
    out = io.BytesIO()
    Image.new("RGB", (960, 320), "navy").save(out, "PNG")
    page = f"{SETTINGS}/look"
    for name, data, status in (
        ("x.svg", b"<svg onload='alert(1)'/>", 422),
        ('"><script>.png', out.getvalue(), 303),
    ):
        fields = {"stamp": owner.stamp(page), "seen": seen(owner, page), "alt.en": 'A "group"'}
        answer = owner._ask(
            "POST",
            f"{page}/logo",
            data=fields,
            files={"logo": (name, data, "image/png")},
            headers={"Origin": BASE},
        )
        assert answer.status_code == status
    front = web.get("/en/subscribe").text
    found = re.search(r'<img src="(/brand/logo-[0-9a-f]{32}\.png)"[^>]*alt="([^"]*)"', front)
    assert found
    assert html.unescape(found[2]) == 'A "group"'
    picture = web.get(found[1])
    assert picture.headers["content-type"] == "image/png"
    assert "immutable" in picture.headers["cache-control"]
    assert web.get("/brand/logo-0.png").status_code == 404
    owner.press(page, f"{page}/logo/remove")
    assert "/brand/" not in web.get("/en/subscribe").text


def test_a_colour_is_tried_before_it_is_saved(web: WebService, owner: Browser) -> None:
    """One that cannot be read is refused with the nearest that can."""
    page = f"{SETTINGS}/look"
    assert "8c7000" in owner.get(f"{page}?accent=%23ffcc00").text
    refused = send(owner, page, f"{page}/colours", accent="#ffcc00", accent_dark="")
    assert refused.status_code == 422
    assert 'value="#ffcc00"' in refused.text
    hostile = send(owner, page, f"{page}/colours", accent="red;}*{display:none", accent_dark="")
    assert hostile.status_code == 422
    send(owner, page, f"{page}/colours", accent="#7a1d4a", accent_dark="")
    sheet = re.search(
        r'href="(/static/accent-7a1d4a-[0-9a-f]{6}\.css)"', web.get("/en/subscribe").text
    )
    assert sheet
    assert "#7a1d4a" in web.get(sheet[1]).text
    assert sheet[1] in owner.get(SETTINGS).text


def test_members_are_called_as_the_institution_calls_them(owner: Browser) -> None:
    """And as usual again."""
    page = f"{SETTINGS}/names"
    assert "Czechia" in owner.get(f"{page}?code=CZ").text
    send(owner, f"{page}?code=CZ", page, code="CZ", name__en="Czech Republic", name__fr="")
    assert "Czech Republic" in owner.get(page).text
    wrong = send(owner, f"{page}?code=CZ", page, code="C1", name__en="X")
    assert wrong.status_code == 422
    owner.press(page, f"{page}/reset", code="CZ")
    assert "Czech Republic" not in owner.get(page).text


def test_history_tells_and_restores(web: WebService, owner: Browser) -> None:
    """In words, with before and after."""
    target = f"{SETTINGS}/save/institution"
    send(owner, SETTINGS, target, institution__en="First")
    send(owner, SETTINGS, target, institution__en="Second & last")
    page = owner.get(f"{SETTINGS}/history").text
    assert "Name of the institution (English)" in page
    assert "<del>First</del> → <ins>Second &amp; last</ins>" in page
    owner.press(f"{SETTINGS}/history", f"{SETTINGS}/history/1/restore")
    assert "First" in web.get("/en/subscribe").text
    owner.press(f"{SETTINGS}/history", f"{SETTINGS}/history/0/restore")
    assert "First" not in web.get("/en/subscribe").text


def test_editors_change_words_and_names_alone(web: WebService) -> None:
    """They are led there, see no other tab, and are refused elsewhere."""
    editor = browser_of(web, Role.EDITOR)
    assert editor.get(SETTINGS).headers["location"].endswith("/words")
    page = editor.get(f"{SETTINGS}/words").text
    assert f'href="{SETTINGS}/names"' in page
    assert f'href="{SETTINGS}/sender"' not in page
    words = f"{SETTINGS}/words/welcome/en"
    assert send(editor, words, words, **{"text.heading": "Hello"}).status_code == 303
    refused = editor.press(
        words, f"{SETTINGS}/save/institution", seen="1", **{"institution.en": "X"}
    )
    assert refused.status_code == 403
    for path in ("topics/save", "languages", "look/colours", "look/logo/remove", "topics/reset"):
        assert editor.press(words, f"{SETTINGS}/{path}", seen="1", code="fr").status_code == 403
    assert editor.press(f"{SETTINGS}/history", f"{SETTINGS}/history/0/restore").status_code == 403


def test_readers_do_not_see_the_settings(web: WebService) -> None:
    """Neither the way there, nor may they change a word."""
    reader = browser_of(web, Role.READER)
    assert f'href="{SETTINGS}"' not in reader.get("/console").text
    words = f"{SETTINGS}/words/welcome/en"
    assert send(reader, words, words, **{"text.heading": "Hello"}).status_code == 403


def test_nothing_that_is_entered_becomes_markup(web: WebService, owner: Browser) -> None:
    """Names, addresses and texts, on every page that shows them."""
    texts = {f"{part}.en": f'"{SCRIPT}' for part in ("institution", "short_name", "list_title")}
    send(owner, SETTINGS, f"{SETTINGS}/save/institution", **texts)
    lines = {"imprint.en": SCRIPT, "postal_address.en": SCRIPT, "privacy_url.en": ""}
    send(owner, f"{SETTINGS}/sender", f"{SETTINGS}/save/sender", **lines)
    name = f"{SETTINGS}/names?code=CZ"
    send(owner, name, f"{SETTINGS}/names", code="CZ", name__en=SCRIPT)
    topic = f"{SETTINGS}/topics/new"
    send(owner, topic, f"{SETTINGS}/topics/save", id="x", name__en=SCRIPT, description__en=SCRIPT)
    word = f"{SETTINGS}/words/welcome/en"
    send(owner, word, word, **{"text.heading": SCRIPT, "text.text": SCRIPT})
    pages = ["", "/sender", "/look", "/words", "/topics", "/topics/x", "/names", "/history"]
    shown = [owner.get(f"{SETTINGS}{page}").text for page in pages]
    shown += [owner.get(word).text, web.get("/en/").text, web.get("/en/subscribe").text]
    for text in shown:
        assert "<script>alert" not in text
    assert sum("&lt;script&gt;" in text for text in shown) >= 9


def test_every_form_refuses_what_comes_from_elsewhere(owner: Browser) -> None:
    """CSRF: another site's form, and one without our stamp."""
    for path in ("save/sender", "look/colours", "languages", "topics/save", "names", "undo"):
        answer = owner.post(f"{SETTINGS}/{path}", {"seen": "0"}, Origin="https://evil.example")
        assert answer.status_code == 403
        assert owner.post(f"{SETTINGS}/{path}", {"seen": "0"}).status_code == 403


@pytest.mark.parametrize("language", ["fr", "es"])
def test_the_pages_speak_the_users_language(web: WebService, language: str) -> None:
    """All of them, without a word of English left."""
    user = add_user(web)
    browser = Browser(web)
    browser.sign_in(user.address)
    browser.press("/console/account", "/console/account/language", language=language)
    for page in ("", "/look", "/sender", "/words", "/words/confirm/fr", "/topics", "/languages"):
        text = browser.get(f"{SETTINGS}{page}").text
        assert f'<html lang="{language}"' in text
        assert "console_look" not in text
        assert "Settings" not in text


def test_every_part_has_a_page() -> None:
    """A part that is added must be said somewhere in the console."""
    shown = {"institution", "short_name", "list_title", "sender_name", "imprint", "postal_address"}
    shown |= {
        "privacy_url",
        "logo",
        "accent",
        "accent_dark",
        "languages",
        "topics",
        "texts",
        "names",
    }
    assert {*PARTS} == shown
