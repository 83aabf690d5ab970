"""A relay's URL: what it says, what it must not say, and what it never shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.settings.relay_url import RelayUrl, StartTls


def test_a_full_url_gives_every_part() -> None:
    """The settings' one line is all that an operator writes about a relay."""
    url = "smtp://ann%40example.org:p%2Fw%3A@mx.example.org:2525?starttls=required&weight=2&connections=16&messages=100"
    assert RelayUrl.parse(url) == RelayUrl(
        host="mx.example.org",
        port=2525,
        starttls=StartTls.REQUIRED,
        user="ann@example.org",
        password="p/w:",
        weight=2,
        connections=16,
        messages=100,
    )


@pytest.mark.parametrize(
    ("text", "port", "starttls"),
    [
        ("smtp://mx.example.org", 25, StartTls.WHEN_OFFERED),
        ("smtp://u:p@mx.example.org", 587, StartTls.REQUIRED),
        ("smtps://u:p@mx.example.org", 465, StartTls.NO),
        ("smtp://[::1]:2525/?starttls=no", 2525, StartTls.NO),
        ("SMTP://u:p@127.0.0.1:1025?starttls=no", 1025, StartTls.NO),
    ],
)
def test_what_is_left_out_has_a_safe_default(text: str, port: int, starttls: StartTls) -> None:
    """A password must not travel in clear because an option was forgotten."""
    relay = RelayUrl.parse(text)
    assert (relay.port, relay.starttls) == (port, starttls)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mx.example.org:25",
        "http://mx.example.org",
        "smtp://",
        "smtp://:25",
        "smtp://mx.example.org:0",
        "smtp://mx.example.org:99999",
        "smtp://[::1",
        "smtp://u:Hidden7@",
        "smtp://u:Hidden7/x@mx.example.org",
        "smtp://u:Hidden7?x@mx.example.org",
        "smtp://u:Hidden7#x@mx.example.org",
        "smtp://u:Hidden7@x@mx.example.org",
        "smtp://u:Hidden7\n@mx.example.org",
        "smtp://u:Hidden7%00@mx.example.org",
        "smtp://u:Hidden7@mx.example.org/path",
        "smtp://u:Hidden7@mx.example.org?starttls=when-offered",
        "smtp://u:Hidden7@mx.example.org?starttls=yes",
        "smtps://u:Hidden7@mx.example.org?starttls=required",
        "smtp://u:Hidden7@mx.example.org?weight=0",
        "smtp://u:Hidden7@mx.example.org?weight=²",
        "smtp://u:Hidden7@mx.example.org?connections=-1",
        "smtp://u:Hidden7@mx.example.org?messages=0",
        "smtp://u:Hidden7@mx.example.org?messages=10000",
        "smtp://u:Hidden7@mx.example.org?colour=red",
        "smtp://u:Hidden7@mx.example.org?weight=1&weight=2",
        "smtp://u@mx.example.org",
        "smtp://:Hidden7@mx.example.org",
    ],
)
def test_a_wrong_url_is_refused_without_repeating_the_password(text: str) -> None:
    """Error messages end up in logs and screens, where a password has no place."""
    with pytest.raises(ValueError, match=r"[;,] .+\.$") as raised:
        RelayUrl.parse(text)
    assert "Hidden7" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_way_of_printing_a_relay_shows_its_password() -> None:
    """Relays are logged and shown; their passwords never are."""
    relay = RelayUrl.parse("smtp://u:Hidden7@mx.example.org")
    assert "Hidden7" not in f"{relay} {relay!r} {relay.name} {[relay]}"
    assert str(relay) == "smtp://mx.example.org:587"


@given(st.text())
def test_any_text_is_read_or_refused_with_one_kind_of_error(text: str) -> None:
    """A configuration file may hold anything; it must never end in a traceback."""
    for candidate in (text, f"smtp://{text}", f"smtps://{text}@mx.example.org"):
        try:
            relay = RelayUrl.parse(candidate)
        except ValueError:
            continue
        assert relay.host
        assert 0 < relay.port < 65536
