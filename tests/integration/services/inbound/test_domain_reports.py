"""Reports that come in by mail: counted once, if they are about us; whatever else they say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.deliverability.reports import KEPT_DAYS, OTHERS, Kind, What
from mailer.services.inbound.domain_reports import reported
from mailer.store import keys
from mailer.store.deliverability import reports
from mailer.store.server.connection import Store
from support.samples.domain_reports import BEGIN, dmarc_mail, mail, row, tls_mail
from support.service.mail_service import MailService


def came(service: MailService, content: bytes) -> tuple[str, str]:
    """Take a mail in; returns what became of it."""
    service.get(
        "postmaster@lists.example.org", author="noreply-dmarc@receiver.example", raw=content
    )
    record = service.mails()[-1]
    return record.state.value, record.reason


def sums(service: MailService) -> dict[str, tuple[int, int]]:
    """Return source -> messages, and how many passed."""
    found = reported(service.store, service.clock).sums
    return {one.source: (one.all, one.passed) for one in found}


def test_reports_are_added_up_by_source(store: Store, data_dir: Path) -> None:
    """Of several receivers and days, and of both kinds."""
    service = MailService(store, data_dir)
    ours, forged = row("192.0.2.1", 10), row("203.0.113.9", 4, dkim="fail")
    assert came(service, dmarc_mail(ours, forged))[0] == "handled"
    later = BEGIN - timedelta(days=1)
    came(service, dmarc_mail(ours, id_="r2", begin=later))
    came(service, tls_mail())
    assert sums(service) == {
        "192.0.2.1": (20, 20),
        "203.0.113.9": (4, 0),
        "Receiver Inc": (50, 50),
        "Receiver Inc: certificate-expired": (3, 0),
    }


def test_a_report_counts_once(store: Store, data_dir: Path) -> None:
    """It goes to two addresses, or is sent again: the same messages must not count twice."""
    service = MailService(store, data_dir)
    came(service, dmarc_mail(row("192.0.2.1", 10)))
    came(service, dmarc_mail(row("192.0.2.1", 10)) + b"\r\n")
    assert len(service.mails()) == 2
    assert sums(service) == {"192.0.2.1": (10, 10)}


@pytest.mark.parametrize("ago", [-3, KEPT_DAYS + 1])
def test_days_out_of_range_fill_no_store(store: Store, data_dir: Path, ago: int) -> None:
    """Else a stranger could make us keep a hash for every day of a thousand years."""
    service = MailService(store, data_dir)
    state, reason = came(
        service, dmarc_mail(row("192.0.2.1", 1), begin=BEGIN - timedelta(days=ago))
    )
    assert (state, "not counted" in reason) == ("handled", True)
    assert not store.redis.keys("mailer:reports:*")


def test_reports_of_other_domains_do_not_count(store: Store, data_dir: Path) -> None:
    """Nor rows of theirs in one of ours."""
    service = MailService(store, data_dir)
    other = row("192.0.2.7", 5, author="elsewhere.example")
    assert "another domain" in came(service, dmarc_mail(other))[1]
    came(service, dmarc_mail(other, row("192.0.2.1", 1, author="news.example.org"), id_="r2"))
    assert sums(service) == {"192.0.2.1": (1, 1)}


def test_a_damaged_report_waits_for_a_person(store: Store, data_dir: Path) -> None:
    """Nothing is dropped in silence (law 11)."""
    state, reason = came(MailService(store, data_dir), mail(b"\x1f\x8b broken"))
    assert (state, "is damaged" in reason) == ("waiting", True)


def test_an_unvouched_report_does_not_count(store: Store, data_dir: Path) -> None:
    """Where our server says who wrote a mail, a forged report is seen for what it is (law 13)."""
    service = MailService(store, data_dir, authentication_server="mx.example.org")
    state, reason = came(service, dmarc_mail(row("203.0.113.9", 10**6)))
    assert (state, "does not vouch" in reason) == ("handled", True)
    good = b"Authentication-Results: mx.example.org; dmarc=pass header.from=receiver.example\r\n"
    came(service, good + dmarc_mail(row("192.0.2.1", 10)))
    assert sums(service) == {"192.0.2.1": (10, 10)}


def test_a_day_keeps_so_many_sources_apart(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report of a million forged sources costs no more than one of a few; its sum is kept."""
    monkeypatch.setattr(reports, "MOST_SOURCES", 3)
    service = MailService(store, data_dir)
    came(service, dmarc_mail(*(row(f"192.0.2.{at}", 1) for at in range(1, 8))))
    found = reported(store, service.clock).sums
    assert sum(one.all for one in found) == 7
    assert {one.source: one.all for one in found}[OTHERS] == 4
    assert len(found) == 4
    key = keys.report_sums(Kind.DMARC, "2023-04-11")
    assert 0 < store.redis.ttl(key) < (KEPT_DAYS + 2) * 86_400
    assert {what for one in found for what in one.counts} <= set(What)
