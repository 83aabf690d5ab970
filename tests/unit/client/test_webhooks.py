"""What web hooks send is taken by the client's check, and nothing else is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.client.webhooks import SignatureError, verify
from mailer.domain.webhooks.payload import body
from mailer.domain.webhooks.signing import headers, secret_of

AT = datetime(2023, 4, 12, 7, tzinfo=UTC)
BODY = body({"type": "campaign.paused", "at": AT.isoformat(), "campaign": "7"})
NEW, OLD = (secret_of(bytes(32), "wh0123456789ab", number) for number in (2, 1))
SENT = headers("1-0", AT, BODY, [NEW, OLD])


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_message_is_taken_with_either_secret(secret: str) -> None:
    """A secret is changed without losing a message."""
    shouted = {name.upper(): value for name, value in SENT.items()}
    found = verify(secret, shouted, BODY, now=AT.timestamp() + 299)
    assert (found.id, found.type, found.timestamp) == ("1-0", "campaign.paused", AT)
    assert found.data == {"campaign": "7"}


def test_time_is_that_of_the_clock() -> None:
    """Whoever leaves the time out must be protected all the same."""
    now = datetime.fromtimestamp(time.time(), UTC)
    assert verify(NEW, headers("1-0", now, BODY, [NEW]), BODY).id == "1-0"
    with pytest.raises(SignatureError, match="300 seconds"):
        verify(NEW, headers("1-0", now - timedelta(minutes=6), BODY, [NEW]), BODY)


@pytest.mark.parametrize(
    ("change", "content"),
    [
        ({}, BODY + b" "),
        ({"webhook-id": "2-0"}, BODY),
        ({"webhook-timestamp": str(int(AT.timestamp()) + 1)}, BODY),
        ({"webhook-timestamp": "now"}, BODY),
        ({"webhook-timestamp": "²"}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-signature": "v1,é v2,x"}, BODY),
    ],
)
def test_what_was_changed_is_refused(change: dict[str, str], content: bytes) -> None:
    """Anybody can post to an endpoint."""
    with pytest.raises(SignatureError):
        verify(NEW, SENT | change, content, now=AT.timestamp())


@pytest.mark.parametrize("missing", SENT)
def test_message_without_a_field_is_refused(missing: str) -> None:
    """It is not a signed one."""
    rest = {name: value for name, value in SENT.items() if name != missing}
    with pytest.raises(SignatureError, match=missing):
        verify(NEW, rest, BODY, now=AT.timestamp())


@pytest.mark.parametrize("seconds", [-301, 301])
def test_message_of_another_time_is_refused(seconds: int) -> None:
    """Somebody may repeat what they overheard."""
    with pytest.raises(SignatureError, match="300 seconds"):
        verify(NEW, SENT, BODY, now=AT.timestamp() + seconds)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"type": "x"}', b'{"timestamp": 1}'])
def test_signed_nonsense_is_refused(content: bytes) -> None:
    """Whoever reads the message goes by its fields."""
    with pytest.raises(SignatureError, match="not an event"):
        verify(NEW, headers("1-0", AT, content, [NEW]), content, now=AT.timestamp())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "whsec_x"])
def test_secret_that_is_none_is_said(secret: str) -> None:
    """An empty key would take what anybody signs."""
    with pytest.raises(ValueError, match="whsec_"):
        verify(secret, SENT, BODY, now=AT.timestamp())


@given(st.dictionaries(st.sampled_from(sorted(SENT)), st.text()), st.binary())
def test_nothing_else_is_raised(given_headers: dict[str, str], content: bytes) -> None:
    """A receiver answers 400 to what is not genuine, and must not fall over it."""
    with pytest.raises(SignatureError):
        verify(NEW, given_headers, content, now=AT.timestamp())
