"""Checks what an OpenID provider says of somebody (OpenID Connect Core, section 3.1.3.7)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
"""Signatures by a key that the provider alone has: no `none`, and none by a shared secret, for then
whoever knows the public key could sign."""
LEEWAY: Final = timedelta(minutes=2)
"""The amount by which the provider's clock may be wrong."""
OLDEST: Final = timedelta(minutes=10)
"""The age beyond which a token is not one that was made for this sign-in."""
LARGEST: Final = 100_000
_NUMBERS: Final = ("exp", "iat")


class BadTokenError(ValueError):
    """The token is not what was asked for; the text is for the log, and says which part."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


def claims_of(token: str, keys: Mapping[str, Any], expected: Expected) -> Mapping[str, Any]:
    """Return the claims of an ID token.

    Args:
        token: as the provider gave it, at its token endpoint.
        keys: of the provider (JWKS).
        expected: what it must say.

    Raises:
        BadTokenError: it does not say that, or is not signed by one of the keys.
    """
    if len(token) > LARGEST:
        raise BadTokenError("it is too large")
    try:
        found = jwt.decode(
            token,
            KeySet.import_key_set(dict(keys)),  # type: ignore[arg-type]
            algorithms=list(ALGORITHMS),
        )
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadTokenError(f"its signature cannot be checked: {error}") from error
    _check(found.claims, expected)
    return found.claims


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise BadTokenError("it is of another issuer")
    audience = claims.get("aud")
    whole = [audience] if isinstance(audience, str) else audience
    if not isinstance(whole, list) or expected.client_id not in whole:
        raise BadTokenError("it is for another client")
    if (len(whole) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise BadTokenError("another client may use it (azp)")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce, expected.nonce):
        raise BadTokenError("it was made for another sign-in (nonce)")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise BadTokenError("it names nobody (sub)")
    for name in _NUMBERS:
        if type(claims.get(name)) not in {int, float}:
            raise BadTokenError(f"it has no {name}")
    now = expected.now.timestamp()
    leeway = LEEWAY.total_seconds()
    if claims["exp"] <= now - leeway:
        raise BadTokenError("its time is over")
    if not now - OLDEST.total_seconds() <= claims["iat"] <= now + leeway:
        raise BadTokenError("it was made at another time (iat)")


def proved_at(claims: Mapping[str, Any]) -> datetime | None:
    """Return when somebody proved their person to the provider; None: it does not say."""
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool):
        return None
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return None
