"""What the doctor finds, with a name server, relays and a web server on this machine."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.domain.deliverability.finding import State
from mailer.errors import StateError
from mailer.services.operation.doctor import bounded, publishing
from mailer.services.operation.doctor.examining import Doctor, Examination
from mailer.services.operation.doctor.names import Names
from mailer.store.deliverability import condition, examinations
from mailer.store.server.connection import Store
from support.certificates import Certified, certified
from support.servers.dns_server import SERVFAIL, SILENCE, DnsServer, serving_dns
from support.servers.faulty_relay import FaultyRelay
from support.servers.threaded import in_a_thread

LIST = "lists.bulletin.internal"
OUR = "198.51.100.7"
ZONE = {
    f"TXT {LIST}": ["v=spf1 ip4:198.51.100.0/24 ~all", "other=1"],
    f"MX {LIST}": ["10 mx.bulletin.internal."],
    "A mx.bulletin.internal": [OUR],
    f"PTR {OUR}": ["mx.bulletin.internal."],
    "TXT _dmarc.bulletin.internal": [f"v=DMARC1; p=reject; rua=mailto:postmaster@{LIST}"],
    f"TXT _smtp._tls.{LIST}": [f"v=TLSRPTv1; rua=mailto:postmaster@{LIST}"],
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    """A certificate for this machine's address."""
    return certified(tmp_path_factory.mktemp("secured"))


class Place:
    """A service to be examined, and what is around it."""

    def __init__(self, store: Store, folder: Path, relay: FaultyRelay, dns: DnsServer) -> None:
        self.store, self.folder, self.relay, self.dns = store, folder, relay, dns
        self.trust: ssl.SSLContext | None = None
        self.given: dict[str, Any] = {
            "data_dir": str(folder),
            "list_domain": LIST,
            "sender_address": f"bulletin@{LIST}",
            "owner_address": "secretariat@bulletin.internal",
            "sending_addresses": [OUR],
            "name_servers": [str(dns.place)],
            "relays": [f"smtp://127.0.0.1:{relay.port}?starttls=required"],
        }

    @property
    def doctor(self) -> Doctor:
        """Return the doctor, with the settings as they are given now."""
        settings = Settings(**self.given)
        return Doctor(self.store, settings, SystemClock(settings.clock_offset), self.trust)

    def codes(self, *checks: str) -> list[str]:
        """Examine; returns the codes of some checks."""
        return codes(self.doctor.examine(), *checks)


def codes(found: Examination, *checks: str) -> list[str]:
    """Return the codes that some checks found."""
    known = {one.name: one for one in found.checks}
    return [one.code for check in checks for one in known[check].findings]


@contextmanager
def placed(store: Store, folder: Path, tls: ssl.SSLContext | None, **relay: Any) -> Iterator[Place]:
    """Set everything up for the length of a `with` block."""
    with (
        serving_dns(ZONE) as dns,
        in_a_thread(lambda: FaultyRelay(tls=tls, **relay)) as [server],
    ):
        yield Place(store, folder, server, dns)


def add_keys(place: Place) -> None:
    """Make the keys that `mailer init` makes, and publish them; one by a CNAME."""
    from mailer.cli.operation.init import KEYS, _key

    keys = place.folder.parent / "keys"
    keys.mkdir()
    for selector, kind in KEYS.items():
        pem, _ = _key(kind)
        (keys / f"{selector}.pem").write_text(pem)
        (keys / f"{selector}.pem").chmod(0o600)
    place.given["dkim_keys"] = [
        {"domain": LIST, "selector": selector, "file": str(keys / f"{selector}.pem")}
        for selector in KEYS
    ]
    published = publishing.to_publish(Settings(**place.given))
    for record in published:
        if record.purpose == "dkim":
            place.dns.records[f"TXT {record.name}"] = [record.value]
    rsa = f"TXT mailer-rsa._domainkey.{LIST}"
    place.dns.records["TXT key.provider.example"] = place.dns.records.pop(rsa)
    place.dns.records[f"CNAME {rsa[4:]}"] = ["key.provider.example."]


def test_a_service_that_is_well_is_found_well(
    store: Store, data_dir: Path, secured: Certified
) -> None:
    """Nothing is found that there is not; keys longer than a datagram and by CNAME among it."""
    login = ("list", "secret word")
    with placed(store, data_dir, secured.server, login=login) as place:
        place.trust = secured.trust
        add_keys(place)
        url = f"smtp://list:secret%20word@127.0.0.1:{place.relay.port}?starttls=required"
        place.given["relays"] = [url]
        condition.note_backup(store)
        found = place.doctor.examine()
        kept = place.doctor.last()
    wrong = [one for check in found.checks for one in check.findings if one.state is State.BAD]
    assert wrong == []
    assert codes(found, "spf", "dmarc", "ptr", "relay", "login", "mx", "mta_sts", "tls_rpt") == [
        *("spf.pass", "dmarc.good", "ptr.good", "relay.tls", "login.good"),
        *("mx.good", "mta_sts.none", "tls_rpt.good"),
    ]
    assert codes(found, "dkim") == ["dkim.good", "dkim.good"]
    assert codes(found, "store", "clock", "backups", "settings") == [
        *("store.good", "clock.good", "backups.good", "settings.good"),
    ]
    assert kept is not None
    assert kept.written() == found.written()
    assert place.relay.received == []


def test_what_the_dns_lacks_is_bad(store: Store, data_dir: Path) -> None:
    """A new list, of which nothing is published."""
    with placed(store, data_dir, None) as place:
        add_keys(place)
        place.dns.records.clear()
        found = codes(place.doctor.examine(), "spf", "dkim", "dmarc", "ptr", "mx")
    assert found == ["spf.none", "dkim.none", "dkim.none", "dmarc.none", "ptr.none", "mx.none"]


@pytest.mark.parametrize("how", [SERVFAIL, SILENCE])
def test_a_dns_that_does_not_answer_says_nothing_about_us(
    store: Store, data_dir: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be looked up is not missing: nobody should publish what is there already."""
    monkeypatch.setattr(Names.__init__, "__defaults__", ((), 0.2))
    with placed(store, data_dir, None) as place:
        asked = [*place.dns.records, f"A {LIST}", f"TXT _mta-sts.{LIST}", f"TXT _dmarc.{LIST}"]
        place.dns.records = {key: [how] for key in asked}
        found = place.doctor.examine()
    checks = ("spf", "dmarc", "ptr", "mx", "mta_sts", "tls_rpt")
    assert codes(found, *checks) == [f"{check}.unknown" for check in checks]


def test_nothing_that_hangs_keeps_the_others_waiting(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that greets nobody, behind a firewall; each check has its own time."""
    monkeypatch.setattr(bounded.Check.__init__, "__defaults__", (0.5,))
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, placed(store, data_dir, None) as place:
        place.given["relays"] = [f"smtp://127.0.0.1:{silent.getsockname()[1]}"]
        began = time.monotonic()
        found = place.doctor.examine()
        took = time.monotonic() - began
    assert codes(found, "relay", "login") == ["check.late", "check.late"]
    assert codes(found, "spf", "mx") == ["spf.pass", "mx.good"]
    assert took < bounded.SECONDS


def test_relays_that_are_not_as_they_should(
    store: Store, data_dir: Path, secured: Certified, tmp_path: Path
) -> None:
    """Not there; in clear; a certificate of nobody known, of another host, or that ends soon."""
    with placed(store, data_dir, None) as place:
        assert place.codes("relay") == ["relay.no_tls_required"]
        place.given["relays"] = [str(place.relay.url(""))]
        assert place.codes("relay", "login") == ["relay.local", "login.none"]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        place.given["relays"] = [f"smtp://127.0.0.1:{port}"]
        assert place.codes("relay") == ["relay.away"]
    with placed(store, data_dir, secured.server) as place:
        assert place.codes("relay") == ["relay.invalid"]
    other = certified(tmp_path / "other", name="mx.elsewhere.example")
    with placed(store, data_dir, other.server) as place:
        place.trust = other.trust
        assert place.codes("relay") == ["relay.invalid"]
    soon = certified(tmp_path / "soon", days=3)
    with placed(store, data_dir, soon.server, login=("list", "right")) as place:
        place.trust = soon.trust
        url = f"smtp://list:wrong@127.0.0.1:{place.relay.port}?starttls=required"
        place.given["relays"] = [url]
        assert place.codes("relay", "login") == ["relay.expires", "login.refused"]


def test_a_test_message_goes_through_each_relay(store: Store, data_dir: Path) -> None:
    """To one address, signed as all mail is; and what each relay says is told."""
    with placed(store, data_dir, None) as place:
        add_keys(place)
        place.given["relays"] = [str(place.relay.url()) + "?starttls=no"]
        good = place.doctor.try_relays("ada@bulletin.internal")
        bad = place.doctor.try_relays("ada+rcpt-550@bulletin.internal")
        [received] = place.relay.received
    assert [one.code for one in good.findings] == ["test.accepted"]
    assert [(one.code, "5.1.1" in str(one.facts["why"])) for one in bad.findings] == [
        ("test.refused", True)
    ]
    assert received.recipient == "ada@bulletin.internal"
    assert received.content.count(b"DKIM-Signature:") == 2
    assert b"Auto-Submitted: auto-generated" in received.content


def test_one_examination_at_a_time(store: Store, data_dir: Path) -> None:
    """A button that is pressed ten times must not ask the relays ten times at once."""
    with placed(store, data_dir, None) as place:
        assert examinations.begin(store)
        with pytest.raises(StateError, match="under way"):
            place.doctor.examine()
        examinations.end(store)
        assert place.codes("mx") == ["mx.good"]
        assert not place.doctor.under_way()


def test_the_cheap_half_asks_no_network(store: Store, data_dir: Path) -> None:
    """It is run at every change of the settings, also where there is no network yet."""
    with placed(store, data_dir, None) as place:
        place.given |= {"public_url": "http://localhost:8080", "clock_offset_seconds": 3600}
        found = [one.code for check in place.doctor.cheap() for one in check.findings]
        asked, connections = place.dns.asked, place.relay.connections
    assert found[:2] == ["settings.local", "clock.shifted"]
    assert {"store.good", "backups.none"} <= set(found)
    assert (asked, connections) == ([], 0)


def test_a_store_that_forgets_is_found(store: Store, data_dir: Path) -> None:
    """An institution's own server, set up as a cache."""
    redis = store.redis
    try:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        redis.config_set("appendonly", "no")
        with placed(store, data_dir, None) as place:
            found = [one.code for check in place.doctor.cheap() for one in check.findings]
    finally:
        redis.config_set("appendonly", "yes")
        redis.config_set("maxmemory-policy", "noeviction")
    assert {"store.forgets", "store.evicts"} <= set(found)


def test_a_clock_that_is_wrong_is_found(store: Store, data_dir: Path) -> None:
    """By what a relay says that the time is when it greets."""
    greeting = b"220 mx ESMTP Sendmail; Wed, 12 Apr 2023 07:00:00 +0000\r\n"
    with placed(store, data_dir, None, greeting=greeting) as place:
        found = place.doctor.examine()
    [clock] = [check for check in found.checks if check.name == "clock"]
    assert [(one.code, one.facts["against"]) for one in clock.findings] == [
        ("clock.wrong", "127.0.0.1")
    ]


def test_an_age_without_backups_is_told(store: Store, data_dir: Path) -> None:
    """What was copied a month ago has lost a month's consents."""
    with placed(store, data_dir, None) as place:
        condition.note_backup(store)
        before = int(store.redis.time()[0] - timedelta(days=30).total_seconds())
        from mailer.store import keys

        store.redis.set(keys.BACKED_UP, before)
        assert place.codes("backups") == ["backups.old"]
