"""Places where mail comes in, as settings write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.settings.listen_url import ListenUrl
from mailer.domain.settings.mailbox_url import MailboxUrl


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("lmtp://127.0.0.1:8024", ListenUrl("lmtp", "127.0.0.1", 8024)),
        ("smtp://0.0.0.0", ListenUrl("smtp", "0.0.0.0", 25)),  # noqa: S104 - it is only read
        ("smtp://[::1]:0/", ListenUrl("smtp", "::1", 0)),
        ("lmtp:///run/mailer.sock", ListenUrl("lmtp", socket=Path("/run/mailer.sock"))),
        (
            "smtp://mx:25?connections=9&per_address=3&per_network=4&certificate=/c.pem&key=/k.pem&starttls=required",
            ListenUrl(
                "smtp", "mx", 25, None, 9, 3, 4, Path("/c.pem"), Path("/k.pem"), require_tls=True
            ),
        ),
    ],
)
def test_a_place_to_listen_at_is_read_with_its_options(text: str, meant: ListenUrl) -> None:
    """One line says all that a listener needs."""
    assert ListenUrl.parse(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "", "lmtp://127.0.0.1", "http://x", "smtp://", "lmtp://", "lmtp:///", "smtp://x:99999",
        "smtp://x/path", "smtp://a:b@x", "smtp://x?foo=1", "smtp://x?connections=0",
        "smtp://x?connections=1&connections=2", "smtp://x?key=/k", "smtp://x?starttls=required",
        "smtp://x?starttls=no&certificate=/c", "smtp://[::1", "smtp://x y", "lmtp://:24",
    ],
)  # fmt: skip
def test_what_is_no_place_to_listen_at_is_refused_with_a_remedy(text: str) -> None:
    """The complaint is shown beside the setting: what is wrong, then what to do."""
    with pytest.raises(ValueError, match="; "):
        ListenUrl.parse(text)


def test_a_mailbox_is_read_with_its_folders_and_shows_no_password() -> None:
    """The URL stands in a file, its parts in logs."""
    url = MailboxUrl.parse(
        "imaps://list%40example.org:s3%3Acret@imap.example.org/Lists/In?handled=Done"
    )
    assert (url.host, url.port, url.user, url.password) == (
        "imap.example.org",
        993,
        "list@example.org",
        "s3:cret",
    )
    assert (url.folder, url.handled, url.refused) == ("Lists/In", "Done", "Mailer-refused")
    assert "s3" not in f"{url} {url!r}"


@pytest.mark.parametrize(
    "text",
    [
        "", "mail.example.net", "imaps://imap.example.org", "imaps://u@imap.example.org",
        "imap://u:p@imap.example.org", "imaps://u:p@x:0", "imaps://u:p@x:y", "imaps://u:p@x#f",
        "imaps://u:p@x?foo=1", "imaps://u:p@x/Mailer", "imaps://u:p@x?handled=a&refused=a",
        "imaps://u:p@q@x", "https://u:p@x", "imaps://u:p@[::1",
    ],
)  # fmt: skip
def test_what_is_no_mailbox_is_refused_with_a_remedy(text: str) -> None:
    """And without repeating it, because a password may stand anywhere in it."""
    with pytest.raises(ValueError, match="; ") as refused:
        MailboxUrl.parse(text)
    assert not text or text not in str(refused.value)


@given(st.text() | st.from_regex(r"(lmtp|smtp|imaps?)://[ -~]*", fullmatch=True))
def test_no_text_is_an_error_other_than_a_wrong_value(text: str) -> None:
    """Settings are typed by people."""
    for parse in (ListenUrl.parse, MailboxUrl.parse):
        try:
            parse(text)
        except ValueError as error:
            assert ";" in str(error)  # noqa: PT017 - that it is raised is not the point
