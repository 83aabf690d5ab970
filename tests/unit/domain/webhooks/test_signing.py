"""Signatures as the Standard Webhooks specification has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.webhooks.signing import headers, secret_of

NOW = datetime(2021, 2, 24, 10, 52, 1, 500_000, tzinfo=UTC)


def test_the_specification_s_example_comes_out() -> None:
    """Receivers use its libraries: one bit off, and none of them takes anything."""
    now = datetime.fromtimestamp(1614265330, UTC)
    signed = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        now,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(max_size=50), st.lists(st.integers(1, 9), min_size=1, max_size=2, unique=True))
def test_every_good_secret_has_its_signature(body: bytes, numbers: list[int]) -> None:
    """While secrets are changed, whichever the receiver has must do."""
    secrets = [secret_of(bytes(32), "wh0123456789ab", number) for number in numbers]
    signed = headers("1-0", NOW, body, secrets)["webhook-signature"].split(" ")
    assert len(signed) == len(secrets)
    for secret, one in zip(secrets, signed, strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        wanted = hmac.new(key, b"1-0.1614163921." + body, hashlib.sha256).digest()
        assert one == "v1," + base64.b64encode(wanted).decode()


def test_no_two_endpoints_share_a_secret() -> None:
    """Who has one must not be able to sign to another in our name."""
    made = {
        secret_of(key, endpoint, number)
        for key in (bytes(32), bytes(range(32)))
        for endpoint in ("wh0123456789ab", "wh0123456789a")
        for number in (1, 2, 11)
    }
    assert len(made) == 12
    assert all(len(base64.b64decode(one.removeprefix("whsec_"))) == 32 for one in made)
