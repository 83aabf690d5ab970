"""Rules for every page: language, limits, header fields, errors, and that GET changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.web_service import WebService


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over an empty store."""
    return WebService(store, data_dir)


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Welcome"), ("fr", "Bienvenue"), ("es", "Bienvenida")]
)
def test_front_page_is_there_in_every_language(web: WebService, language: str, word: str) -> None:
    """A reader who finds another language turns away."""
    page = web.get(f"/{language}/")
    assert page.status_code == 200
    assert word in page.text
    assert f'<html lang="{language}" dir="ltr">' in page.text
    assert page.text.startswith("<!doctype html>")
    assert page.headers["content-language"] == language


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("es", "es"),
        ("de, *;q=0.1", "en"),
        ("", "en"),
        ("en;q=0, es", "es"),
    ],
)
def test_bare_address_leads_to_the_language_that_a_browser_asks_for(
    web: WebService, wish: str, language: str
) -> None:
    """Most readers come without having said their language to us."""
    answer = web.get("/", **{"Accept-Language": wish})
    assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}/")
    assert answer.headers["vary"] == "Accept-Language"


def test_wish_in_the_address_wins_over_the_browsers(web: WebService) -> None:
    """The language switcher of pages without a language in their path uses it."""
    assert web.get("/?lang=es", **{"Accept-Language": "fr"}).headers["location"] == "/es/"


def test_style_sheet_is_served_for_ever_and_its_address_names_its_content(web: WebService) -> None:
    """A browser must neither ask again nor show an old one."""
    address = web.site.assets.path("style.css")
    sheet = web.get(address)
    assert sheet.status_code == 200
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]
    assert address in web.get("/en/").text
    assert web.get("/static/style.0000000000000000.css").status_code == 404


def test_every_answer_has_the_security_headers(web: WebService) -> None:
    """An error page is a page too."""
    for path in ("/en/", "/nowhere", web.site.assets.path("style.css"), "/robots.txt"):
        headers = web.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert headers["permissions-policy"]
        assert "server" not in headers


def test_no_page_asks_a_third_party_for_anything(web: WebService) -> None:
    """Reading must not be told to anybody."""
    text = web.get("/fr/").text
    assert "<script" not in text
    assert "style=" not in text
    assert text.count("http") == text.count("https://bulletin.example.org")


def test_head_answers_as_get_without_a_body(web: WebService) -> None:
    """Scanners and monitors ask so."""
    answer = web.head("/en/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == web.get("/en/").headers["content-type"]


@pytest.mark.parametrize(
    ("path", "wish", "title"),
    [
        ("/nowhere", "fr", "Cette page n’existe pas"),
        ("/es/nowhere", "fr", "Esta página no existe"),
        ("/de/", "", "There is no such page"),
    ],
)
def test_error_pages_help_in_the_readers_language(
    web: WebService, path: str, wish: str, title: str
) -> None:
    """A lost visitor needs help in a language that they read."""
    page = web.get(path, **{"Accept-Language": wish})
    assert page.status_code == 404
    assert title in page.text
    assert "noindex" in page.text


def test_wrong_method_is_told_with_those_that_there_are(web: WebService) -> None:
    """RFC 9110 section 15.5.6."""
    page = web.post("/en/", {})
    assert page.status_code == 405
    assert "GET" in page.headers["allow"]


@pytest.mark.parametrize("declared", [True, False])
def test_large_bodies_are_refused(web: WebService, declared: bool) -> None:
    """Nobody fills our memory through a form."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    body = b"x" * 100_000 if declared else pieces()
    answer = web.ask("POST", "/fr/subscribe", content=body)
    assert answer.status_code == 413
    assert "C’est trop" in answer.text


@pytest.mark.parametrize(("pieces", "heard"), [(100, 100), (1000, 0)])
def test_who_sends_a_little_too_much_is_heard_out(web: WebService, pieces: int, heard: int) -> None:
    """A proxy or browser that is cut off in mid-sentence shows a broken connection, not our page."""
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(pieces):
            sent += 1
            yield b"x" * 1000

    headers = {"Content-Length": str(1000 * pieces)}
    answer = web.ask("POST", "/en/subscribe", content=body(), headers=headers)
    assert (answer.status_code, sent) == (413, heard)


def test_path_prefix_of_the_public_url_is_in_every_link_and_not_needed_by_routes(
    store: Store, data_dir: Path
) -> None:
    """Institutions put us under a folder of their site; some proxies strip it, others do not."""
    web = WebService(store, data_dir, public_url="https://www.example.org/bulletin")
    for path in ("/bulletin/fr/", "/fr/"):
        page = web.get(path)
        assert page.status_code == 200
        assert 'href="/bulletin/fr/subscribe"' in page.text
        assert 'hreflang="es" href="https://www.example.org/bulletin/es/"' in page.text
        assert 'href="/fr/' not in page.text
