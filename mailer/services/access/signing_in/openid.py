"""Signing in with an OpenID provider: Entra, Keycloak, Google and others.

    button -> `begin`: a state for this browser -> the provider, which asks whoever it is
    page with what came back -> `finish`: the state is used up, the code exchanged, the token
    checked -> a user

The code is bound to us by PKCE (RFC 7636), to this sign-in by the nonce, to this browser by the
state, and to this provider by its name (RFC 9207, OAuth mix-up). Nonce and PKCE's secret are made
from the state with a key that the store does not hold, so that none of them is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings, openid_secret, secret_key
from mailer.domain.access.actor import provider
from mailer.domain.access.rights import Role
from mailer.domain.access.signing_in import browser
from mailer.domain.access.signing_in.challenge import Challenge, Purpose
from mailer.domain.access.signing_in.destination import own
from mailer.domain.access.signing_in.factors import name_or
from mailer.domain.access.signing_in.id_token import (
    LEEWAY,
    BadTokenError,
    Expected,
    claims_of,
    proved_at,
)
from mailer.domain.access.signing_in.sealing import key_for
from mailer.domain.access.signing_in.session import PROOF
from mailer.domain.access.user import Standing, User
from mailer.domain.events import Event
from mailer.domain.settings.openid import OpenId
from mailer.domain.subscribers.address import Address, AddressError, parse_address
from mailer.errors import StateError
from mailer.services.access import users
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.access.signing_in.provider import Provider, ProviderError
from mailer.services.access.signing_in.sessions import Signed
from mailer.services.access.signing_in.visitor import Limits, Visitor
from mailer.store import events
from mailer.store.access import challenges
from mailer.store.access import users as stored
from mailer.store.server.connection import Store

FROM_NETWORK: Final = 300
"""Sign-ins an hour that one network may begin."""
CALLBACK: Final = "/console/openid/back"
SCOPES: Final = "openid email profile"
LONGEST: Final = 4000
"""Characters of a code."""

_log = log.get_logger(__name__)


class Refusal(Enum):
    """Why it came to nothing."""

    REFUSED = "refused"
    """The provider said so, or whoever it asked."""
    LATE = "late"
    """The state is used, over, or of another browser."""
    UNFIT = "unfit"
    """What came back is not what was asked for."""
    AWAY = "away"
    UNVERIFIED = "unverified"
    """The provider does not vouch for an address."""
    NO_ROLE = "no_role"
    """Nobody of that address is a user, and nothing gives them a role."""


class _RefusedError(Exception):
    """Ends a sign-in."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.value)


class Back(NamedTuple):
    """What the provider sent the browser back with."""

    state: str
    code: str = ""
    issuer: str = ""
    error: str = ""


class Proven(NamedTuple):
    """Whoever it was."""

    user: User
    next: str
    at: datetime
    """When they proved their person to the provider; long ago, if it does not say."""


class OpenIdSignIn:
    """Signs in with the provider of the settings."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, limits: Limits, recorder: Recorder
    ) -> None:
        """Set up.

        Raises:
            ConfigError: a file with a secret cannot be read.
            ValueError: the settings name no provider.
        """
        if settings.openid is None:
            raise ValueError("The settings name no provider.")
        self._store, self._settings, self._clock = store, settings, clock
        self._limits, self._recorder = limits, recorder
        self._asked: OpenId = settings.openid
        self._provider = Provider(settings.openid, openid_secret(settings))
        self._key = key_for(secret_key(settings), "openid")

    @property
    def name(self) -> str:
        """Return the provider's name for people."""
        return self._asked.name

    def begin(self, visitor: Visitor, next_: str, signed: Signed | None) -> str | Refusal:
        """Return the address at the provider to which the browser goes.

        Args:
            visitor: the browser.
            next_: the page to go to afterwards.
            signed: a user who must prove their person again: the provider is told to ask them.
        """
        if self._limits.count("openid", f"network {visitor.network}") > FROM_NETWORK:
            return Refusal.AWAY
        try:
            address = str(self._provider.offers()["authorization_endpoint"])
        except ProviderError as error:
            return self._away(error)
        state, user = browser.draw(), signed.user.number if signed else 0
        made = Challenge(
            Purpose.OPENID, visitor.browser, self._clock.now(), user, {"next": own(next_)}
        )
        challenges.keep(self._store, _name(state), made)
        digest = hashlib.sha256(self._made(state, "verifier").encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._asked.client_id,
            "redirect_uri": self._callback,
            "scope": SCOPES,
            "state": state,
            "nonce": self._made(state, "nonce"),
            "code_challenge": _letters(digest),
            "code_challenge_method": "S256",
        }
        if signed:
            asked |= {"prompt": "login", "max_age": "0", "login_hint": signed.user.address}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def finish(self, back: Back, visitor: Visitor) -> Proven | Refusal:
        """Return whom the provider vouches for; the state is used up, whatever comes of it."""
        challenge = self._taken(back.state, visitor)
        if challenge is None:
            return Refusal.LATE
        try:
            return self._finished(back, visitor, challenge)
        except ProviderError as error:
            return self._away(error)
        except BadTokenError as error:
            _log.warning("openid.unfit", message=f"The provider's answer does not fit: {error}.")
            return self._failed(challenge.user, Refusal.UNFIT)
        except _RefusedError as error:
            return self._failed(challenge.user, error.refusal)

    def _finished(self, back: Back, visitor: Visitor, challenge: Challenge) -> Proven:
        if back.error:
            raise _RefusedError(Refusal.REFUSED)
        claims = self._claims(back)
        now = self._clock.now()
        at = min(now, proved_at(claims) or now - PROOF)
        if challenge.user and at < challenge.at - LEEWAY:
            raise BadTokenError("it did not ask the user anew (auth_time)")
        user = self._user(claims, visitor)
        return Proven(user, own(challenge.facts.get("next", "")), at)

    def _taken(self, state: str, visitor: Visitor) -> Challenge | None:
        if not browser.is_secret(state):
            return None
        found = challenges.look(self._store, _name(state))
        if found is None or found.purpose is not Purpose.OPENID or not found.fits(visitor.browser):
            return None
        found = challenges.take(self._store, _name(state))
        return found if found and not found.is_over(self._clock.now()) else None

    def _claims(self, back: Back) -> Mapping[str, Any]:
        """Return what the provider says of whoever it was, once it is sure that it is the provider.

        Raises:
            ProviderError: it could not be asked.
            BadTokenError: it, or another, says something that does not fit.
        """
        offers = self._provider.offers()
        says = offers.get("authorization_response_iss_parameter_supported") is True
        if (says or back.issuer) and back.issuer != self._asked.issuer:  # RFC 9207 section 2.4
            raise BadTokenError("the answer is of another issuer")
        if not back.code or len(back.code) > LONGEST:
            raise BadTokenError("there is no code")
        tokens = self._provider.exchange(
            {
                "grant_type": "authorization_code",
                "code": back.code,
                "redirect_uri": self._callback,
                "code_verifier": self._made(back.state, "verifier"),
            }
        )
        claims = self._checked(str(tokens.get("id_token") or ""), back.state)
        if "email" in claims and (not self._asked.roles or self._asked.role_of(claims)):
            return claims
        more = self._provider.about(str(tokens.get("access_token") or ""))
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core, section 5.3.2
            raise BadTokenError("what it tells besides is about somebody else")
        return {**more, **claims}

    def _checked(self, token: str, state: str) -> Mapping[str, Any]:
        """Check a token with the keys that are known, and with fresh ones if they do not fit."""
        expected = Expected(
            self._asked.issuer,
            self._asked.client_id,
            self._made(state, "nonce"),
            self._clock.now(),
        )
        try:
            return claims_of(token, self._provider.keys(), expected)
        except BadTokenError:
            return claims_of(token, self._provider.keys(fresh=True), expected)

    def _user(self, claims: Mapping[str, Any], visitor: Visitor) -> User:
        """Find the user of a verified address, or add them if their claims give a role.

        An address that the provider does not vouch for could be anybody's.
        """
        email = claims.get("email")
        try:
            address = parse_address(email if isinstance(email, str) else "")
        except AddressError:
            raise _RefusedError(Refusal.UNVERIFIED) from None
        if not (claims.get("email_verified") is True or self._asked.trust_email):
            raise _RefusedError(Refusal.UNVERIFIED)
        user = stored.of_address(self._store, address.key)
        kept = user.role if user else None
        role = self._asked.role_of(claims) if self._asked.roles else kept
        if role is None or (user is not None and user.standing is Standing.DISABLED):
            raise _RefusedError(Refusal.NO_ROLE)
        if user is not None and user.role is role:
            return user
        with acting_as(provider(self.name, visitor.client), self._recorder):
            return self._in_step(user, address, role, claims)

    def _in_step(
        self, user: User | None, address: Address, role: Role, claims: Mapping[str, Any]
    ) -> User:
        """Add a user, or give them the role that their claims give."""
        now = self._clock.now()
        if user is None:
            name = claims.get("name")
            shown = name_or(name if isinstance(name, str) else "", address.key.partition("@")[0])
            return users.add(self._store, self._settings, now, address, name=shown, role=role)
        try:
            return users.give_role(self._store, now, user.address, role)
        except StateError:  # the last owner stays one: somebody must be able to manage users
            return user

    def _made(self, state: str, what: str) -> str:
        """Make a secret of this sign-in from its state."""
        return _letters(hmac.digest(self._key, f"{what} {state}".encode(), "sha256"))

    @property
    def _callback(self) -> str:
        return f"{self._settings.public_url}{CALLBACK}"

    def _failed(self, user: int, refusal: Refusal) -> Refusal:
        facts: dict[str, str | int] = {"user": user, "way": "openid", "reason": refusal.value}
        events.record(self._store, Event("sign_in.failed", self._clock.now(), facts))
        return refusal

    def _away(self, error: ProviderError) -> Refusal:
        _log.warning("openid.away", message=f"The OpenID provider cannot be used: {error}.")
        return Refusal.AWAY


def _name(state: str) -> str:
    return f"openid-{browser.digest_of(state)}"


def _letters(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
