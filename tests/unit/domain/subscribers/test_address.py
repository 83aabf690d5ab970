"""Addresses: what is one, which of them are the same, and how they travel."""

from __future__ import annotations

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.subscribers.address import Address, AddressError, key_of, parse_address

LOCALS = st.from_regex(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,70}", fullmatch=True)
DOMAINS = st.from_regex(r"[a-zA-Z0-9.-]{1,30}(\.(org|test|local|c0m|x))?", fullmatch=True)


def test_an_address_keeps_its_spelling_and_gets_a_key() -> None:
    """Mail goes to the address as its owner writes it; two spellings are still one reader."""
    assert parse_address(" Ann.Reader+News@Example.ORG ") == Address(
        "Ann.Reader+News@example.org",
        "ann.reader+news@example.org",
        "Ann.Reader+News@example.org",
    )


def test_a_domain_in_another_script_travels_in_ascii() -> None:
    """Any relay can take it so, and both spellings of the domain are one reader."""
    found = parse_address("ann@bücher.example.org")
    assert found.ascii == "ann@xn--bcher-kva.example.org"
    assert not found.needs_smtputf8
    assert found == parse_address("ann@xn--bcher-kva.example.org")


def test_a_local_part_in_another_script_needs_smtputf8() -> None:
    """Only some relays take it; it must not be sent to the others in a wrong spelling."""
    found = parse_address("josé@example.org")
    assert (found.ascii, found.needs_smtputf8) == ("", True)


def test_canonically_equal_spellings_are_one_reader() -> None:
    """Systems type an accent as one character or as two; the reader is the same."""
    decomposed = unicodedata.normalize("NFD", "JOSÉ@example.org")
    assert key_of(decomposed) == key_of("josé@example.org")


@pytest.mark.parametrize(
    "address", ["a@example.org", "a@example.net", "a@relay.test", "a@x.example"]
)
def test_domains_for_examples_and_trials_are_taken(address: str) -> None:
    """Demonstrations and test systems use them, and they can harm nobody."""
    assert parse_address(address).given == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no address"),
        ("ann", "one @"),
        ("ann@", "one @"),
        ("@example.org", "one @"),
        ("ann@bob@example.org", "one @"),
        ("Ann <ann@example.org>", "between < and >"),
        ("ann@example.org, bob@example.org", "one address"),
        ("ann smith@example.org", "holds a space"),
        ("ann@example.org\u200b", "cannot be seen"),
        ("ann@localhost", "no mail can go"),
        ("ann@printer.local", "no mail can go"),
        ("ann@example.invalid", "no mail can go"),
        ("ann@intranet", "no dot"),
        ("ann@[192.0.2.1]", "by number"),
        ("ann..lee@example.org", "not a mail address"),
        ("ann@exa_mple.org", "not a mail address"),
        ("ann@example..org", "not a mail address"),
        ('"ann"@example.org', "not a mail address"),
        (f"{'a' * 65}@example.org", "too long"),
        (f"a@{'b.' * 130}org", "too long"),
    ],
)
def test_what_is_no_address_is_refused_in_our_words(text: str, words: str) -> None:
    """The secretariat must understand what to mend, without knowing the standards."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_a_refusal_shows_no_control_characters() -> None:
    """An address from a stranger must not move the cursor of whoever reads the report."""
    with pytest.raises(AddressError) as caught:
        parse_address("\x1b[2J\x07@example.org")
    assert "\x1b" not in str(caught.value)


@given(LOCALS, DOMAINS)
def test_the_quick_way_agrees_with_the_library(local: str, domain: str) -> None:
    """Plain addresses are read without the library, and must come out just the same."""
    text = f"{local}@{domain}"
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            parse_address(text)
        return
    address = parse_address(text)
    assert address.given == found.normalized
    assert address.ascii.lower() == (found.ascii_email or "").lower()


@given(st.text(max_size=80) | st.text(max_size=20).map(lambda local: f"{local}@example.org"))
def test_any_text_is_an_address_or_refused_and_its_key_is_stable(text: str) -> None:
    """A file may hold anything; and a key that changed when read again would double readers."""
    try:
        key = key_of(text)
    except AddressError:
        return
    assert key == key.casefold() or not key.isascii()
    try:
        again = key_of(key)
    except AddressError:
        return  # folding made it too long for an address; it is only a key
    assert again == key
