"""Facts about a mail that matter: its author, and whether anybody vouches for that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.incoming.facts import authors, read

SERVER = "mx.example.org"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("ana@example.org", ("ana@example.org",)),
        ("Ana <ana@example.org>", ("ana@example.org",)),
        ('"Pérez, Ana" <ana@example.org>', ("ana@example.org",)),
        ("=?utf-8?Q?a=40b=2Ec=2C?= <ana@example.org>", ("ana@example.org",)),
        ("ana@example.org (Ana, the reader)", ("ana@example.org",)),
        ("a@example.org, b@example.org", ("a@example.org", "b@example.org")),
        ("Group: a@example.org, b@example.org;", ("a@example.org", "b@example.org")),
        ("undisclosed-recipients:;", ()),
        ("", ()),
        ("<>", ()),
    ],
)
def test_authors_are_read_before_anything_is_decoded(field: str, found: tuple[str, ...]) -> None:
    """Cases 13 and 18."""
    assert authors([field]) == found


@pytest.mark.parametrize(
    ("results", "believed"),
    [
        (f"{SERVER}; dkim=pass header.d=example.org", True),
        (f"{SERVER}; spf=pass smtp.mailfrom=x; dkim=pass (2048) header.i=@example.org", True),
        (f"{SERVER}; dmarc=pass (p=none) header.from=example.org", True),
        (f"{SERVER.upper()} ; DKIM=PASS header.d=Example.ORG", True),
        (f"{SERVER}; dkim=pass header.d=example.net", False),
        (f"{SERVER}; dkim=pass header.d=evil-example.org", False),
        (f"{SERVER}; dkim=pass header.d=mail.example.org", True),
        (f"{SERVER}; dkim=pass header.d=example.org.example.net", False),
        (f"{SERVER}; dkim=pass header.from=example.org", False),
        (f"{SERVER}; dmarc=pass header.d=example.org", False),
        (f'{SERVER}; dkim=fail reason="; dkim=pass header.d=example.org"', False),
        (f"{SERVER}; dkim=fail header.d=example.org", False),
        (f"{SERVER}; spf=pass smtp.mailfrom=example.org", False),
        ("mx.example.net; dkim=pass header.d=example.org", False),
        (f"mx.example.net; x=y {SERVER}; dkim=pass header.d=example.org", False),
        (f"{SERVER} (; dkim=pass header.d=example.org); none", False),
        ("", False),
    ],
)
def test_only_our_own_server_is_believed(results: str, *, believed: bool) -> None:
    """RFC 8601: anybody can write that field."""
    mail = f"Authentication-Results: {results}\nFrom: ana@example.org\n\n".encode()
    assert read(mail, SERVER).authenticated is believed
    assert not read(mail).authenticated


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(data: bytes) -> None:
    """A stranger's mail must not end a worker."""
    read(data, SERVER)
    read(b"From: " + data + b"\nAuthentication-Results: " + data + b"\n\n" + data, SERVER)
