"""The console's sign-in in a real browser: the link, and a passkey of Chromium's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.signing_in.session import PROOF
from mailer.store.server.connection import open_store
from support.readers import browser as b
from support.readers.browser import Window
from support.servers.ports import free_port
from support.service.console import add_user, links
from support.service.web_service import WebService

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(not b.CHROMIUM.exists(), reason="these need Chromium"),
]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebService]:
    """Pages with one user, served; a passkey needs a host that has a name."""
    store, port = open_store(tmp_path / "data"), free_port()
    web = WebService(store, tmp_path / "data", public_url=f"http://localhost:{port}")
    add_user(web)
    with b.serving(web, port):
        yield web
    store.close()


@pytest.fixture
def window(web: WebService, request: pytest.FixtureRequest) -> Iterator[Window]:
    """Open a window with an authenticator of Chromium's own in it."""
    options = getattr(request, "param", {})
    with b.chromium() as browser, b.window(browser, web.settings.public_url, **options) as window:
        session = window.context.new_cdp_session(window.page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield window


def test_a_link_then_a_passkey_sign_in(web: WebService, window: Window) -> None:
    """What a new user does on the first day, and on every other one."""
    page = window.page
    window.go("/console")
    assert page.url.endswith("/console/sign-in?next=/console")
    page.fill("#address", "ada@example.org")
    page.click("text=Mail me a link")
    page.wait_for_selector("text=Please look into your mailbox")
    [token] = b.aside(lambda: links(web))
    window.go(f"/console/link/{token}")
    page.click("main button")
    page.wait_for_selector("text=Hello, Ada")

    page.click("aside a[href$='/console/account']")
    page.fill("#name", "Laptop")
    page.click("text=Add a passkey")
    page.wait_for_selector("text=Laptop, added")
    page.click("text=Sign out")
    page.wait_for_selector("text=Use a passkey")

    page.click("text=Use a passkey")
    page.wait_for_selector("text=Hello, Ada")

    web.clock.advance(PROOF)
    window.go("/console/account/password")
    page.wait_for_selector("text=Please confirm that it is you")
    page.click("text=Use a passkey")
    page.wait_for_selector("text=Set a password and an app")
    assert window.complaints == []
    assert window.strangers() == set()


def test_a_passkey_is_asked_for_after_a_proof(web: WebService, window: Window) -> None:
    """Where too much time has passed, the script leads to the proof, and back."""
    page = window.page
    window.go("/console/sign-in")
    page.fill("#address", "ada@example.org")
    page.click("text=Mail me a link")
    page.wait_for_selector("text=Please look into your mailbox")
    [token] = b.aside(lambda: links(web))
    window.go(f"/console/link/{token}")
    page.click("main button")
    page.wait_for_selector("text=Hello, Ada")
    web.clock.advance(PROOF + timedelta(minutes=1))
    window.go("/console/account")
    page.click("text=Add a passkey")
    page.wait_for_selector("text=Please confirm that it is you")
    assert page.url.endswith("next=/console/account")


@pytest.mark.skipif(not b.AXE.exists(), reason="needs axe-core: sh deploy/bootstrap.sh test")
@pytest.mark.parametrize("window", [{"bypass_csp": True}], indirect=True, ids=["axe"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everybody(web: WebService, window: Window, scheme: str) -> None:
    """WCAG 2.2 AA, as far as a program can tell, also in the dark."""
    page = window.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    window.go("/console/sign-in")
    assert b.violations(page) == []
    page.fill("#address", "ada@example.org")
    page.click("text=Mail me a link")
    page.wait_for_selector("text=Please look into your mailbox")
    [token] = b.aside(lambda: links(web))
    window.go(f"/console/link/{token}")
    assert b.violations(page) == []
    page.click("main button")
    page.wait_for_selector("text=Hello, Ada")
    for path in ("/console", "/console/account", "/console/account/password"):
        window.go(path)
        assert b.violations(page) == []
