"""Organisational domains, and the reporters that are believed about each mailbox."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.config import Settings
from mailer.domain.access.alignment import aligned, canonical, organisational, public_suffix
from mailer.domain.bounces.reporter import Reporter, parse_reporter, reporters
from mailer.domain.settings.setting import SettingError


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        ("mail.example.org", "example.org"),
        ("EXAMPLE.org.", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("ana.github.io", "ana.github.io"),
        ("bücher.example.org", "example.org"),
        ("mail.xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("", ""),
        ("a b", ""),
        ("user@example.org", ""),
    ],
)
def test_an_organisation_s_domain_is_what_it_registered(domain: str, owner: str) -> None:
    """DMARC's relaxed alignment rests on it; a public suffix is no organisation."""
    assert organisational(domain) == owner


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("example.org", "mail.example.org", True),
        ("a.example.org", "b.example.org", True),
        ("example.org", "evil-example.org", False),
        ("example.org", "example.org.example.net", False),
        ("ana.github.io", "bo.github.io", False),
        ("co.uk", "example.co.uk", False),
        ("one.co.uk", "other.co.uk", False),
        ("", "", False),
    ],
)
def test_alignment_ends_at_the_organisation(one: str, other: str, *, are: bool) -> None:
    """Neighbours under a public suffix must not vouch for each other."""
    assert aligned(one, other) is are
    assert aligned(other, one) is are


@given(st.text(max_size=300))
@example("..")
@example(".example.org")
@example("example.org\n.")
def test_any_text_is_a_domain_or_none(text: str) -> None:
    """Domains come out of strangers' headers."""
    assert canonical(canonical(text)) == canonical(text)
    assert aligned(text, text) is bool(organisational(text))
    public_suffix(text)


DOMAIN = parse_reporter("Reports.Example.NET for example.net example.*")
ADDRESS = parse_reporter("staff@example.com for example.com")


@pytest.mark.parametrize(
    ("reporter", "author", "is_its"),
    [
        (DOMAIN, "fbl@reports.example.net", True),
        (DOMAIN, "fbl@a.reports.example.net", True),
        (DOMAIN, "fbl@example.net", False),
        (DOMAIN, "fbl@evilreports.example.net", False),
        (DOMAIN, "reports.example.net", True),
        (ADDRESS, "Staff@Example.com", True),
        (ADDRESS, "ana@example.com", False),
        (ADDRESS, "staff@a.example.com", False),
        (ADDRESS, "", False),
    ],
)
def test_a_reporter_is_a_domain_or_one_address(
    reporter: Reporter, author: str, *, is_its: bool
) -> None:
    """At a provider whose customers share the domain, only its own address reports."""
    assert reporter.wrote(author) is is_its


@pytest.mark.parametrize(
    ("mailbox", "answers"),
    [
        ("ana@example.net", True),
        ("ana@EXAMPLE.NET", True),
        ("ana@example.co.uk", True),
        ("ana@example.fr", True),
        ("ana@a.example.net", False),
        ("ana@a.example.fr", False),
        ("ana@other.example", False),
        ("ana@example", False),
        ("ana", False),
        ("", False),
    ],
)
def test_a_reporter_speaks_for_its_own_mailboxes(mailbox: str, *, answers: bool) -> None:
    """Being believed about some readers is no right over the others."""
    assert DOMAIN.answers_for(mailbox) is answers


def test_an_author_alone_answers_for_its_own_organisation() -> None:
    """The least that can be meant."""
    assert parse_reporter("fbl.example.co.uk").mailboxes == ("example.co.uk",)


def test_the_setting_takes_words_and_tables() -> None:
    """A table in the file; words in a variable, parted by commas."""
    words = "reports.example.net for example.net example.*, staff@example.com for example.com"
    table = {
        "reports.example.net": ["example.net", "example.*"],
        "staff@example.com": "example.com",
    }
    assert reporters(words) == reporters(table) == (DOMAIN, ADDRESS)
    assert reporters('{"staff@example.com": ["example.com"]}') == (ADDRESS,)
    assert reporters([str(one) for one in (DOMAIN, ADDRESS)]) == (DOMAIN, ADDRESS)
    assert Settings(complaint_reporters=words).complaint_reporters == (DOMAIN, ADDRESS)  # type: ignore[arg-type]
    assert Settings().complaint_reporters == ()


@pytest.mark.parametrize(
    "value",
    [
        "example",
        "a b",
        "reports.example.net about example.net",
        "reports.example.net for *",
        "reports.example.net for example",
        "reports.example.net for a*.example.net",
        "@example.net",
        {"reports.example.net": 7},
        ["reports.example.net", "reports.example.net"],
        7,
    ],
)
def test_what_is_no_reporter_is_refused(value: object) -> None:
    """A slip here would believe nobody, or everybody."""
    with pytest.raises(SettingError):
        reporters(value)
