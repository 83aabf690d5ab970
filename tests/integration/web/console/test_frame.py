"""The console's frame: navigation, notices, the palette, and forms with files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import APIRouter, Response

from mailer.domain.access.rights import Role
from mailer.errors import NotFoundError, StateError
from mailer.store.server.connection import Store
from mailer.web.console import finding
from mailer.web.console.notices import Notice, Undo
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, lead
from support.service.console import Browser, add_user
from support.service.web_service import WebService

router = APIRouter(route_class=ConsoleRoute)


@router.post("/console/tried")
def _tried(visit: Here, _: SignedIn) -> Response:
    file = visit.fields.file("file")
    read = file.content.read() if file else b""
    values = {"q": f"{file.name if file else ''} {len(read)} {visit.fields.one('text')}"}
    undo = Undo("/console/tried", {"text": "<back>"})
    return lead(visit, "/console", Notice("console_frame.nothing_found", values, undo=undo))


@router.get("/console/cancelled")
def _cancelled(_: SignedIn) -> Response:
    raise StateError("campaign", "<b>7</b>", "cancelled", "send", "<i>remedy</i>")


@router.get("/console/asleep")
def _asleep(_: SignedIn) -> Response:
    raise StateError("campaign", "7", "asleep", "send")


@router.get("/console/gone")
def _gone(_: SignedIn) -> Response:
    raise NotFoundError("web hook", "<b>7</b>")


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages with one more route, which says what it was sent."""
    made = WebService(store, data_dir)
    made.app.app.include_router(router)
    return made


def _signed_in(web: WebService, role: Role = Role.OWNER) -> Browser:
    browser = Browser(web)
    browser.sign_in(add_user(web, role=role).address)
    return browser


def test_a_notice_is_shown_once_and_escaped(web: WebService) -> None:
    """What was done is told on the next page only, whatever the file was called."""
    browser = _signed_in(web)
    answer = browser.press("/console/account", "/console/tried", text="<b>bold</b>")
    assert answer.status_code == 303
    page = browser.get("/console").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert 'value="&lt;back&gt;"' in page
    assert "bold" not in browser.get("/console").text


def test_an_error_page_says_which_thing_is_in_which_state(web: WebService) -> None:
    """`Not possible any more` leaves the user guessing; what the error quotes is not repeated."""
    browser = _signed_in(web)
    cancelled, gone = browser.get("/console/cancelled"), browser.get("/console/gone")
    assert (cancelled.status_code, gone.status_code) == (409, 404)
    assert "This campaign has been cancelled." in cancelled.text
    assert "There is no such web hook." in gone.text
    assert "7&lt;" not in cancelled.text + gone.text
    assert "<b>7" not in cancelled.text + gone.text
    assert "remedy" not in cancelled.text
    general = browser.get("/console/asleep")
    assert general.status_code == 409
    assert "This is not possible any more" in general.text


def test_nobody_puts_a_notice_into_another_browser(web: WebService) -> None:
    """A cookie of one session says nothing in another: no words of strangers on our pages."""
    one = _signed_in(web)
    one.press("/console/account", "/console/tried", text="planted")
    name = next(name for name in one.cookies if "notice" in name)
    other = Browser(web, "203.0.113.9")
    other.sign_in("ada@example.org")
    other.cookies.set(name, one.cookies[name])
    assert "planted" not in other.get("/console").text
    assert "planted" in one.get("/console").text


def test_a_form_may_hold_a_file(web: WebService) -> None:
    """It is read while it arrives; a name is a stranger's text."""
    browser = _signed_in(web)
    stamp = browser.stamp("/console/account")
    parts = [
        ("stamp", None, stamp.encode()),
        ("text", None, "é".encode()),
        ("file", '"><i>.csv', b"x" * 2_000_000),
    ]
    body, kind = _multipart(parts)
    answer = browser.send("/console/tried", body, kind)
    assert answer.status_code == 303
    assert "2000000 é" in browser.get("/console").text


def test_strangers_send_nothing_large(web: WebService) -> None:
    """Whoever has not signed in cannot make us read megabytes."""
    body, kind = _multipart([("file", "a", b"x" * 200_000)])
    assert Browser(web).send("/console/sign-in", body, kind).status_code == 413


def test_a_form_with_too_much_text_is_refused(web: WebService) -> None:
    """Files have a larger limit than fields."""
    browser = _signed_in(web)
    stamp = browser.stamp("/console/account")
    parts = [("stamp", None, stamp.encode()), ("text", None, b"x" * 5_000_000)]
    body, kind = _multipart(parts)
    assert browser.send("/console/tried", body, kind).status_code == 413


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_palette_finds_places_without_accents_and_case(web: WebService, language: str) -> None:
    """What is shown is what the user may see."""
    browser = _signed_in(web)
    browser.press("/console/account", "/console/account/language", language=language)
    say = web.site.say(language)
    word = str(say("console_frame.area_account")).upper()
    part = browser.get(f"/console/find?part=1&q={quote(word)}").text
    assert "/console/account" in part
    assert "<html" not in part
    assert "<html" in browser.get("/console/find?q=zzz").text


@pytest.mark.parametrize(
    ("typed", "text", "fit"),
    [
        ("new ed", "New edition", True),
        ("EDITION new", "New edition", True),
        ("edi", "Édition", True),
        ("dition", "New edition", False),
        ("", "anything", True),
    ],
)
def test_what_was_typed_begins_words(typed: str, text: str, *, fit: bool) -> None:
    """Each word typed must begin a word."""
    assert finding.fits(typed, text) is fit


def _multipart(parts: Sequence[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    body = b""
    for name, file, content in parts:
        escaped = file.replace('"', "%22") if file else ""
        called = f'; filename="{escaped}"' if file is not None else ""
        head = f'--limit\r\nContent-Disposition: form-data; name="{name}"{called}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + b"--limit--\r\n", "multipart/form-data; boundary=limit"
