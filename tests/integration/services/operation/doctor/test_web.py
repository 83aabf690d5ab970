"""Leaving with one click, and the MTA-STS policy, as a mail program and a mail server ask for them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from mailer.clock import SystemClock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Signer
from mailer.domain.deliverability.finding import Finding
from mailer.services.operation.doctor.bounded import run
from mailer.services.operation.doctor.names import Names
from mailer.services.operation.doctor.receiving import Receiving
from mailer.services.operation.doctor.web import Answer, Dates, OneClick, Web
from mailer.store.server.connection import Store
from support.certificates import Certified, certified
from support.servers.dns_server import serving_dns
from support.servers.served import served
from support.servers.threaded import in_a_thread
from support.servers.tls_front import TlsFront
from support.service.web_service import WebService


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    """A certificate for this machine's address."""
    return certified(tmp_path_factory.mktemp("secured"))


def click(settings: Settings, url: str, trust: ssl.SSLContext | None) -> Finding:
    """Check the click at an address."""
    dates = Dates(SystemClock())
    given = settings.model_copy(update={"public_url": url})
    signer = Signer(secret_key(settings))
    [found] = run(OneClick(given, signer, Web(dates, trust)).look)
    if found.code == "one_click.good":
        assert dates.seen["127.0.0.1"], "the pages tell their time"
    return found


def test_the_click_reaches_our_pages_and_nobody_leaves(
    store: Store, data_dir: Path, secured: Certified
) -> None:
    """Through a proxy that speaks TLS, as in use."""
    service = WebService(store, data_dir)
    service.mail.get(service.mail.own("subscribe"), subject="subscribe")
    before = store.redis.dbsize(), len(service.mail.events())
    with served(service.app) as address:
        port = int(address.rpartition(":")[2])
        with in_a_thread(lambda: TlsFront(secured.server, port)) as [front]:
            url = f"https://127.0.0.1:{front.port}"
            good = click(service.settings, url, secured.trust)
            unknown = click(service.settings, url, None)
            elsewhere = click(service.settings, f"{url}/elsewhere", secured.trust)
    away = click(service.settings, url, secured.trust)
    assert (good.code, unknown.code) == ("one_click.good", "one_click.certificate")
    assert (elsewhere.code, elsewhere.facts["status"]) == ("one_click.refused", 404)
    assert away.code == "one_click.away"
    assert (store.redis.dbsize(), len(service.mail.events())) == before


def test_a_click_that_no_program_offers(store: Store, data_dir: Path) -> None:
    """Without https there is none (RFC 8058), and without pages there is nothing to click at."""
    settings = WebService(store, data_dir).settings
    assert click(settings, "http://127.0.0.1:1", None).code == "one_click.insecure"
    assert click(settings, "", None).code == "one_click.by_mail"


def port_of(address: str) -> int:
    """Return the port of an address."""
    return int(address.rpartition(":")[2])


def always(answer: Response | None) -> Callable[[Request], Response | None]:
    """Return a page that gives one answer."""
    return lambda _: answer


def test_a_proxy_that_refuses_or_leads_away_is_found(
    store: Store, data_dir: Path, secured: Certified
) -> None:
    """Mail programs follow no redirect after a POST."""
    settings = WebService(store, data_dir).settings
    answers = (PlainTextResponse("no", 403), RedirectResponse("/en/", 302))
    for answer in answers:
        pages = Starlette(routes=[Route("/leave/{token}", always(answer), methods=["POST"])])
        with (
            served(pages) as address,
            in_a_thread(partial(TlsFront, secured.server, port_of(address))) as [front],
        ):
            found = click(settings, f"https://127.0.0.1:{front.port}", secured.trust)
        assert found.code == "one_click.refused"


POLICY = "version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 604800\n"


class Here(Web):
    """Asks a port of this machine in the place of every host."""

    port = 0

    async def get(self, url: str) -> Answer:
        """Ask for the same path here."""
        assert url == "https://mta-sts.lists.example.org/.well-known/mta-sts.txt"
        return await super().get(f"https://127.0.0.1:{self.port}/.well-known/mta-sts.txt")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (PlainTextResponse(POLICY), "mta_sts.good"),
        (PlainTextResponse(POLICY.replace("mx.", "mx2.")), "mta_sts.other_mx"),
        (PlainTextResponse("Not found", 404), "mta_sts.no_policy"),
        (PlainTextResponse("<html>"), "mta_sts.no_policy"),
        (RedirectResponse("/elsewhere"), "mta_sts.no_policy"),
        (PlainTextResponse(POLICY + " " * 10**6), "mta_sts.good"),
        (None, "mta_sts.unreachable"),
    ],
)
def test_a_policy_is_asked_for_as_senders_do(
    store: Store, data_dir: Path, secured: Certified, answer: Response | None, code: str
) -> None:
    """By https, without following anything (RFC 8461 section 3.3)."""
    settings = WebService(store, data_dir).settings
    zone = {
        "TXT _mta-sts.lists.example.org": ["v=STSv1; id=1"],
        "MX lists.example.org": ["10 mx.example.org."],
    }
    pages = Starlette(routes=[Route("/.well-known/mta-sts.txt", always(answer))])
    web = Here(Dates(SystemClock()), secured.trust)
    with serving_dns(zone) as dns:

        def look() -> list[Finding]:
            names = Names([dns.place])
            return run(Receiving(settings, names, web).mta_sts)

        if answer is None:
            with socket.create_server(("127.0.0.1", 0)) as free:
                web.port = free.getsockname()[1]
            [found] = look()
        else:
            with (
                served(pages) as address,
                in_a_thread(lambda: TlsFront(secured.server, int(address.rpartition(":")[2]))) as [
                    front
                ],
            ):
                web.port = front.port
                [found] = look()
    assert found.code == code
