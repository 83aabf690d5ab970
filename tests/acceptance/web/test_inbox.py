"""The inbox in a real browser: what strangers wrote does nothing, and a letter is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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

EVIL = (
    "From: =?utf-8?q?=3Cimg_src=3Dx_onerror=3D=22document.title=3D1337=22=3E?= <ana@example.org>\n"
    "To: bulletin-owner@lists.example.org\nMessage-ID: <evil@example.org>\n"
    "Subject: =?utf-8?q?=3C/title=3E=3Cscript=3Edocument.title=3D1337=3C/script=3E?=\n"
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
    "--b\nContent-Type: text/html; charset=utf-8\n\n"
    "<p id=said>Hello</p><script>top.document.title=1337</script>"
    '<img src="http://192.0.2.1/pixel" onerror="top.document.title=1337">'
    '<style>@import "http://192.0.2.1/x.css"; body{background:url(http://192.0.2.1/b)}</style>'
    '<form action="http://192.0.2.1/"><button id=press>Press</button></form>'
    '<meta http-equiv="refresh" content="0;url=http://192.0.2.1/">'
    '<iframe src="http://192.0.2.1/"></iframe><a href="javascript:top.document.title=1337">x</a>'
    "<svg onload=top.document.title=1337></svg></body></html></iframe>"
    "<script>top.document.title=1337</script>\n"
    "--b\nContent-Type: image/svg+xml\nContent-Disposition: attachment;"
    ' filename="\\"><img src=x onerror=document.title=1337>.svg"\n\n'
    "<svg xmlns='http://www.w3.org/2000/svg' onload='document.title=1337'/>\n--b--\n"
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebService]:
    """Pages with one user, served."""
    store, port = open_store(tmp_path / "data"), free_port()
    web = WebService(store, tmp_path / "data", public_url=f"http://localhost:{port}")
    add_user(web)
    with b.serving(web, port):
        yield web
    store.close()


@pytest.fixture
def window(web: WebService) -> Iterator[Window]:
    """Open a window in which the user has signed in."""
    with b.chromium() as browser, b.window(browser, web.settings.public_url) as window:
        page = window.page
        window.go("/console")
        page.fill("#address", "ada@example.org")
        page.click("text=Mail me a link")
        page.wait_for_selector("text=Please look into your mailbox")
        [token] = b.aside(lambda: links(web))
        window.go(f"/console/link/{token}")
        page.click("main button")
        page.wait_for_selector("nav")
        yield window


def test_what_a_stranger_wrote_does_nothing_and_fetches_nothing(
    web: WebService, window: Window
) -> None:
    """Whatever a browser would mend: on the list, on the page, in the frame, as a file."""
    raw = EVIL.replace("\n", "\r\n").encode()
    number = b.aside(lambda: web.mail.get(web.mail.own("owner"), raw=raw)).number
    page = window.page
    complaints = len(window.complaints)
    for path in ("", f"/{number}", f"/{number}?view=formatted", f"/sure?deed=add&mail={number}"):
        assert window.go(f"/console/inbox{path}") == 200
        if "formatted" in path:
            frame = page.frame_locator("iframe.preview")
            frame.locator("text=Hello").wait_for()
            assert frame.locator("script, img, form, iframe, svg, meta[http-equiv]").count() == 0
        assert page.title() != "1337"
        assert page.locator("main script, main img, main svg").count() == 0
    assert window.strangers() == set()
    assert window.complaints[complaints:] == []
    with page.expect_download() as downloading:
        window.go(f"/console/inbox/{number}")
        page.click("a[download]")
    assert downloading.value.suggested_filename.endswith(".svg")
    assert page.title() != "1337"


def test_letter_is_answered_by_keyboard_and_typing_is_not_lost(
    web: WebService, window: Window
) -> None:
    """The way of a secretary, with a mistake on it."""
    get = web.mail.get
    b.aside(lambda: get(web.mail.own("owner"), subject="Where?", body="Where do I register?"))
    page = window.page
    window.go("/console/inbox")
    page.click("tr.link a")
    page.wait_for_selector("text=Where do I register?")
    b.tab_to(window, "#text")
    page.keyboard.type("Here it is.")
    page.fill("#subject", "x" * 10)
    page.evaluate("document.querySelector('#subject').removeAttribute('maxlength')")
    page.fill("#subject", "x" * 300)
    page.click("text=Send the answer to ana@example.org")
    page.wait_for_selector(".notice.alert")
    assert page.input_value("#text") == "Here it is."
    page.fill("#subject", "Re: Where?")
    page.click("text=Send the answer to ana@example.org")
    page.wait_for_selector("text=Your answer to ana@example.org is on its way.")
    sent = b.aside(lambda: [one for one in web.mail.posted() if one.sender])
    assert len(sent) == 1
