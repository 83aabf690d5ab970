"""Passkeys (W3C Web Authentication, level 2): added by a user, and asked for at sign-in.

    page -> `enrol` or `ask`: a challenge for this browser -> the authenticator signs
    form -> `add` or `answer`: the challenge is used up, the signature is checked

A passkey belongs to the address of the pages, and the browser gives it to no other. The user's
verification (screen lock, PIN) is required, so that a passkey is two factors by itself. Which model
of authenticator it is, is neither asked nor kept.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.signing_in.challenge import Challenge, Purpose
from mailer.domain.access.signing_in.destination import own
from mailer.domain.access.signing_in.factors import MOST_PASSKEYS, Factors, Passkey, name_or
from mailer.domain.access.user import Standing
from mailer.errors import InputError, NotFoundError
from mailer.services.access.acting import act, allowed, tell
from mailer.services.access.signing_in.changing import told
from mailer.services.access.signing_in.links import Opened
from mailer.services.access.signing_in.sessions import Signed
from mailer.services.access.signing_in.visitor import Limits, Visitor
from mailer.store.access import challenges, factors
from mailer.store.access import users as stored
from mailer.store.server.connection import Store

LARGEST: Final = 20_000
"""Characters of an authenticator's answer, many times what they send."""
FROM_NETWORK: Final = 300
"""Challenges an hour for one network."""
_USER_OCTETS: Final = 8
_BROKEN: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What an answer that is none raises: it comes from outside."""


class Passkeys:
    """Adds passkeys, and knows their signatures."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, limits: Limits) -> None:
        """Set up; `limits` counts what strangers may ask for."""
        self._store, self._settings, self._clock, self._limits = store, settings, clock, limits
        parts = urlsplit(settings.public_url)
        self._site, self._origin = parts.hostname or "", f"{parts.scheme}://{parts.netloc}"

    def of(self, signed: Signed) -> tuple[Passkey, ...]:
        """Return the passkeys of a user, the oldest first."""
        return factors.get(self._store, signed.user.number).passkeys

    def enrol(self, signed: Signed, visitor: Visitor) -> str:
        """Return what the browser needs to make a passkey (JSON).

        Raises:
            ProofNeededError: the user must prove their person first.
        """
        allowed("factors.add")
        user, challenge = signed.user, self._challenge(visitor, Purpose.ENROLMENT, signed)
        options = webauthn.generate_registration_options(
            rp_id=self._site,
            rp_name=self._settings.sender_name_in(user.language),
            user_id=user.number.to_bytes(_USER_OCTETS, "big"),
            user_name=user.address,
            user_display_name=user.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id))
                for one in self.of(signed)
            ],
        )
        return options_to_json(options)

    @act("factors.add")
    def add(self, signed: Signed, visitor: Visitor, answer: str, name: str) -> None:
        """Add the passkey that an authenticator made.

        Raises:
            InputError: the answer does not fit what was asked, or the user has too many.
        """
        try:
            made = parse_registration_credential_json(answer[:LARGEST])
            client_data = parse_client_data_json(made.response.client_data_json)
            challenge = self._taken(client_data.challenge, Purpose.ENROLMENT, visitor)
            if challenge is None or challenge.user != signed.user.number:
                raise ValueError("another challenge")
            found = webauthn.verify_registration_response(
                credential=made,
                expected_challenge=client_data.challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _BROKEN as error:
            raise _unfit("what the device answered does not fit") from error
        now = self._clock.now()
        passkey = Passkey(
            bytes_to_base64url(found.credential_id),
            bytes_to_base64url(found.credential_public_key),
            found.sign_count,
            name_or(name, visitor.name or "Passkey"),
            now,
        )

        def decide(known: Factors) -> Factors | None:
            full = len(known.passkeys) >= MOST_PASSKEYS
            return None if full or known.passkey(passkey.id) else known.having(passkey)

        step = told(signed.user, now, "passkeys")
        if not factors.change(self._store, signed.user.number, decide, step):
            raise _unfit("it is there already, or there are too many")
        tell(passkey=passkey.id[:16])

    @act("factors.remove")
    def remove(self, signed: Signed, name: str) -> None:
        """Remove a passkey of the user.

        Raises:
            NotFoundError: they have none of that id.
        """

        def decide(known: Factors) -> Factors | None:
            return known.without(name) if known.passkey(name) else None

        step = told(signed.user, self._clock.now(), "passkeys")
        if not factors.change(self._store, signed.user.number, decide, step):
            raise NotFoundError("passkey", name[:16])
        tell(passkey=name[:16])

    def ask(self, visitor: Visitor, next_: str) -> str | None:
        """Return what the browser needs to ask for a passkey (JSON); None: too many asked.

        It names nobody: the authenticator knows whose passkeys it has for these pages, so that
        nothing tells who is a user.
        """
        if self._limits.count("passkeys", f"network {visitor.network}") > FROM_NETWORK:
            return None
        challenge = self._challenge(visitor, Purpose.PASSKEY, next_=next_)
        options = webauthn.generate_authentication_options(
            rp_id=self._site,
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def answer(self, visitor: Visitor, answer: str) -> Opened | None:
        """Return whose passkey answered, and where to go; None: it does not fit."""
        try:
            return self._answered(visitor, answer[:LARGEST])
        except _BROKEN:
            return None

    def _answered(self, visitor: Visitor, answer: str) -> Opened | None:
        given = parse_authentication_credential_json(answer)
        client_data = parse_client_data_json(given.response.client_data_json)
        challenge = self._taken(client_data.challenge, Purpose.PASSKEY, visitor)
        number = int.from_bytes((given.response.user_handle or b"")[:_USER_OCTETS], "big")
        user = stored.get(self._store, number)
        if challenge is None or user is None or user.standing is Standing.DISABLED:
            return None

        def decide(known: Factors) -> Factors | None:
            """Check against the counter as it is now: of two answers at once, one is late."""
            passkey = known.passkey(given.id)
            if passkey is None:
                return None
            found = webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=client_data.challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
            used = self._clock.now()
            return known.having(replace(passkey, count=found.new_sign_count, used_at=used))

        if not factors.change(self._store, number, decide):
            return None
        return Opened(user, own(challenge.facts.get("next", "")))

    def _challenge(
        self,
        visitor: Visitor,
        purpose: Purpose,
        signed: Signed | None = None,
        next_: str = "",
    ) -> bytes:
        drawn, user = secrets.token_bytes(32), signed.user.number if signed else 0
        facts = {"next": own(next_)}
        made = Challenge(purpose, visitor.browser, self._clock.now(), user, facts)
        challenges.keep(self._store, _name(drawn), made)
        return drawn

    def _taken(self, drawn: bytes, purpose: Purpose, visitor: Visitor) -> Challenge | None:
        """Use a challenge up, if it was made for this browser."""
        found = challenges.take(self._store, _name(drawn))
        fits = found is not None and found.purpose is purpose and found.fits(visitor.browser)
        return found if fits and found and not found.is_over(self._clock.now()) else None


def _name(challenge: bytes) -> str:
    return f"passkey-{hashlib.sha256(challenge).hexdigest()}"


def _unfit(text: str) -> InputError:
    return InputError.of("passkey", text, "try again, or with another device", code="bad_passkey")
