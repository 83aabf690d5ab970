"""A reader's whole way through the pages, in a real browser, with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from mailer.domain.calendar.attendance import Attendance
from mailer.store.calendar import attendance
from mailer.store.server.connection import open_store
from support.readers import browser as b
from support.readers.browser import Window
from support.service.whole_site import WholeSite

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(not b.CHROMIUM.exists(), reason="these need Chromium"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    """A list that has been running for a while, served, in a store of its own."""
    folder = tmp_path_factory.mktemp("site")
    store = open_store(folder / "data")
    with b.served(store, folder / "data", forms_per_address=1000, forms_per_network=1000) as served:
        yield served
    store.close()


@pytest.fixture(scope="module")
def laborious(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    """Another, whose form asks for work."""
    folder = tmp_path_factory.mktemp("laborious")
    store = open_store(folder / "data")
    with b.served(store, folder / "data", proof_of_work=12) as served:
        yield served
    store.close()


@pytest.fixture(scope="module")
def chromium(site: WholeSite, laborious: WholeSite) -> Iterator[Browser]:
    """Start the browser, which keeps this thread's event loop for itself: so after all else."""
    assert site is not laborious
    with b.chromium() as browser:
        yield browser


def press(window: Window, selector: str = "main form button") -> None:
    """Go to a button with Tab and press it."""
    b.tab_to(window, selector)
    with window.page.expect_navigation():
        window.page.keyboard.press("Enter")


def tick(window: Window) -> None:
    """Go to the first topic with Tab and tick it: nothing is ticked before."""
    assert not window.page.locator("input[name=topics]:checked").count()
    b.tab_to(window, "input[name=topics]")
    window.page.keyboard.press("Space")


def confirm_link(site: WholeSite, address: str) -> str:
    """Let the service act on the form; returns the path of the link in the mail that follows."""

    def mailed() -> str:
        site.forms.process()
        (mail,) = [one for one in site.mail.sent() if one["To"] == address]
        text = str(mail.get_body(("plain",)))
        found = re.search(r"http://127\.0\.0\.1:\d+(/confirm/\S+)", text)
        assert found, text
        return found[1]

    return b.aside(mailed)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("narrow", [True, False], ids=["narrow", "wide"])
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_a_reader_comes_chooses_goes_and_returns(
    site: WholeSite, chromium: Browser, language: str, narrow: bool, scripts: bool
) -> None:
    """From the form to the list, and out of it and back: no mouse, and no script is needed."""
    address = f"ana-{language}-{narrow}-{scripts}@example.org".lower()
    other = {"en": "fr", "fr": "es", "es": "en"}[language]
    size = b.NARROW if narrow else b.WIDE
    options = {"viewport": size, "java_script_enabled": scripts, "locale": language}
    with b.window(chromium, site.settings.public_url, **options) as window:
        window.go("/")
        press(window, "main a.button")
        b.tab_to(window, "#email")
        window.page.keyboard.type(address)
        tick(window)
        site.clock.advance(timedelta(seconds=20))
        press(window)
        assert window.page.url.endswith(f"/{language}/subscribe")
        path = confirm_link(site, address)
        window.go(path)
        assert site.mail.status(address) == "pending"
        press(window)
        assert site.mail.status(address) == "active"
        press(window, "main a[href*=preferences]")
        b.tab_to(window, "input[name=language]")
        step = "ArrowUp" if language == "es" else "ArrowDown"
        for _ in range(2 if language == "es" else 1):
            window.page.keyboard.press(step)
        press(window, "main form button")
        member = site.mail.who(address)
        assert member is not None
        assert member.language == other
        assert window.page.locator("html").get_attribute("lang") == other
        window.go(site.leave_path(member.number))
        press(window)
        assert site.mail.status(address) == "unsubscribed"
        press(window)
        assert site.mail.status(address) == "active"
        assert window.complaints == []
        assert window.strangers() == set()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_an_invitation_is_answered(
    site: WholeSite, chromium: Browser, language: str, scripts: bool
) -> None:
    """The second of three buttons: the answer is the one that was pressed."""
    options = {"java_script_enabled": scripts}
    with b.window(chromium, site.settings.public_url, **options) as window:
        window.go(site.invitation(language))
        press(window, "button[value=tentative]")
        known = attendance.get(site.store, "round-table", site.readers[language], "")
        assert known
        assert known.attendance is Attendance.TENTATIVE
        press(window, "button[value=accepted]")
        assert window.page.locator("[role=status]").is_visible()
        assert window.complaints == []


def test_a_wrong_form_says_what_to_mend_and_keeps_the_rest(
    site: WholeSite, chromium: Browser
) -> None:
    """Nobody types their name twice; screen readers are led from the field to what is wrong."""
    with b.window(chromium, site.settings.public_url) as window:
        window.go("/fr/subscribe")
        page = window.page
        page.eval_on_selector("form", "(form) => { form.noValidate = true; }")
        b.tab_to(window, "#email")
        page.keyboard.type("ana@")
        b.tab_to(window, "#name")
        page.keyboard.type("Ana Díaz")
        site.clock.advance(timedelta(seconds=20))
        press(window)
        email = page.locator("#email")
        assert email.get_attribute("aria-invalid") == "true"
        described = email.get_attribute("aria-describedby") or ""
        assert page.locator(f"#{described.split()[-1]}").is_visible()
        assert email.input_value() == "ana@"
        assert page.locator("#name").input_value() == "Ana Díaz"
        assert page.get_by_role("alert").is_visible()


def test_work_is_done_by_the_reader_s_own_machine(laborious: WholeSite, chromium: Browser) -> None:
    """Proof of work asks no third party; an address in any script is hashed alike."""
    with b.window(chromium, laborious.settings.public_url) as window:
        window.go("/en/subscribe")
        b.tab_to(window, "#email")
        window.page.keyboard.type("josé.ñandú@example.org")
        tick(window)
        laborious.clock.advance(timedelta(seconds=20))
        press(window)
        assert not window.page.locator("form").count()
        assert b.aside(laborious.forms.process) == 1
        assert window.complaints == []
        assert window.strangers() == set()


def test_without_scripts_a_form_that_asks_for_work_leads_to_the_mail_address(
    laborious: WholeSite, chromium: Browser
) -> None:
    """Nobody is shut out: an empty message subscribes as well."""
    options = {"java_script_enabled": False}
    with b.window(chromium, laborious.settings.public_url, **options) as window:
        window.go("/es/subscribe")
        assert window.page.locator("noscript p").is_visible()
        assert window.page.locator("main a[href^='mailto:bulletin-subscribe@']").is_visible()
