"""Our samples for nginx and Caddy, with the real programs: what the world sees through them."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from mailer.domain.access.token import Purpose
from mailer.store.server.connection import open_store
from support.patience import PATIENCE
from support.servers.web_proxy import NAME, PROGRAMS, Pages, Proxy, proxy
from support.service.whole_site import WholeSite

pytestmark = pytest.mark.acceptance

FORMS_PER_ADDRESS = 3
BASE = f"https://{NAME}"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
OUTSIDE = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
"""Readers' addresses in these tests: of this machine, but of no proxy."""


class Served(NamedTuple):
    """A site that has been running for a while, its server, and a proxy before it."""

    site: WholeSite
    pages: Pages
    proxy: Proxy


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Each proxy in turn, if it is here."""
    kind: str = request.param
    if not Path(PROGRAMS[kind]).exists():
        pytest.skip(f"there is no {kind} here")
    folder = tmp_path_factory.mktemp(kind)
    store = open_store(folder / "data")
    site = WholeSite(store, folder / "data", public_url=BASE, forms_per_address=FORMS_PER_ADDRESS)
    pages = Pages(site.app)
    try:
        with proxy(kind, folder / "proxy", pages.port) as running:
            yield Served(site, pages, running)
    finally:
        pages.stop()
        store.close()


def form(site: WholeSite, address: str) -> dict[str, Any]:
    """Fill the form to subscribe in as a person does."""
    stamp = site.site.stamps.make("subscribe")
    site.clock.advance(timedelta(seconds=10))
    return {"email": address, "topics": ["bulletin"], "language": "en", "stamp": stamp}


def stamp_on(page: httpx.Response) -> dict[str, str]:
    """Return what a page's form holds."""
    found = re.search(r'name="stamp" value="([^"]*)"', page.text)
    assert found, page.text
    return {"stamp": found[1]}


def test_a_reader_goes_the_whole_way(served: Served) -> None:
    """Subscribe, confirm, change something, leave and come back: every form passes the proxy."""
    site = served.site
    with served.proxy.client(Origin=BASE) as client:
        thanks = client.post("/en/subscribe", data=form(site, "ana@example.org"))
        assert thanks.status_code == 200
        site.forms.process()
        asked = site.mail.sent()[-1].get_body(("plain",))
        link = re.search(rf"{BASE}(/confirm/\S+)", asked.get_content())  # type: ignore[union-attr]
        assert link
        client.post(link[1], data=stamp_on(client.get(link[1])))
        assert site.mail.status() == "active"
        member = site.mail.who()
        assert member is not None
        preferences = site.preferences_path(member.number)
        changed = {"language": "fr", "topics": "bulletin", "name": "Ana " + "é" * 50}
        page = client.get(preferences)
        assert client.post(preferences, data=stamp_on(page) | changed).status_code == 200
        leave = site.leave_path(member.number)
        left = client.post(leave, data=stamp_on(client.get(leave)))
        assert site.mail.status() == "unsubscribed"
        client.post(f"{leave}/back", data=stamp_on(left))
        assert site.mail.status() == "active"


def test_one_click_is_taken_as_mail_programs_send_it(served: Served) -> None:
    """RFC 8058: a POST without cookies, answered with 200 and no redirect, as often as it comes."""
    path = served.site.leave_path(served.site.readers["es"], 1)
    with served.proxy.client() as client:
        for _ in range(2):
            answer = client.post(path, files={k: (None, v) for k, v in ONE_CLICK.items()})
            assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
            assert client.post(path, data=ONE_CLICK).status_code == 200
    assert served.site.mail.status("reader-es@example.org") == "unsubscribed"


def test_plain_http_leads_to_https_and_browsers_remember_it(served: Served) -> None:
    """A link that somebody typed must not carry a token in the clear twice."""
    plain = httpx.get(
        f"http://127.0.0.1:{served.proxy.plain}/fr/editions?x=1",
        headers={"Host": NAME},
        timeout=PATIENCE,
    )
    assert plain.status_code in {301, 308}
    assert re.sub(r":\d+", "", plain.headers["location"][6:]) == f"//{NAME}/fr/editions?x=1"
    with served.proxy.client() as client:
        page = client.get("/fr/editions")
    assert page.headers.get_list("strict-transport-security") == ["max-age=31536000"]
    assert page.headers.get_list("x-frame-options") == ["DENY"]
    trust = served.proxy.trust()
    trust.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", served.proxy.secure), PATIENCE) as raw,
        trust.wrap_socket(raw, server_hostname=NAME) as tls,
    ):
        assert tls.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/en/editions",
        "/fr/editions.atom",
        "/es/calendar.ics",
        "/sitemap.xml",
        "/robots.txt",
        "/healthz",
        "/readyz",
    ],
)
def test_what_is_for_everybody_is_served_asked_for_again_and_cheap(
    served: Served, path: str
) -> None:
    """Feeds and calendars are fetched every hour by programs, whole only when they have changed."""
    with served.proxy.client(**{"Accept-Encoding": "identity"}) as client:
        whole = client.get(path)
        assert whole.status_code == 200
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers.get("content-type") == whole.headers["content-type"]
        small = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert small.content == whole.content
        if len(whole.content) > 2000 and path != "/sitemap.xml":
            assert small.headers["content-encoding"] == "gzip"
            assert "accept-encoding" in small.headers["vary"].lower()
        for answer in (whole, small):
            if "etag" in answer.headers:
                known = {
                    "If-None-Match": answer.headers["etag"],
                    "Accept-Encoding": "gzip" if answer is small else "identity",
                }
                assert client.get(path, headers=known).status_code == 304


def test_images_and_style_sheet_are_kept_for_ever_and_metrics_are_not_there(served: Served) -> None:
    """An unchanging file is fetched once; a file for us alone is not served to the world."""
    with served.proxy.client() as client:
        page = client.get("/en/editions/spring-2023").text
        found = re.findall(r'(?:src|href)="(/(?:images|static)/[^"]+)"', page)
        assert {path.rpartition(".")[2] for path in found} & {"png", "webp", "jpg"}
        for path in found:
            answer = client.get(path)
            assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (
                200,
                True,
            )
            if path.startswith("/images/"):
                assert "content-encoding" not in answer.headers
        assert client.get("/metrics").status_code == 404


def test_pages_of_one_reader_are_kept_by_nobody_and_not_compressed(served: Served) -> None:
    """A reader's text or a secret must not be revealed by the size of an answer."""
    with served.proxy.client(**{"Accept-Encoding": "gzip, zstd"}) as client:
        page = client.get(served.site.preferences_path(served.site.readers["en"]))
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "content-encoding" not in page.headers


def test_limits_are_each_reader_s_own_and_nobody_can_pretend_to_be_another(served: Served) -> None:
    """Behind a proxy all would count as one, or each liar as many; both would end the form."""
    site = served.site

    def sent(address: str, number: int, **headers: str) -> int:
        with served.proxy.client(address) as client:
            given = form(site, f"reader-{address}-{number}@example.org")
            return client.post("/en/subscribe", data=given, headers=headers).status_code

    spoofed = [
        {"X-Forwarded-For": "198.51.100.1"},
        {"X-Forwarded-For": "127.0.0.1, 127.0.0.1"},
        {"X-Forwarded-For": "203.0.113.9, 127.0.0.1", "Forwarded": "for=203.0.113.8"},
        {"X-Forwarded-For": "nonsense"},
        {"X-Real-IP": "198.51.100.9", "X-Forwarded-Host": "evil.example.com"},
    ]
    answers = [sent(OUTSIDE[1], number, **one) for number, one in enumerate(spoofed)]
    assert answers == [200] * FORMS_PER_ADDRESS + [429] * (len(spoofed) - FORMS_PER_ADDRESS)
    assert sent(OUTSIDE[2], 9) == 200


def test_too_much_is_refused_before_it_costs_us_anything(served: Served) -> None:
    """Large bodies and heads end at the proxy or right behind it, with an answer that is no 5xx."""
    with served.proxy.client() as client:
        fits = {"email": "x", "name": "y" * 60_000}
        assert client.post("/en/subscribe", data=fits).status_code == 422
        for more in (9_000, 90_000, 5_000_000):
            large = fits | {"more": "z" * more}
            assert client.post("/en/subscribe", data=large).status_code == 413, more
        assert client.get("/en/", headers={"X-Long": "x" * 20_000}).status_code in {400, 431}
        assert client.get("/" + "x" * 3000).status_code == 414
        assert client.get("/en/").status_code == 200


def test_a_client_that_sends_slowly_holds_nobody_up(served: Served) -> None:
    """The proxy waits for the rest of a form; we are given it whole, or not at all."""
    whole = b"email=slow%40example.org&language=en"
    head = (
        f"POST /en/subscribe HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(whole)}\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", served.proxy.secure), PATIENCE) as raw,
        served.proxy.trust().wrap_socket(raw, server_hostname=NAME) as tls,
    ):
        tls.sendall(head.encode() + whole[:10])
        with served.proxy.client() as client:
            assert client.get("/en/").status_code == 200
        tls.sendall(whole[10:])
        assert tls.recv(20).startswith(b"HTTP/1.1 422")


def test_while_we_are_away_everybody_is_asked_to_come_back(served: Served) -> None:
    """A new version takes a moment; mail programs try again after a 503."""
    path = served.site.leave_path(served.site.readers["fr"], 1)
    with served.proxy.client() as client:
        assert client.get("/en/").status_code == 200
        served.pages.stop()
        try:
            for answer in (client.get("/fr/"), client.post(path, data=ONE_CLICK)):
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
                assert answer.headers["content-type"].startswith("text/plain")
                assert "Veuillez réessayer" in answer.text
        finally:
            served.pages.start()
        assert client.post(path, data=ONE_CLICK).status_code == 200


def test_logs_tell_neither_tokens_nor_addresses(served: Served) -> None:
    """A reader's link lets its bearer act for them, and a reader's requests are private."""
    site, signer = served.site, served.site.site.signer
    paths = [
        site.leave_path(2, 1),
        site.preferences_path(2),
        site.invitation("en"),
        f"/confirm/{signer.sign(Purpose.CONFIRM, 1, 1, 1)}",
    ]
    secrets = [re.split("[/?]", path)[2] for path in paths]
    with served.proxy.client() as client:
        for path in paths:
            client.get(path, headers={"Referer": f"{BASE}{path}", "User-Agent": "tell-tale"})
            client.get(f"{path}?lang=fr")
            client.post(path, data={"filler": "x" * 90_000})
        client.get("/en/search?q=whistle-blower")
        served.pages.stop()
        try:
            for path in paths:
                assert client.post(path, data=ONE_CLICK).status_code == 503
        finally:
            served.pages.start()
        client.get("/en/calendar")
    plain = f"http://127.0.0.1:{served.proxy.plain}{paths[0]}"
    httpx.get(plain, headers={"Host": NAME}, follow_redirects=False, timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while "/en/calendar" not in served.proxy.said():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    said = served.proxy.said()
    assert "/preferences" in said
    for secret in (*secrets, *OUTSIDE, "whistle-blower", "tell-tale"):
        assert secret not in said, [line for line in said.splitlines() if secret in line]
