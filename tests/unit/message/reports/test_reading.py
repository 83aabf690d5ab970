"""Reports of DMARC and TLS, read from any bytes within bounds."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.language.command_words import vocabularies
from mailer.domain.deliverability.reports import Kind, Report, What
from mailer.domain.inbound import kinds
from mailer.message.incoming.understand import decide
from mailer.message.reports import attached, reading
from mailer.message.reports.attached import MOST_UNPACKED, PackedError
from mailer.message.reports.dmarc import ReportError
from support.samples.domain_reports import dmarc, dmarc_mail, mail, row, tls, tls_mail, zipped

ROWS = (
    row("192.0.2.1", 12),
    row("2001:DB8::25", 3, dkim="fail", spf="PASS"),
    row("203.0.113.9", 5, dkim="fail", done="reject"),
)


def kind_of(content: bytes) -> tuple[kinds.Kind, Kind | None]:
    """Return what a mail is understood as."""
    found = decide(content, vocabularies())
    return found.kind, found.report


def test_an_aggregate_report_is_summed_up() -> None:
    """Which sources pass, and which fail."""
    content = dmarc_mail(*ROWS)
    assert kind_of(content) == (kinds.Kind.DOMAIN_REPORT, Kind.DMARC)
    report = reading.read(content, Kind.DMARC)
    assert (report.reporter, report.name, report.day) == (
        "receiver.example",
        "r1",
        date(2023, 4, 11),
    )
    counts = {
        one.source: tuple(one.counts[what] for what in (What.ALL, What.PASSED, What.STOPPED))
        for one in report.rows
    }
    assert counts == {"192.0.2.1": (12, 12, 0), "2001:db8::25": (3, 3, 0), "203.0.113.9": (5, 0, 5)}


def test_a_report_of_tls_is_summed_up() -> None:
    """With the kind of each failure as a source of its own."""
    content = tls_mail()
    assert kind_of(content) == (kinds.Kind.DOMAIN_REPORT, Kind.TLS)
    report = reading.read(content, Kind.TLS)
    assert [(one.source, dict(one.counts)) for one in report.rows] == [
        ("Receiver Inc: certificate-expired", {What.ALL: 3}),
        ("Receiver Inc", {What.ALL: 50, What.PASSED: 50}),
    ]


@pytest.mark.parametrize(
    "content",
    [
        mail(zipped(dmarc(*ROWS)), subtype="zip", name="receiver.example!x.example!1!2.zip"),
        mail(dmarc(*ROWS), subtype="xml", name="receiver.example!x.example!1!2.xml"),
        mail(gzip.compress(dmarc(*ROWS)), subtype="octet-stream"),
        mail(gzip.compress(dmarc(*ROWS)), name="report.gz"),
        dmarc_mail(*ROWS, root='<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">'),
    ],
    ids=["zip", "plain", "any type", "any name", "namespace"],
)
def test_reports_come_in_many_forms(content: bytes) -> None:
    """Each receiver has its own program for that."""
    assert kind_of(content) == (kinds.Kind.DOMAIN_REPORT, Kind.DMARC)
    assert len(reading.read(content, Kind.DMARC).rows) == 3


def test_a_report_of_a_large_receiver_is_read_whole() -> None:
    """Beyond what is read of letters, which have their words at the beginning."""
    rows = [row(f"192.0.{at // 250}.{at % 250 + 1}", at + 1) for at in range(9000)]
    content = mail(dmarc(*rows), subtype="xml", name="receiver.example!x.example!1!2.xml")
    assert len(content) > 2_000_000
    assert len(reading.read(content, Kind.DMARC).rows) == 9000


BOMB = b"<feedback>" + b" " * (50 * 1024 * 1024)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(BOMB), zipped(BOMB), gzip.compress(gzip.compress(BOMB))],
    ids=["gzip", "zip", "twice"],
)
def test_a_bomb_costs_no_more_than_a_report(packed: bytes) -> None:
    """Fifty thousand octets may unpack to fifty million, or to a thousand times that."""
    tracemalloc.start()
    with pytest.raises(ReportError):
        reading.read(mail(packed), Kind.DMARC)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MOST_UNPACKED


def rarely_packed() -> bytes:
    """Pack by LZMA, which takes memory as it likes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("report.xml", b"<feedback>")
    return made.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(dmarc())[:-9],
        b"\x1f\x8b nonsense",
        zipped(dmarc())[:-30],
        b"PK\x03\x04 nonsense",
        zipped(dmarc(), dmarc()),
        rarely_packed(),
    ],
)
def test_what_is_damaged_is_refused(packed: bytes) -> None:
    """A report that breaks off must not be counted in part."""
    with pytest.raises(PackedError):
        attached.unpacked(packed)


LAUGHS = b"""<!DOCTYPE feedback [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><feedback><report_metadata>&c;</report_metadata></feedback>"""
FETCHES = b"""<!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<feedback><report_metadata><org_name>&x;</org_name></report_metadata></feedback>"""


@pytest.mark.parametrize(
    "data",
    [LAUGHS, FETCHES, b"", b"<html/>", b"<feedback/>", dmarc().replace(b"1681171200", b"never")],
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    """Entities that grow, files that it wants to see, and pages of web servers."""
    with pytest.raises(ReportError):
        reading.read(mail(gzip.compress(data)), Kind.DMARC)


def test_counts_that_cannot_be_are_left_out() -> None:
    """A sum that somebody else's program made up helps nobody."""
    rows = [row("192.0.2.1", -5), row("here", 1), row("192.0.2.2", 10**30), row("192.0.2.3", 7)]
    report = reading.read(dmarc_mail(*rows), Kind.DMARC)
    assert [one.source for one in report.rows] == ["192.0.2.3"]
    bad = tls(bad=-3).replace(b'"total-successful-session-count": 50', b'"x": true')
    assert reading.read(mail(bad, "a!b.example!1!2.json", "tlsrpt+json"), Kind.TLS).rows == ()


@given(st.binary(max_size=300), st.sampled_from(list(Kind)))
@settings(max_examples=150)
def test_any_bytes_are_a_report_or_refused(data: bytes, kind: Kind) -> None:
    """Anybody may send anything to an address that stands in the DNS."""
    for content in (data, mail(data), mail(gzip.compress(data), "a!b.example!1!2.json.gz")):
        try:
            assert isinstance(reading.read(content, kind), Report)
        except ReportError:
            continue


def test_a_letter_with_a_file_stays_a_letter() -> None:
    """Somebody who sends a zip to the secretariat wrote to people."""
    letter = mail(zipped(b"minutes"), "minutes.zip", "zip").replace(b"Report Domain:", b"Minutes:")
    assert kind_of(letter)[0] is kinds.Kind.PERSON
