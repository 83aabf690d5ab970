"""SPF as receivers evaluate it (RFC 7208)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.domain.deliverability.spf import MOST_LOOKUPS, Result, Verdict, evaluate

DOMAIN = "lists.example.org"


def verdict(
    zone: Mapping[str, Sequence[str]], address: str = "192.0.2.1", domain: str = DOMAIN
) -> Verdict:
    """Evaluate with answers from a table of questions."""
    steps = evaluate(address, domain, f"bulletin@{domain}")
    try:
        question = next(steps)
        while True:
            question = steps.send(zone.get(f"{question.kind} {question.name}", ()))
    except StopIteration as done:
        found: Verdict = done.value
        return found


def own(record: str, **zone: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return a zone with one record of ours."""
    return {f"TXT {DOMAIN}": [record], **zone}


@pytest.mark.parametrize(
    ("record", "address", "result"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1", Result.PASS),
        ("V=SPF1 IP4:192.0.2.0/24 -ALL", "192.0.2.77", Result.PASS),
        ("v=spf1 ip4:192.0.2.0/24 -all", "198.51.100.1", Result.FAIL),
        ("v=spf1 ip4:192.0.2.1 ~all", "198.51.100.1", Result.SOFTFAIL),
        ("v=spf1 ip4:192.0.2.1 ?all", "198.51.100.1", Result.NEUTRAL),
        ("v=spf1 ip4:192.0.2.1", "198.51.100.1", Result.NEUTRAL),
        ("v=spf1 -ip4:192.0.2.1 +all", "192.0.2.1", Result.FAIL),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::25", Result.PASS),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db9::25", Result.FAIL),
        ("v=spf1 ip4:192.0.2.1 -all", "2001:db8::25", Result.FAIL),
        ("v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1", Result.PASS),
        ("v=spf1 unknown=1 ip4:192.0.2.1 -all", "192.0.2.1", Result.PASS),
        ("v=spf10 ip4:192.0.2.1", "192.0.2.1", Result.NONE),
        ("some other text", "192.0.2.1", Result.NONE),
    ],
)
def test_networks_and_qualifiers(record: str, address: str, result: Result) -> None:
    """Whoever sends from what a record names passes; the others get what its end says."""
    assert verdict(own(record), address).result is result


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.300 -all",
        "v=spf1 ip4:2001:db8::1 -all",
        "v=spf1 ip6:192.0.2.1 -all",
        "v=spf1 ip4 -all",
        "v=spf1 include: -all",
        "v=spf1 include -all",
        "v=spf1 nonsense -all",
        "v=spf1 a/33 -all",
        "v=spf1 all:example.org",
        "v=spf1 redirect=a.example redirect=b.example",
        "v=spf1 exists:%{x}.example.org -all",
    ],
)
def test_a_record_with_a_wrong_term_is_void(record: str) -> None:
    """RFC 7208 section 4.5: receivers take nothing of such a record."""
    assert verdict(own(record), "198.51.100.1").result is Result.BROKEN


def test_several_records_void_one_another() -> None:
    """RFC 7208 section 4.5: two providers' records, pasted beside each other."""
    zone = {f"TXT {DOMAIN}": ["v=spf1 +all", "v=spf1 -all", "google-site-verification=1"]}
    assert (verdict(zone).result, verdict(zone).why) == (Result.BROKEN, "several")


def test_hosts_are_looked_up() -> None:
    """`a`, `mx`, `include`, `exists`, `ptr` and `redirect` all lead to addresses."""
    zone = {
        "TXT a.example": ["v=spf1 a:host.example/28 -all"],
        "A host.example": ["192.0.2.9"],
        "TXT mx.example": ["v=spf1 mx//64 -all"],
        "MX mx.example": ["10 host6.example."],
        "AAAA host6.example": ["2001:db8::9"],
        "TXT in.example": ["v=spf1 include:a.example ~all"],
        "TXT re.example": ["v=spf1 redirect=in.example"],
        "TXT ex.example": ["v=spf1 exists:%{ir}.%{v}.list.%{d2} -all"],
        "A 1.2.0.192.in-addr.list.ex.example": ["127.0.0.2"],
        "TXT pt.example": ["v=spf1 ptr -all"],
        "PTR 192.0.2.1": ["mail.pt.example."],
        "A mail.pt.example": ["192.0.2.1"],
    }
    passes = [
        ("a.example", "192.0.2.1"),
        ("mx.example", "2001:db8::77"),
        ("in.example", "192.0.2.1"),
    ]
    passes += [
        ("re.example", "192.0.2.1"),
        ("ex.example", "192.0.2.1"),
        ("pt.example", "192.0.2.1"),
    ]
    assert [verdict(zone, at, of).result for of, at in passes] == [Result.PASS] * 6
    assert verdict(zone, domain="re.example").includes == {"in.example", "a.example"}
    assert verdict(zone, "203.0.113.1", "in.example").result is Result.SOFTFAIL


def test_what_is_included_must_have_a_record() -> None:
    """RFC 7208 section 5.2: else the whole is void."""
    found = verdict(own("v=spf1 include:gone.example ~all"))
    assert (found.result, found.why) == (Result.BROKEN, "include:gone.example")


def test_receivers_look_up_ten_times_and_no_more() -> None:
    """RFC 7208 section 4.6.4: the list that included its eleventh provider fails everywhere."""
    names = [f"p{at}.example" for at in range(MOST_LOOKUPS + 1)]
    zone = {f"TXT {name}": ["v=spf1 ip4:203.0.113.9 -all"] for name in names}
    ten, eleven = (" ".join(f"include:{one}" for one in names[:n]) for n in (10, 11))
    assert verdict(zone | own(f"v=spf1 {ten} ~all")).result is Result.SOFTFAIL
    found = verdict(zone | own(f"v=spf1 {eleven} ~all"))
    assert (found.result, found.why) == (Result.BROKEN, "lookups")


def test_a_loop_ends() -> None:
    """A record that includes itself must not keep us for ever."""
    assert verdict(own(f"v=spf1 include:{DOMAIN} -all")).result is Result.BROKEN


def test_names_that_are_not_there_are_counted() -> None:
    """RFC 7208 section 4.6.4: three of them void the record."""
    found = verdict(own("v=spf1 a:x.example a:y.example a:z.example ip4:192.0.2.1 -all"))
    assert (found.result, found.why) == (Result.BROKEN, "void")


@given(st.text(max_size=120), st.sampled_from(["192.0.2.1", "2001:db8::1"]))
@settings(max_examples=200)
def test_whatever_a_record_holds_there_is_a_verdict(rest: str, address: str) -> None:
    """Anybody may publish anything."""
    assert verdict(own(f"v=spf1 {rest}"), address).result in Result
