"""What a provider says of somebody: believed only if it is all as it must be."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from mailer.domain.access.signing_in.id_token import (
    LEEWAY,
    OLDEST,
    BadTokenError,
    Expected,
    claims_of,
    proved_at,
)

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
AT = int(NOW.timestamp())
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
KEYS: dict[str, Any] = {"keys": [KEY.as_dict(private=False)]}
EXPECTED = Expected("https://login.example.org", "mailer", "the nonce", NOW)
GOOD: dict[str, Any] = {
    "iss": "https://login.example.org",
    "aud": "mailer",
    "nonce": "the nonce",
    "sub": "ada",
    "exp": AT + 300,
    "iat": AT,
}
GONE = object()


def token(key: Any = KEY, alg: str = "RS256", **changed: Any) -> str:
    """Make a token; `GONE` takes a claim away."""
    claims = {name: value for name, value in (GOOD | changed).items() if value is not GONE}
    return jwt.encode({"alg": alg, "kid": "one"}, claims, key, algorithms=[alg])


def by_hand(header: dict[str, Any], signature: str = "") -> str:
    """Make a token that no library would."""
    parts = [json.dumps(header).encode(), json.dumps(GOOD).encode()]
    return ".".join(
        [*(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts), signature]
    )


def by_public_key() -> str:
    """Sign with the public key, which everybody has, as if it were a shared secret."""
    head, claims, _ = by_hand({"alg": "HS256", "kid": "one"}).split(".")
    mac = hmac.digest(KEY.as_pem(private=False), f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"aud": ["mailer"]},
        {"aud": ["mailer", "other"], "azp": "mailer"},
        {"azp": "mailer"},
        {"exp": AT - LEEWAY.total_seconds() + 1},
        {"iat": AT + LEEWAY.total_seconds()},
        {"iat": AT - OLDEST.total_seconds()},
    ],
)
def test_what_is_as_it_must_be_is_believed(changed: dict[str, Any]) -> None:
    """Providers differ, and clocks are a little wrong."""
    assert claims_of(token(**changed), KEYS, EXPECTED)["sub"] == "ada"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.example.org/"},
        {"iss": "https://evil.example"},
        {"iss": GONE},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": ["mailer", "other"]},
        {"aud": ["mailer", "other"], "azp": "other"},
        {"azp": "other"},
        {"aud": GONE},
        {"aud": {"mailer": 1}},
        {"nonce": "another nonce"},
        {"nonce": GONE},
        {"nonce": 1},
        {"sub": GONE},
        {"sub": ""},
        {"sub": 7},
        {"exp": AT - LEEWAY.total_seconds()},
        {"exp": GONE},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": AT + LEEWAY.total_seconds() + 1},
        {"iat": AT - OLDEST.total_seconds() - 1},
        {"iat": GONE},
    ],
)
def test_whatever_is_otherwise_is_not(changed: dict[str, Any]) -> None:
    """Each is a way in which a token of somebody else, or of before, would pass for this one."""
    with pytest.raises(BadTokenError):
        claims_of(token(**changed), KEYS, EXPECTED)


@pytest.mark.parametrize(
    "make",
    [
        lambda: token(OTHER),
        lambda: token(ECKey.generate_key("P-256", {"kid": "one"}), "ES256"),
        by_public_key,
        lambda: by_hand({"alg": "none"}),
        lambda: by_hand({"alg": "none", "kid": "one"}, "x"),
        lambda: by_hand({"alg": "RS256", "kid": "one"}),
        lambda: by_hand({"alg": "RS256", "kid": "one", "jwk": OTHER.as_dict(private=False)}, "x"),
        lambda: by_hand({"kid": "one"}, "x"),
        lambda: token()[:-4] + "AAAA",
        lambda: "",
        lambda: "x" * 200_000,
    ],
    ids=[
        "another key",
        "another kind of key",
        "the public key as a shared secret",
        "none",
        "none with a signature",
        "no signature",
        "a key of its own",
        "no algorithm",
        "a changed signature",
        "nothing",
        "too large",
    ],
)
def test_what_the_provider_did_not_sign_is_not_believed(make: Callable[[], str]) -> None:
    """The ways in which libraries were tricked before."""
    with pytest.raises(BadTokenError):
        claims_of(make(), KEYS, EXPECTED)


@given(st.text(max_size=100) | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    """It comes from outside."""
    with pytest.raises(BadTokenError):
        claims_of(text, KEYS, EXPECTED)


@given(
    st.dictionaries(st.sampled_from(["keys", "kty"]), st.none() | st.text() | st.lists(st.none()))
)
def test_no_set_of_keys_makes_it_fail_otherwise(keys: dict[str, Any]) -> None:
    """So do they."""
    with pytest.raises(BadTokenError):
        claims_of(token(), keys, EXPECTED)


@pytest.mark.parametrize(
    ("at", "found"),
    [(AT, NOW), (GONE, None), ("now", None), (True, None), (1e300, None), (float("nan"), None)],
)
def test_when_somebody_proved_themselves_is_read_if_it_can_be(
    at: Any, found: datetime | None
) -> None:
    """What cannot be read is no proof."""
    assert proved_at({} if at is GONE else {"auth_time": at}) == found


def test_leeway_is_smaller_than_the_age() -> None:
    """Or clocks could be so wrong that an old token is new."""
    assert timedelta() < LEEWAY < OLDEST
