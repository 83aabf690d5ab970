"""Takes them: starts `mailer demo`, signs its owner in, and photographs pages in Chromium."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from support.places import ROOT
from support.readers.browser import CHROMIUM

FOLDER: Final = ROOT / "docs" / "pictures"
WIDE: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 780}
READERS: Final = 300
PICTURES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "home": ("/console", {}),
    "edition": ("/console/editions/1?language=en", {}),
    "send": ("/console/campaigns/2?step=approve", {}),
    "report": ("/console/campaigns/1/report", {}),
    "calendar": ("/console/calendar", {"color_scheme": "dark"}),
    "readers": ("/console/subscribers", {"viewport": PHONE}),
}
"""Name -> page, and how the browser differs from a wide one in the light."""
_LINK: Final = re.compile(r"(http://\S+?)(/console/link/\S+)")


def main() -> int:
    """Take all pictures; returns the exit status."""
    FOLDER.mkdir(exist_ok=True)
    with _demo() as (base, link), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        state = _signed_in(browser, base, link)
        for name, (path, differs) in PICTURES.items():
            options: dict[str, Any] = {"viewport": WIDE, "storage_state": state} | differs
            context = browser.new_context(**options)
            page = context.new_page()
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
            context.close()
            sys.stdout.write(f"{FOLDER / name}.png\n")
        browser.close()
    return 0


@contextmanager
def _demo() -> Iterator[tuple[str, str]]:
    """Run the demonstration; yields the address of its pages, and the link of its owner."""
    program = Path(sys.executable).with_name("mailer")
    command = [str(program), "demo", "--recipients", str(READERS)]
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as demo,
    ):
        try:
            assert demo.stdout is not None
            found = next(filter(None, map(_LINK.search, demo.stdout)), None)
            if found is None:
                complaints.seek(0)
                raise RuntimeError(f"The demonstration gave no link: {complaints.read()}")
            yield found[1], found[2]
        finally:
            demo.terminate()


def _signed_in(browser: Browser, base: str, link: str) -> Any:
    """Sign the owner in, and prepare what the pictures show: a draft, and a campaign of it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(base + link)
    page.click("main button")
    page.goto(f"{base}/console/editions/new")
    page.fill("#slug", "summer-2023")
    page.click("main form button[type=submit]")
    page.goto(f"{base}/console/campaigns/new")
    page.click("main form button[type=submit]")
    state = context.storage_state()
    context.close()
    return state


if __name__ == "__main__":
    sys.exit(main())
