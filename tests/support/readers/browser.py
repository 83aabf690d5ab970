"""A real browser at a real server: for tests of what readers see and do."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mailer.domain.settings.web_place import WebPlace
from mailer.store.server.connection import Store
from mailer.web.server import Server
from support.patience import PATIENCE
from support.places import NODE
from support.servers.ports import free_port
from support.service.web_service import WebService
from support.service.whole_site import WholeSite

T = TypeVar("T")

CHROMIUM: Final = Path("/usr/bin/chromium")
MODULES: Final = NODE / "node_modules"
AXE: Final = MODULES / "axe-core" / "axe.min.js"
VNU: Final = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
WIDE: Final = {"width": 1280, "height": 900}
NARROW: Final = {"width": 320, "height": 700}
"""CSS pixels: what is left of a wide screen at 400 per cent (WCAG 2.2, 1.4.10)."""
_OPTIONS: Final = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def missing() -> str:
    """Say what these tests lack on this machine; empty if nothing."""
    needed = {"Chromium": CHROMIUM.exists(), "axe-core": AXE.exists(), "vnu-jar": VNU.exists()}
    needed["Java"] = shutil.which("java") is not None
    return ", ".join(name for name, there in needed.items() if not there)


@contextmanager
def served(store: Store, data_dir: Path, **settings: Any) -> Iterator[WholeSite]:
    """Serve a list that has been running for a while, at its own `public_url`."""
    port = free_port()
    site = WholeSite(store, data_dir, public_url=f"http://127.0.0.1:{port}", **settings)
    with serving(site, port):
        yield site


@contextmanager
def serving(web: WebService, port: int) -> Iterator[None]:
    """Serve pages at a port of this machine for a `with` block."""
    server = Server(web.app, WebPlace("127.0.0.1", port))
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.run_until(stopped)))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
        loop.close()


def aside(work: Callable[[], T]) -> T:
    """Do something in another thread: the browser's event loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_OPTIONS, timeout=PATIENCE * 1000
        )
        yield browser
        browser.close()


@dataclass
class Window:
    """A window of the browser, with what went wrong in it and what it asked for."""

    base: str
    context: BrowserContext
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Listen."""
        self.page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url))

    def _said(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def go(self, path: str) -> int:
        """Open one of the site's pages; returns its status."""
        answer = self.page.goto(f"{self.base}{path}")
        assert answer is not None
        return answer.status

    def strangers(self) -> set[str]:
        """Return the addresses elsewhere that a page asked for."""
        return {address for address in self.asked if not address.startswith(self.base)}


@contextmanager
def window(browser: Browser, base: str, **options: Any) -> Iterator[Window]:
    """Open a window; see Playwright's `new_context` for the options."""
    context = browser.new_context(**{"viewport": WIDE} | options)
    context.set_default_timeout(PATIENCE * 1000)
    try:
        yield Window(base, context)
    finally:
        context.close()


def violations(page: Page) -> list[str]:
    """Let axe-core look at a page; returns what it finds, a line for each element."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    found = json.loads(page.evaluate("async () => JSON.stringify((await axe.run()).violations)"))
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


def tab_to(window: Window, selector: str) -> None:
    """Press Tab until what a selector names has the focus."""
    script = "(selector) => document.activeElement.matches(selector)"
    for _ in range(60):
        if window.page.evaluate(script, selector):
            return
        window.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")
