"""`mailer doctor`, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

from mailer.clock import SystemClock
from mailer.domain.deliverability.reports import Kind, Report, Row, What
from mailer.store.deliverability import reports
from mailer.store.server.connection import Store
from support.servers.dns_server import serving_dns
from support.servers.faulty_relay import FaultyRelay
from support.servers.threaded import in_a_thread
from support.service.command import Command

DOMAIN = "lists.bulletin.internal"
ZONE = {
    f"TXT {DOMAIN}": ["v=spf1 ip4:198.51.100.7 ~all"],
    f"MX {DOMAIN}": ["10 mx.bulletin.internal."],
    "A mx.bulletin.internal": ["198.51.100.7"],
    "TXT _dmarc.bulletin.internal": [f"v=DMARC1; p=none; rua=mailto:postmaster@{DOMAIN}"],
}


def command(store: Store, data_dir: Path, dns: str, relay: str) -> Command:
    """Return the command line of an installation whose DNS is not quite right."""
    given = {
        "MAILER_LIST_DOMAIN": DOMAIN,
        "MAILER_SENDER_ADDRESS": f"bulletin@{DOMAIN}",
        "MAILER_NAME_SERVERS": dns,
        "MAILER_SENDING_ADDRESSES": "198.51.100.7",
        "MAILER_RELAYS": relay,
    }
    return Command(store, data_dir, given)


def test_it_says_what_is_wrong_and_what_to_do(store: Store, data_dir: Path) -> None:
    """And exits with 1 while anything is bad; what others report is summed up beside it."""
    today = SystemClock().now().date()
    rows = (Row(DOMAIN, "203.0.113.9", {What.ALL: 7, What.PASSED: 0}),)
    with store.transaction() as pipe:
        report = Report(Kind.DMARC, "receiver.example", "1", today, rows)
        reports.add(store, report, SystemClock().now(), pipe)
    with serving_dns(ZONE) as dns, in_a_thread(FaultyRelay) as [relay]:
        run = command(store, data_dir, str(dns.place), f"smtp://127.0.0.1:{relay.port}")
        bad = run("doctor")
        dns.records["PTR 198.51.100.7"] = ["mx.bulletin.internal."]
        good = run("doctor", "--json", "--send-to", "ada@bulletin.internal")
        [received] = relay.received
    assert bad.code == 1
    assert "bad: Name of the sending address (PTR). 198.51.100.7 has no name" in bad.out
    assert "-> Ask whoever gives you the address for a PTR record" in bad.out
    assert "to improve: DMARC. _dmarc.bulletin.internal asks receivers to do nothing" in bad.out
    assert "203.0.113.9" in bad.out
    assert f'_dmarc.{DOMAIN}. IN TXT "v=DMARC1; p=none' in bad.out
    assert good.code == 0, good.out
    told = json.loads(good.out)
    states = {one["code"]: one["state"] for check in told["checks"] for one in check["findings"]}
    assert states["ptr.good"] == "good"
    assert states["dmarc.watching"] == "warning"
    assert states["test.accepted"] == "good"
    assert told["reports"] == [
        {"kind": "dmarc", "domain": DOMAIN, "source": "203.0.113.9", "all": 7, "passed": 0}
    ]
    assert {one["purpose"] for one in told["records"]} == {"spf", "dmarc", "tls_rpt"}
    assert received.recipient == "ada@bulletin.internal"


def test_without_a_store_the_rest_is_looked_at(store: Store, data_dir: Path) -> None:
    """At night the store is down, and the question is whether that is all."""
    with serving_dns(ZONE) as dns, in_a_thread(FaultyRelay) as [relay]:
        run = command(store, data_dir, str(dns.place), f"smtp://127.0.0.1:{relay.port}")
        away = Command(store, data_dir, {**run.settings, "MAILER_REDIS_URL": "redis://127.0.0.1:1"})
        said = away("doctor")
        shown = away("doctor", "--records")
    assert said.code == 1
    assert "bad: Store. The store cannot be used" in said.out
    assert "good: SPF. 198.51.100.7 may send" in said.out
    assert shown.code == 0
    assert shown.out.count(" IN TXT ") == 3
