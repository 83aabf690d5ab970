"""URLs of endpoints: what nobody would want, and what an attacker would, is refused at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.webhooks.url import LONGEST, parse_url
from mailer.errors import InputError

LOCAL = ("127.0.0.0/8", "10.20.0.0/16")


@pytest.mark.parametrize(
    ("text", "shown", "target"),
    [
        ("https://hooks.example.org", "https://hooks.example.org/", "/"),
        (" https://Hooks.Example.ORG:443/a?b=c ", "https://hooks.example.org/a?b=c", "/a?b=c"),
        ("https://hooks.example.org:8443/", "https://hooks.example.org:8443/", "/"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x", "/x"),
        ("https://hooks.example.org./", "https://hooks.example.org/", "/"),
        ("https://93.184.216.34/x", "https://93.184.216.34/x", "/x"),
        ("https://[2606:2800:220:1::1]:8443/", "https://[2606:2800:220:1::1]:8443/", "/"),
    ],
)
def test_public_places_are_taken(text: str, shown: str, target: str) -> None:
    """In one spelling, which is what is signed for and shown."""
    url = parse_url(text)
    assert (str(url), url.target) == (shown, target)
    assert parse_url(shown) == url


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no web address"),
        ("hooks.example.org", "no web address"),
        ("ftp://hooks.example.org/", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("https:///x", "no web address"),
        ("https://[::1/x", "no web address"),
        ("https://hooks.example.org:99999/", "no web address"),
        ("http://hooks.example.org/", "read on the way"),
        ("https://user:secret@hooks.example.org/", "login"),
        ("https://hooks.example.org@evil.example/", "login"),
        ("https://hooks.example.org/#x", "fragment"),
        ("https://hooks.example.org/a b", "characters"),
        ("https://hooks.example.org/é", "characters"),
        ("https://hooks.example.org\\@evil.example/", "login"),
        ("https://hooks.example.org/\\x", "characters"),
        ("https://hooks.example.org:25/", "port 25"),
        ("https://hooks.example.org:22/", "port 22"),
        ("https://hooks.example.org:0/", "port 0"),
        ("https://localhost/", "no name of a public server"),
        ("https://intranet/", "no name of a public server"),
        ("https://2130706433/", "neither a name nor an address"),
        ("https://0x7f000001/", "neither a name nor an address"),
        ("https://127.1/", "neither a name nor an address"),
        ("https://0177.0.0.1/", "neither a name nor an address"),
        ("https://1.2.3.4.5/", "neither a name nor an address"),
        ("https://127.0.0.1/", "this machine"),
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "credentials"),
        ("https://[::1]/", "this machine"),
        ("https://[::ffff:127.0.0.1]/", "this machine"),
        ("https://[fe80::1%25eth0]/", "zone"),
        ("https://hooks.example.org/" + "x" * LONGEST, "characters"),
    ],
)
def test_other_places_are_refused_with_their_reason(text: str, wrong: str) -> None:
    """Whoever typed it learns what to type; whoever probes learns nothing about our network."""
    with pytest.raises(InputError, match=wrong) as caught:
        parse_url(text)
    assert caught.value.problems[0].remedy
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:9000/x", "https://10.20.1.1/", "http://crm/x", "https://localhost/"]
)
def test_what_the_settings_allow_is_taken(text: str) -> None:
    """By plain http too; a name is looked up, and checked, when something is sent."""
    assert str(parse_url(text, LOCAL)).startswith(text[:16])


def test_what_lies_beside_the_allowed_networks_is_refused() -> None:
    """An exception is for one network."""
    with pytest.raises(InputError, match="private"):
        parse_url("https://10.21.1.1/", LOCAL)


@given(st.text(max_size=60) | st.text("htps:/.@[]%#?\\0127 \n\tx-", max_size=40))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    """It comes from a form; and what is taken is read back as the same."""
    for written in (text, f"https://{text}"):
        try:
            url = parse_url(written)
        except InputError:
            continue
        assert parse_url(str(url)) == url
        assert str(url).isascii()
        assert "@" not in url.authority
