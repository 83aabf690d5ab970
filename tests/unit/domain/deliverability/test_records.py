"""DKIM, DMARC, MTA-STS, TLS-RPT, MX and PTR, judged by what the DNS holds."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.deliverability import dkim_record, dmarc_record, hosts, inbound_tls, tags
from mailer.domain.deliverability.dkim_record import PublicKey
from mailer.domain.deliverability.finding import State

KEY = PublicKey("example.org", "s1", "rsa", b"\x30spki", b"\x30pkcs1", 2048)
P = base64.b64encode(b"\x30spki").decode()
ED = PublicKey("example.org", "s2", "ed25519", b"e" * 32)


def codes(*published: str, key: PublicKey = KEY) -> list[str]:
    """Return what is found of published texts."""
    return [one.code.removeprefix("dkim.") for one in dkim_record.judge(key, published)]


@pytest.mark.parametrize(
    ("published", "found"),
    [
        ([f"v=DKIM1; k=rsa; p={P}"], ["good"]),
        ([f"p={P}"], ["good"]),
        ([f"v=dkim1;K=RSA; p = {P[:3]} {P[3:]} ;"], ["good"]),
        (["v=DKIM1; p=" + base64.b64encode(b"\x30pkcs1").decode()], ["good"]),
        ([], ["none"]),
        ([""], ["none"]),
        (["v=DKIM1; k=rsa; p="], ["revoked"]),
        (["v=DKIM1; k=rsa; p=AAAA"], ["other"]),
        ([f"v=DKIM1; k=ed25519; p={P}"], ["other"]),
        ([f"v=DKIM1; p={P}", f"v=DKIM1; p={P}"], ["several"]),
        (["v=spf1 -all"], ["broken"]),
        (["v=DKIM1; k=rsa; p=!!"], ["broken"]),
        ([f"v=DKIM1; t=y:s; p={P}"], ["testing"]),
        ([f"v=DKIM1; h=sha1; p={P}"], ["broken"]),
        ([f"v=DKIM1; s=tlsrpt; p={P}"], ["broken"]),
    ],
)
def test_a_published_key_is_compared_with_ours(published: list[str], found: list[str]) -> None:
    """A key that is published wrongly makes every signature fail, and nobody tells."""
    assert codes(*published) == found


def test_short_and_other_kinds_of_keys() -> None:
    """Ed25519 has no length to doubt; RSA of 1024 bits is no longer trusted by all."""
    assert codes(ED.record, key=ED) == ["good"]
    short = PublicKey("example.org", "s1", "rsa", b"\x30spki", b"", 1024)
    assert codes(short.record, key=short) == ["weak"]


def dmarc(
    record: str | list[str],
    *,
    author: str = "example.org",
    name: str = "",
    envelope: str = "lists.example.org",
    signing: Sequence[str] = ("lists.example.org",),
) -> list[str]:
    """Return what is found of a DMARC record."""
    records = [record] if isinstance(record, str) else record
    found, _ = dmarc_record.judge(
        author, name or f"_dmarc.{author}", records, envelope=envelope, signing=signing
    )
    return [one.code.removeprefix("dmarc.") for one in found]


RUA = "rua=mailto:postmaster@lists.example.org"


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (f"v=DMARC1; p=reject; {RUA}", ["good"]),
        (f"V=dmarc1 ;P = Quarantine; {RUA}!10m", ["good"]),
        (f"v=DMARC1; p=none; {RUA}", ["watching"]),
        (f"v=DMARC1; {RUA}", ["watching"]),
        ("v=DMARC1; p=reject", ["no_reports"]),
        (f"v=DMARC1; p=reject; pct=20; {RUA}", ["part"]),
        (f"v=DMARC1; p=reject; adkim=s; {RUA}", ["strict"]),
        (f"v=DMARC1; p=reject; aspf=s; {RUA}", ["strict"]),
        (f"v=DMARC1; p=reject; adkim=s; aspf=s; {RUA}", ["unaligned"]),
        ("v=DMARC1; p=everything", ["broken"]),
        (f"v=DMARC1; p=reject; p=none; {RUA}", ["broken"]),
        ([], ["none"]),
        (["v=DMARC1; p=none", "v=DMARC1; p=none"], ["several"]),
    ],
)
def test_a_policy_is_judged(record: str | list[str], found: list[str]) -> None:
    """What receivers do with a record, and whether our mail fits it."""
    assert dmarc(record) == found


def test_the_policy_of_the_organisation_counts_for_names_below() -> None:
    """RFC 7489 section 6.6.3: `sp`, else `p`, of the domain that was registered."""
    below = {"author": "news.example.co.uk", "name": "_dmarc.example.co.uk"}
    below |= {"envelope": "lists.example.co.uk"}
    assert dmarc_record.names("news.example.co.uk") == [
        "_dmarc.news.example.co.uk",
        "_dmarc.example.co.uk",
    ]
    assert dmarc(f"v=DMARC1; p=reject; {RUA}", **below) == ["good"]
    assert dmarc(f"v=DMARC1; p=reject; sp=none; {RUA}", **below) == ["subdomains"]
    assert dmarc(f"v=DMARC1; p=none; sp=reject; {RUA}", **below) == ["good"]


def test_alignment_goes_by_the_organisation_not_by_the_suffix() -> None:
    """Two customers of one registry are not one organisation."""
    other = dmarc(
        f"v=DMARC1; p=reject; {RUA}",
        author="one.co.uk",
        envelope="lists.two.co.uk",
        signing=["two.co.uk"],
    )
    assert other == ["unaligned"]


def test_reports_to_others_need_their_consent() -> None:
    """RFC 7489 section 7.1: else receivers send none."""
    policy = dmarc_record.read(
        "v=DMARC1; p=none; rua=mailto:a@example.org,mailto:b@reports.example"
    )
    assert policy is not None
    assert dmarc_record.outside("lists.example.org", policy) == [
        ("reports.example", "lists.example.org._report._dmarc.reports.example")
    ]


@given(st.text(max_size=80))
def test_no_text_makes_a_reader_fail(text: str) -> None:
    """Anybody may publish anything."""
    tags.read(text)
    dmarc_record.read(text)
    dmarc_record.read(f"v=DMARC1; {text}")
    inbound_tls.read_policy(text)
    assert inbound_tls.judge_tls_rpt("_smtp._tls.x", [f"v=TLSRPTv1; {text}"]).code in {
        "tls_rpt.good",
        "tls_rpt.broken",
    }
    assert dkim_record.judge(KEY, [text])[0].state in State
    hosts.mx_hosts([text])


STS = "version: STSv1\nmode: enforce\nmx: mx1.example.org\nmx: *.backup.example.org\nmax_age: 604800\n"


def test_a_policy_must_name_all_hosts() -> None:
    """A host that it does not name gets no mail from those who keep to it."""
    policy = inbound_tls.read_policy(STS.replace("\n", "\r\n"))

    def found(*mx: str) -> str:
        return inbound_tls.judge_policy("example.org", policy, mx).code

    assert found("mx1.example.org", "a.backup.example.org") == "mta_sts.good"
    assert found("mx2.example.org") == "mta_sts.other_mx"
    assert found("a.b.backup.example.org") == "mta_sts.other_mx"
    assert found("backup.example.org") == "mta_sts.other_mx"


@pytest.mark.parametrize(
    "text", ["", "<html>", STS.replace("STSv1", "1"), STS.replace("604800", "long"), "mode: none"]
)
def test_what_is_no_policy(text: str) -> None:
    """A web server that answers everything with a page serves no policy."""
    assert inbound_tls.read_policy(text) is None


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "none"),
        (["v=spf1 -all"], "none"),
        (["v=STSv1; id=2023a", "v=STSv1; id=b"], "several"),
        (["v=STSv1; id=20-3"], "broken"),
        (["v=STSv1"], "broken"),
    ],
)
def test_the_record_that_leads_to_a_policy(texts: list[str], code: str) -> None:
    """RFC 8461 section 3.1."""
    found = inbound_tls.judge_sts_record("_mta-sts.example.org", texts)
    assert found is not None
    assert found.code == f"mta_sts.{code}"
    assert inbound_tls.judge_sts_record("_mta-sts.example.org", ["v=STSv1; id=1;"]) is None


@pytest.mark.parametrize(
    ("answers", "addresses", "code"),
    [
        (
            ["20 b.example.", "10 a.example."],
            {"a.example": ["192.0.2.1"], "b.example": ["::1"]},
            "good",
        ),
        (["10 a.example."], {}, "nowhere"),
        (["0 ."], {}, "refuses"),
        ([], {"lists.example": ["192.0.2.1"]}, "implicit"),
        ([], {}, "none"),
    ],
)
def test_where_mail_goes(answers: list[str], addresses: dict[str, list[str]], code: str) -> None:
    """Bounces that have nowhere to go are readers whom we keep mailing in vain."""
    found = hosts.judge_mx("lists.example", hosts.mx_hosts(answers), addresses)
    assert found.code == f"mx.{code}"


def test_the_name_of_an_address_must_lead_back() -> None:
    """However its IPv6 address is written."""
    back = {"mail.example.org": ["2001:DB8:0::1"]}
    assert hosts.judge_ptr("2001:db8::1", ["mail.example.org"], back).code == "ptr.good"
    assert hosts.judge_ptr("2001:db8::2", ["mail.example.org"], back).code == "ptr.unconfirmed"
    assert hosts.judge_ptr("2001:db8::2", [], {}).code == "ptr.none"
