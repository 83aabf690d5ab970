"""The check-up in the console: what was found, what to do, and nothing done by a look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.reports import Kind, Report, Row, What
from mailer.services.operation.doctor.bounded import Checked
from mailer.services.operation.doctor.examining import Examination
from mailer.store.deliverability import examinations, reports
from mailer.store.server.connection import Store
from support.servers.dns_server import DnsServer, serving_dns
from support.servers.faulty_relay import FaultyRelay
from support.servers.threaded import in_a_thread
from support.service.console import Browser, add_user
from support.service.web_service import WebService

PATH = "/console/operation/doctor"
HOSTILE = '"><script>alert(1)</script>{name}'


def signed_in(web: WebService, role: Role = Role.OWNER) -> Browser:
    """Return the browser of a user who has signed in."""
    browser = Browser(web)
    browser.sign_in(add_user(web, f"{role}@example.org", role).address)
    return browser


def surrounded(store: Store, data_dir: Path, dns: DnsServer, relay: FaultyRelay) -> WebService:
    """Return pages of a service that asks that name server and sends by that relay."""
    return WebService(
        store,
        data_dir,
        name_servers=[str(dns.place)],
        sending_addresses=["198.51.100.7"],
        relays=[f"smtp://127.0.0.1:{relay.port}?starttls=no"],
        public_url="http://localhost:8080",
    )


def test_an_owner_has_it_look_and_reads_what_to_do(store: Store, data_dir: Path) -> None:
    """The first page looks at nothing; the button does, and what it found stays."""
    with serving_dns({}) as dns, in_a_thread(FaultyRelay) as [relay]:
        web = surrounded(store, data_dir, dns, relay)
        browser = Browser(web, base="http://localhost:8080")
        browser.sign_in(add_user(web).address)
        first = browser.get(PATH).text
        assert "Nothing has been looked at yet" in first
        assert (dns.asked, relay.connections) == ([], 0)
        assert browser.press(PATH).status_code == 303
        page = browser.get(PATH).text
        dns.asked.clear()
        assert "lists.example.org has no SPF record." in browser.get(PATH).text
        assert dns.asked == []
    assert "Publish the SPF record that is shown with the DNS records." in page
    assert "v=spf1 ip4:198.51.100.7 ~all" in page
    assert "is ready for mail" in page


def test_a_test_message_goes_to_the_user_alone(store: Store, data_dir: Path) -> None:
    """Whatever address a form names: the console mails no stranger."""
    with serving_dns({}) as dns, in_a_thread(FaultyRelay) as [relay]:
        web = surrounded(store, data_dir, dns, relay)
        browser = Browser(web, base="http://localhost:8080")
        browser.sign_in(add_user(web).address)
        sent = browser.press(PATH, f"{PATH}/test", address="victim@example.net")
        assert sent.status_code == 303
        page = browser.get(PATH).text
        assert [one.recipient for one in relay.received] == ["ada@example.org"]
    assert "took the test message" in page
    acts = [fields for fields in page.split() if "victim" in fields]
    assert acts == []


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR, Role.SENDER])
def test_others_see_and_do_nothing_of_it(store: Store, data_dir: Path, role: Role) -> None:
    """Settings and machines are the owners' affair."""
    web = WebService(store, data_dir)
    browser = signed_in(web, role)
    assert browser.get(PATH).status_code == 403
    assert browser.press("/console/account", PATH).status_code == 403
    assert examinations.last(store) is None


def test_what_strangers_say_is_escaped(store: Store, data_dir: Path) -> None:
    """Records, relays and reports hold what others wrote."""
    web = WebService(store, data_dir)
    findings = (
        found("spf.broken", domain="lists.example.org", why=HOSTILE, record=HOSTILE),
        found("relay.away", relay="smtp://x:25", why=HOSTILE),
    )
    examination = Examination(web.clock.now(), (Checked("spf", findings),))
    examinations.keep(store, examination.written())
    rows = (Row("lists.example.org", HOSTILE, {What.ALL: 12345, What.PASSED: 5}),)
    told = Report(Kind.TLS, HOSTILE, "1", web.clock.now().date(), rows)
    with store.transaction() as pipe:
        reports.add(store, told, web.clock.now(), pipe)
    page = signed_in(web).get(PATH).text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{name}") == 4
    assert "12,345" in page


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_all_that_can_be_found_is_worded(store: Store, data_dir: Path, language: str) -> None:
    """In each language, with nothing left unfilled where the check gave its facts."""
    web = WebService(store, data_dir)
    browser = signed_in(web)
    browser.press("/console/account", "/console/account/language", language=language)
    backup = found("backups.old", days=40, date="2023-03-03")
    disk = found("disk.low", folder="/srv", megabytes=12345, percent=3)
    checks = (Checked("backups", (backup,)), Checked("disk", (disk,)))
    examinations.keep(store, Examination(web.clock.now(), checks).written())
    page = browser.get(PATH)
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    assert not re.search(r">[^<]*\{[a-z_]+\}[^<]*<", page.text)
    assert "2023-03-03" not in page.text
    assert "12345" not in page.text


def test_two_at_a_time_are_one_too_many(store: Store, data_dir: Path) -> None:
    """The second is told so, and nothing is asked twice."""
    web = WebService(store, data_dir)
    browser = signed_in(web)
    assert examinations.begin(store)
    assert browser.press(PATH).status_code == 303
    assert "Somebody is having it look just now" in browser.get(PATH).text
    assert examinations.last(store) is None
