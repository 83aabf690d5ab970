"""Writing an edition in a real browser, while the web process dies and others write too."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.domain.access.rights import Role
from mailer.domain.drafts.draft import Made
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import users
from mailer.services.access.signing_in.links import Links
from mailer.services.editions.archive import Archive
from mailer.services.editions.drafts import beginning, reading
from mailer.services.editions.drafts.desk import Desk
from mailer.workers.supervisor import Supervisor
from support.patience import PATIENCE
from support.places import ROOT
from support.readers import browser as b
from support.readers.browser import Window
from support.servers.ports import free_port

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(not b.CHROMIUM.exists(), reason="these need Chromium"),
]

SPRING = ROOT / "mailer" / "demo" / "spring-2023"
CONFIGURATION = """\
data_dir = "data"
sender_address = "bulletin@lists.example.org"
list_domain = "lists.example.org"
web_listen = "http://127.0.0.1:{port}"
metrics_listen = "http://127.0.0.1:{metrics}"
public_url = "http://127.0.0.1:{port}"
workers = 1
log_level = "error"
"""
WAIT = PATIENCE * 1000
"""Milliseconds."""


class Office:
    """A service whose web process can be killed, with a draft in it."""

    def __init__(self, supervisor: Supervisor, settings: Settings) -> None:
        """Begin a draft from the spring edition."""
        assert supervisor.store is not None
        self.supervisor, self.settings, self.store = supervisor, settings, supervisor.store
        clock = SystemClock()
        self.desk = Desk(self.store, settings, clock, Archive(self.store, settings))
        self.links = Links(self.store, settings, clock)
        beginning.from_folder(self.desk, SPRING)

    def text(self) -> str:
        """Return the English text as the service has it."""
        return reading.opened(self.desk, 1).texts["en.md"].text

    def made(self) -> list[Made]:
        """Return how its revisions came to be, the newest first."""
        return [one.made for one in reading.history(self.desk, 1, "en.md")]

    def pid(self) -> int:
        """Return the web process."""
        [child] = self.supervisor.children
        assert child.pid is not None
        return child.pid

    def up(self) -> None:
        """Look after the service until its pages are up."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.supervisor.look()
            try:
                httpx.get(f"{self.settings.public_url}/console/sign-in", timeout=PATIENCE)
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def link(self, name: str) -> str:
        """Add a user, and return the path of a link that signs them in."""
        address = parse_address(f"{name.lower()}@example.org")
        now = SystemClock().now()
        users.add(self.store, self.settings, now, address, name=name, role=Role.EDITOR)
        return self.links.hand(address.key).partition(self.settings.public_url)[2]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A service of its own, of which the web process alone runs."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "mailer.toml"
    file.write_text(CONFIGURATION.format(port=free_port(), metrics=free_port()), encoding="utf-8")
    settings = Settings.load(file)
    supervisor = Supervisor(settings)
    supervisor.children = [one for one in supervisor.children if one.name == "web"]
    with supervisor as running:
        office = Office(running, settings)
        office.up()
        yield office


@contextmanager
def writing(browser: Browser, office: Office, name: str, **options: Any) -> Iterator[Window]:
    """Open the English text in a window of a user's own."""
    link = b.aside(lambda: office.link(name))
    with b.window(browser, office.settings.public_url, **options) as window:
        window.go(link)
        window.page.click("main button")
        window.page.wait_for_url("**/console")
        window.go("/console/editions/1?language=en")
        yield window


def at_the_end(page: Page, text: str) -> None:
    """Type at the end of the text."""
    page.locator("#text-en").press("Control+End")
    page.keyboard.type(text)


def says(page: Page, text: str) -> None:
    """Wait until the page says something about the saving."""
    expect(page.locator("#status-en")).to_contain_text(text, timeout=WAIT)


def holds(office: Office, true: Callable[[str], bool]) -> None:
    """Wait until the text that the service has is as it should be."""
    deadline = time.monotonic() + PATIENCE
    while not true(b.aside(office.text)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_web_process_killed_in_mid_save_loses_no_word(office: Office) -> None:
    """The page says so, keeps what was typed through a reload, and saves it when it can."""
    with b.chromium() as browser, writing(browser, office, "Ada") as window:
        page = window.page
        at_the_end(page, "Before the blow. ")
        says(page, "Saved")
        os.kill(office.pid(), signal.SIGSTOP)
        with page.expect_request("**/text/en", timeout=WAIT):
            at_the_end(page, "During the blow. ")
        os.kill(office.pid(), signal.SIGKILL)
        says(page, "Your text is kept in this browser")
        at_the_end(page, "After the blow. ")
        says(page, "Not saved yet")
        assert "During" not in b.aside(office.text)
        # The window is closed before the service is back: another one has to find it.
        page.close()
        office.up()  # in this thread: with the one that starts it a process ends
        window.page = window.context.new_page()
        window.go("/console/editions/1?language=en")
        says(window.page, "Brought back what you wrote here")
        says(window.page, "Saved")
        assert "Before the blow. During the blow. After the blow." in b.aside(office.text)
        kept = window.page.evaluate("() => Object.keys(localStorage)")
        assert [name for name in kept if name.startswith("mailer-draft")] == []
        assert b.aside(office.made) == [Made.TYPED, Made.TYPED, Made.FIRST]


def test_an_answer_that_is_lost_does_not_save_twice(office: Office) -> None:
    """The service took the text; the network lost what it said, and the page asks again."""
    with b.chromium() as browser, writing(browser, office, "Ada") as window:
        page, lost = window.page, list[int]()

        def lose(route: Route) -> None:
            answer = route.fetch()
            if lost:
                route.fulfill(response=answer)
            else:
                lost.append(answer.status)
                route.abort("connectionreset")

        page.route("**/text/en", lose)
        at_the_end(page, "Once. ")
        says(page, "Your text is kept in this browser")
        says(page, "Saved")
        assert lost == [200]
        assert b.aside(office.text).count("Once.") == 1
        assert b.aside(office.made) == [Made.TYPED, Made.FIRST]


def test_two_people_who_write_at_once_lose_nothing(office: Office) -> None:
    """Elsewhere in the text it is merged before their eyes; at the same words a person chooses."""
    with (
        b.chromium() as browser,
        writing(browser, office, "Ada") as ada,
        writing(browser, office, "Bea") as bea,
    ):
        at_the_end(ada.page, "By Ada.")
        says(ada.page, "Saved")
        field = bea.page.locator("#text-en")
        field.press("Control+Home")
        for _ in range(2):
            field.press("ArrowDown")
        bea.page.keyboard.type("# By Bea.\n")
        says(bea.page, "together with what Ada wrote")
        holds(office, lambda text: "By Ada." in text and "# By Bea." in text)
        assert "By Ada." in field.input_value()
        # The caret stayed where she was writing.
        bea.page.keyboard.type("# Further.\n")
        holds(office, lambda text: "# By Bea.\n# Further.\n" in text)
        at_the_end(ada.page, " More by Ada.")
        says(ada.page, "together with what Bea wrote")
        field.press("Control+End")
        bea.page.keyboard.type(" Or by Bea.")
        says(bea.page, "Somebody changed the same words")
        bea.page.click("text=Choose what the text says")
        expect(bea.page.locator("main")).to_contain_text("Ada changed the same words")
        bea.page.click("text=Save this text")
        text = b.aside(office.text)
        assert "More by Ada." in text
        assert "Or by Bea." in text
        assert bea.strangers() == set()
        assert bea.complaints == []  # no policy was broken


@pytest.mark.skipif(not b.AXE.exists(), reason="this needs axe-core")
def test_the_pages_of_a_draft_are_fit_for_everybody(office: Office) -> None:
    """axe-core finds nothing, and nothing is wider than a narrow screen."""
    with b.chromium() as browser, writing(browser, office, "Ada", bypass_csp=True) as window:
        paths = ["", "/new", "/1", "/1?language=fr", "/1/facts", "/1/preview", "/1/check"]
        for path in [*paths, "/1/pictures", "/1/history", "/bin"]:
            window.go(f"/console/editions{path}")
            found = [one for one in b.violations(window.page) if not one.startswith("region:")]
            assert found == [], path  # regions are the frame's affair
            window.page.set_viewport_size({"width": 320, "height": 700})
            assert window.page.evaluate("document.documentElement.scrollWidth") <= 320, path
            window.page.set_viewport_size({"width": 1280, "height": 900})
        assert window.complaints == []
