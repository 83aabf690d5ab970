"""Requirements for every page of the site: valid, accessible, and whole in any window."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from mailer.store.server.connection import open_store
from support.patience import PATIENCE
from support.readers import browser as b
from support.readers.browser import Window
from support.service.whole_site import LANGUAGES, Crawler, WholeSite, links_in

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(bool(b.missing()), reason=f"these need {b.missing()}"),
]
_DATE = re.compile(r"\?on=.*")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    """A list that has been running for a while, served, in a store of its own."""
    folder = tmp_path_factory.mktemp("site")
    store = open_store(folder / "data")
    with b.served(store, folder / "data") as served:
        yield served
    store.close()


@pytest.fixture(scope="module")
def base(site: WholeSite) -> str:
    """Return its address."""
    return site.settings.public_url


@pytest.fixture(scope="module")
def crawled(site: WholeSite) -> Crawler:
    """Follow every link, from the front and from the mails."""
    crawler = Crawler(site)
    links = set().union(*map(links_in, site.mails()))
    starts = [
        f"/{code}/{rest}" for code in LANGUAGES for rest in ("nowhere", "search?q=trade+MPME")
    ]
    starts += [site.invitation(code) for code in LANGUAGES]
    trial = site.trial()
    starts += [f"/{code}/{trial}" for code in LANGUAGES]
    crawler.crawl("/", "/sitemap.xml", *starts, *links)
    return crawler


@pytest.fixture(scope="module")
def pages(crawled: Crawler) -> dict[str, str]:
    """Return the HTML of every page, error pages too, by path.

    Of pages that differ only in date or token, one in each language stands for all.
    """
    found: dict[str, str] = {}
    kinds: set[str] = set()
    for path, (_, kind, text) in sorted(crawled.pages.items()):
        shape = re.sub(r"/[0-9]+(-[0-9]+)*-\w{16}", "/TOKEN", _DATE.sub("?on=DATE", path))
        language = re.search(r'<html lang="([\w-]+)"', text)
        shape += language[1] if language else ""
        if kind == "text/html" and shape not in kinds:
            kinds.add(shape)
            found[path] = text
    assert len(found) > 60
    return found


@pytest.fixture(scope="module")
def chromium(pages: dict[str, str]) -> Iterator[Browser]:
    """Start the browser, which keeps this thread's event loop for itself: so after all else."""
    assert pages
    with b.chromium() as browser:
        yield browser


def test_the_pages_are_valid_html(pages: dict[str, str], tmp_path: Path) -> None:
    """Browsers, screen readers and search engines agree on valid pages only (Nu HTML Checker)."""
    names = {}
    for number, (path, text) in enumerate(pages.items()):
        file = tmp_path / f"{number}.html"
        file.write_text(text, encoding="utf-8")
        names[file.name] = path
    command = ["java", "-jar", str(b.VNU), "--format", "json", "--stdout", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    messages: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    said = {
        f"{names[message['url'].rpartition('/')[2]]}: {message['message']}"
        for message in messages
        if message["type"] == "error" or message.get("subType") == "warning"
    }
    assert sorted(said) == []


def test_the_style_sheet_is_valid(site: WholeSite, base: str, tmp_path: Path) -> None:
    """A rule that no browser knows is a rule that nobody sees."""
    path = site.site.assets.path("style.css")
    (tmp_path / "style.css").write_bytes(httpx.get(f"{base}{path}", timeout=PATIENCE).content)
    command = ["java", "-jar", str(b.VNU), "--css", "--format", "json", "--stdout"]
    done = subprocess.run(
        [*command, str(tmp_path / "style.css")], capture_output=True, text=True, check=False
    )
    messages = json.loads(done.stdout)["messages"]
    assert [one["message"] for one in messages if one["type"] == "error"] == []


def test_the_pages_are_accessible_in_either_colour_scheme(
    chromium: Browser, base: str, pages: dict[str, str]
) -> None:
    """A reader who cannot see, or sees little, is a reader (axe-core, all its rules)."""
    found: list[str] = []
    with b.window(chromium, base, bypass_csp=True) as window:
        for path in pages:
            window.go(path)
            for scheme in ("light", "dark"):
                window.page.emulate_media(color_scheme=scheme)
                found += [f"{path} ({scheme}): {one}" for one in b.violations(window.page)]
    assert found == []


def test_nothing_is_cut_off_in_a_narrow_window(
    chromium: Browser, base: str, pages: dict[str, str]
) -> None:
    """On a telephone, or at four times the size, nobody should have to scroll sideways."""
    wider: list[str] = []
    with b.window(chromium, base, viewport=b.NARROW) as window:
        for path in pages:
            window.go(path)
            width = window.page.evaluate("() => document.documentElement.scrollWidth")
            if width > b.NARROW["width"]:
                wider.append(f"{path}: {width}")
    assert wider == []


@pytest.mark.parametrize("scripts", [True, False])
def test_browsers_have_nothing_to_complain_of(
    chromium: Browser, base: str, crawled: Crawler, pages: dict[str, str], scripts: bool
) -> None:
    """No rule of our content policy is broken, nothing is missing, and nobody else is asked."""
    with b.window(chromium, base, java_script_enabled=scripts) as window:
        for path in pages:
            if crawled.pages[path][0] == 200:
                assert window.go(path) == 200
        assert window.complaints == []
        assert window.strangers() == set()


_FOCUS = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    return {
        index: [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].indexOf(one),
        outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
        text: one.outerHTML.slice(0, 120),
    };
}"""
_REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter((one) => one.tabIndex >= 0 && one.type !== 'hidden' && !one.disabled).length"""


def tabbed(window: Window) -> list[dict[str, Any]]:
    """Press Tab until it has gone round; returns what had the focus."""
    found: list[dict[str, Any]] = []
    for _ in range(200):
        window.page.keyboard.press("Tab")
        one = window.page.evaluate(_FOCUS)
        if one is None or (found and one["index"] == found[0]["index"]):
            return found
        found.append(one)
    raise AssertionError("Tab never came round")


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    chromium: Browser, base: str, pages: dict[str, str]
) -> None:
    """A reader without a mouse must see the focus and reach everything (WCAG 2.2, 2.4.3, 2.4.7)."""
    with b.window(chromium, base) as window:
        for path in pages:
            if "?on=" in path or not path.startswith(
                ("/en", "/leave", "/preferences", "/confirm", "/rsvp")
            ):
                continue
            window.go(path)
            found = tabbed(window)
            indexes = [one["index"] for one in found]
            assert indexes == sorted(indexes), path
            hidden = [one["text"] for one in found if not (one["outline"] and one["seen"])]
            assert hidden == [], path
            assert found[0]["text"].startswith('<a class="skip"'), path
            choices = window.page.locator("input[type=radio]").count()
            assert len(found) >= window.page.evaluate(_REACHABLE) - choices, path


def test_the_skip_link_leads_past_the_head(chromium: Browser, base: str) -> None:
    """Nobody should hear the navigation on every page."""
    with b.window(chromium, base) as window:
        window.go("/en/editions/spring-2023")
        window.page.keyboard.press("Tab")
        window.page.keyboard.press("Enter")
        assert window.page.evaluate("() => document.activeElement.id") == "content"


@pytest.mark.parametrize("scripts", [True, False])
def test_an_edition_is_searched_and_read_with_the_keyboard_alone(
    chromium: Browser, base: str, scripts: bool
) -> None:
    """From the front page to the words, in French, with scripts or without."""
    with b.window(chromium, base, java_script_enabled=scripts, locale="fr-CA") as window:
        page = window.page
        window.go("/")
        assert page.locator("html").get_attribute("lang") == "fr"
        page.get_by_role("navigation", name="Principal").get_by_role("link", name="Numéros").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/fr/editions")
        page.get_by_role("searchbox").focus()
        page.keyboard.type("colis")
        page.keyboard.press("Enter")
        page.wait_for_url("**/fr/search?q=colis")
        page.get_by_role("link", name="petits colis").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/fr/editions/spring-2023#s7")
        assert page.get_by_role("heading", level=1).inner_text().startswith("Groupe de travail")


def test_images_are_shown_and_fit(chromium: Browser, base: str) -> None:
    """An image that is not there, or torn out of shape, is worse than none."""
    script = "(one) => [one.naturalWidth / one.naturalHeight, one.width / one.height]"
    with b.window(chromium, base) as window:
        window.go("/es/editions/spring-2023")
        images = window.page.locator("article img")
        assert images.count() == 4
        for image in images.all():
            image.scroll_into_view_if_needed()
            window.page.wait_for_function(
                "(one) => one.naturalWidth > 0", arg=image.element_handle()
            )
            own, shown = image.evaluate(script)
            assert shown == pytest.approx(own, rel=0.02)


def test_an_edition_prints_without_the_furniture(chromium: Browser, base: str) -> None:
    """On paper nobody can press a button; the text must be there, and its links readable."""
    with b.window(chromium, base) as window:
        window.go("/en/editions/spring-2023")
        window.page.emulate_media(media="print")
        assert not window.page.get_by_role("navigation").first.is_visible()
        assert not window.page.locator(".after").is_visible()
        assert window.page.locator(".masthead h1").is_visible()
        assert window.page.pdf().startswith(b"%PDF")
