"""A month of a secretariat at the console, in a real browser, with a real service that mails."""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from mailer.demo import run
from mailer.demo.catcher import Catcher
from mailer.domain.access.rights import Role
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import users
from mailer.services.access.signing_in.links import Links
from mailer.workers.supervisor import Supervisor
from support.patience import PATIENCE
from support.readers import browser as b
from support.readers.browser import Window
from support.servers.ports import free_port

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(not b.CHROMIUM.exists(), reason="these need Chromium"),
]

READERS = 60
SLOW = 0.03
"""Seconds that the relay takes for each message: time to watch, and to stop."""
MORE = "address,language,name\nzoe@example.org,fr,Zoé\n=evil@example.org,en,x\nnobody,en,x\n"


class Office:
    """A service with an edition, a calendar and readers, and two people of the secretariat."""

    def __init__(self, folder: Path, catcher: Catcher) -> None:
        """Start it; a bulletin needs a second person's yes."""
        self.port = free_port()
        settings = run.configure(
            folder,
            catcher,
            approval_for=["bulletin"],
            listen=[f"lmtp://127.0.0.1:{self.port}"],
            notice_grace_minutes=60,
            workers=1,
        )
        self.supervisor = Supervisor(settings)
        self.settings, self.store = settings, self.supervisor.start()
        demo = run.Demo(folder, settings, self.store, READERS)
        self.clock = demo.clock
        demo.import_edition()
        demo.import_readers()
        self.links = Links(self.store, settings, self.clock)
        for address, name in (("ada@example.org", "Ada"), ("bo@example.org", "Bo")):
            users.add(
                self.store,
                settings,
                self.clock.now(),
                parse_address(address),
                name=name,
                role=Role.OWNER,
                language="en",
            )

    def wait(self) -> None:
        """Wait until its pages are served."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.supervisor.look()
            with suppress(OSError, httpx.HTTPError):
                if httpx.get(f"{self.settings.public_url}/healthz").status_code == HTTPStatus.OK:
                    return
            time.sleep(0.1)
        raise AssertionError("The pages were never served.")

    def sign_in(self, window: Window, address: str) -> Page:
        """Open the link that the operator hands on."""
        link = b.aside(lambda: self.links.hand(address))
        window.page.goto(link)
        window.page.click("main button")
        expect(window.page.locator("h1")).to_contain_text("Hello")
        return window.page

    def write(self, subject: str, text: str) -> None:
        """Write a letter to the list, as a reader does."""
        mail = EmailMessage()
        mail["From"], mail["To"] = "lector@example.net", "bulletin@lists.example.org"
        mail["Subject"], mail["Message-ID"] = subject, "<one@example.net>"
        mail.set_content(text)
        with smtplib.LMTP("127.0.0.1", self.port) as relay:
            relay.send_message(mail)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Run it."""
    folder = tmp_path_factory.mktemp("office")
    with Catcher(folder / "mail", SLOW) as catcher:
        made = Office(folder, catcher)
        try:
            made.wait()
            yield made
        finally:
            made.supervisor.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all."""
    with b.chromium() as browser:
        yield browser


def test_a_month_of_a_secretariat(office: Office, chromium: Browser, tmp_path: Path) -> None:
    """From the last edition to the next one read, a meeting moved, a letter answered."""
    base = office.settings.public_url
    with b.window(chromium, base) as one, b.window(chromium, base) as other:
        ada, bo = office.sign_in(one, "ada@example.org"), office.sign_in(other, "bo@example.org")
        _write_an_edition(one, ada, tmp_path)
        campaign = _propose(one, ada)
        _approve(other, bo, campaign)
        _send_and_watch(one, ada, campaign)
        _read_the_report(one, ada, campaign)
        _move_a_meeting(one, ada)
        _answer_a_letter(office, one, ada)
        _import_readers(one, ada, tmp_path)
        _erase_one(one, ada)
        assert one.complaints == []
        assert one.strangers() == set()


def _write_an_edition(window: Window, page: Page, folder: Path) -> None:
    window.go("/console/editions")
    page.click(".actions >> text=Begin an edition")
    page.fill("#slug", "summer-2023")
    page.click("text=Begin the edition")
    for code, season, subject in (
        ("en", "Summer 2023", "Summer: what comes"),
        ("fr", "Été 2023", "Été : ce qui vient"),
        ("es", "Verano de 2023", "Verano: lo que viene"),
    ):
        page.fill(f"#season-{code}", season)
        page.fill(f"#subject-{code}", subject)
    page.click("main button[type=submit]:has-text('Save')")
    page.click("nav.tabs >> text=Text")
    for code, words in (
        ("en", "A new summer begins."),
        ("fr", "Un nouvel été commence."),
        ("es", "Empieza un nuevo verano."),
    ):
        area = page.locator(f"#text-{code}")
        text = area.input_value().replace("A new season", words, 1)
        area.fill(text.rstrip() + f"\n\n{words}\n")
        expect(page.locator(f"#status-{code}")).to_contain_text("Saved", timeout=PATIENCE * 1000)
    picture = folder / "harbour.png"
    drawn = BytesIO()
    Image.new("RGB", (1600, 900), "#2a6f97").save(drawn, "PNG")
    picture.write_bytes(drawn.getvalue())
    page.click("nav.tabs >> text=Pictures")
    page.set_input_files("#picture", picture)
    for code in ("en", "fr", "es"):
        page.fill(f"#alt-{code}", f"The harbour ({code})")
    page.click("text=Add the picture")
    expect(page.locator("main")).to_contain_text("harbour")
    page.click("nav.tabs >> text=Check")
    expect(page.locator("nav.tabs [aria-current=page]")).to_contain_text("Check")
    page.click("text=Put the edition into the library")
    expect(page.locator(".notice")).to_contain_text("library")


def _propose(window: Window, page: Page) -> str:
    window.go("/console/campaigns/new")
    page.select_option("#edition", label="Summer 2023")
    page.click("text=Make a draft")
    campaign = re.search(r"/campaigns/(\d+)", page.url)
    assert campaign
    page.click("text=Keep these readers")
    page.click("#when-now")
    page.click("main form button[type=submit]")
    page.click("text=Send 3 test mails")
    expect(page.locator(".notice")).to_contain_text("ada@example.org", timeout=PATIENCE * 1000)
    page.click("button:has-text('Propose')")
    expect(page.locator(".notice").first).to_contain_text("It is proposed")
    return campaign[1]


def _approve(window: Window, page: Page, campaign: str) -> None:
    window.go("/console")
    page.click("text=waits for your approval")
    assert page.url.endswith(f"/console/campaigns/{campaign}")
    window.go(f"/console/campaigns/{campaign}?step=approve")
    page.click("button:has-text('Approve')")
    expect(page.locator(".notice").first).to_contain_text("approved")


def _send_and_watch(window: Window, page: Page, campaign: str) -> None:
    window.go(f"/console/campaigns/{campaign}?step=approve")
    page.click("button:has-text('Send to')")
    page.click("button:has-text('Pause')")
    expect(page.locator(".pill").first).to_contain_text("Paused")
    page.click("button:has-text('Go on with')")
    expect(page.locator(".pill").first).to_contain_text("Sending")
    expect(page.locator(".pill").first).to_contain_text("Sent", timeout=PATIENCE * 1000)


def _read_the_report(window: Window, page: Page, campaign: str) -> None:
    window.go(f"/console/campaigns/{campaign}/report")
    sums = page.locator("table").first
    expect(sums).to_contain_text("Accepted")
    numbers = [
        int(one.replace(",", ""))
        for one in sums.locator("tbody td.number:nth-of-type(1)").all_inner_texts()
    ]
    whole = int(sums.locator("tfoot td").first.inner_text().replace(",", ""))
    assert sum(numbers) == whole


def _move_a_meeting(window: Window, page: Page) -> None:
    window.go("/console/calendar?month=2023-04")
    page.click("text=Meeting with the private sector")
    page.click("a:has-text('Change')")
    page.fill("#start_time", "15:30")
    page.click("main form.entry-form button[type=submit]")
    expect(page.locator("main")).to_contain_text("15:30")
    page.click(".notice button:has-text('Undo')")
    expect(page.locator("main")).to_contain_text("14:00")


def _answer_a_letter(office: Office, window: Window, page: Page) -> None:
    office.write(
        "A question", "Dear all,\n\nwhere will the meeting be held?\n\nWith kind regards\nLector\n"
    )
    for _ in range(50):
        window.go("/console/inbox")
        if page.locator("text=A question").count():
            break
        page.wait_for_timeout(200)
    page.locator("tr", has_text="A question").locator("a").first.click()
    page.fill("#text", "In Geneva, as always.")
    page.click("button:has-text('Send')")
    expect(page.locator(".notice").first).to_contain_text("lector@example.net")


def _import_readers(window: Window, page: Page, folder: Path) -> None:
    file = folder / "more.csv"
    file.write_text(MORE, encoding="utf-8")
    window.go("/console/subscribers/import")
    page.set_input_files("#file", file)
    page.click("text=Send the file")
    page.fill("#consent", "They signed a list at the meeting of April")
    page.locator("main form button[type=submit]").first.click()
    importing = page.locator("main button[type=submit]", has_text="Import")
    for _ in range(100):
        if importing.count():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(page.locator("main")).to_contain_text("refused")
    importing.click()
    for _ in range(100):
        window.go("/console/subscribers?q=zoe")
        if page.locator("text=zoe@example.org").count():
            return
        page.wait_for_timeout(200)
    raise AssertionError("Zoé was never imported.")


def _erase_one(window: Window, page: Page) -> None:
    window.go("/console/subscribers?q=zoe")
    page.locator("tr", has_text="zoe@example.org").locator("a").first.click()
    page.click("summary:has-text('More actions')")
    page.click("text=Erase")
    page.click("button:has-text('Erase')")
    window.go("/console/subscribers?q=zoe")
    expect(page.locator("main")).not_to_contain_text("zoe@example.org")
