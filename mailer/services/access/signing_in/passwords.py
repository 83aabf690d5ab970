"""A password with the codes of an app, or with a recovery code: never by itself.

What is stored helps nobody who has the store alone: the password is mixed with a key from the
secret key file before it is hashed, the seed of the codes is encrypted, and recovery codes are
keyed hashes.
"""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.signing_in.attempts import rules
from mailer.domain.access.signing_in.factors import (
    LONGEST_PASSWORD,
    Factors,
    Password,
    draw_recovery,
    draw_seed,
    matching_step,
    normalised,
    problem_of,
    recovery_digest,
    seed_uri,
    spent,
)
from mailer.domain.access.signing_in.sealing import key_for, seal, unseal
from mailer.domain.access.user import Standing, User
from mailer.domain.events import Event
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.errors import InputError, NotFoundError
from mailer.services.access.acting import act, allowed
from mailer.services.access.signing_in.changing import told
from mailer.services.access.signing_in.sessions import Signed
from mailer.services.access.signing_in.visitor import Limits, Visitor
from mailer.store import events
from mailer.store.access import attempts, factors
from mailer.store.access import users as stored
from mailer.store.server.connection import Store

COST: Final = RFC_9106_LOW_MEMORY
"""What a hash costs: 64 MiB, three times over (RFC 9106 section 4)."""
AT_ONCE: Final = 2
"""Passwords that a process hashes at once, each with its memory."""
SEED_MINUTES: Final = 30
"""The time for which the page that shows a new seed is good."""
_NO_SEED: Final = "A" * 32

_slots = threading.BoundedSemaphore(AT_ONCE)


class Enrolment(NamedTuple):
    """A new seed, for the page that shows it."""

    seed: str
    uri: str
    """The link by which an app takes it."""
    sealed: str
    """The same, for the form to bring back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of an attempt."""

    user: User | None = None
    """Whoever it was; none: it does not fit."""
    wait: timedelta = timedelta()
    """How long one must wait before it is looked at."""


class Passwords:
    """Sets passwords, and tells right ones from wrong."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, limits: Limits) -> None:
        """Set up; `limits` hides whom a counter is about.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock, self._limits = store, settings, clock, limits
        secret = secret_key(settings)
        self._pepper, self._key = key_for(secret, "password"), key_for(secret, "code")
        self._hasher = PasswordHasher.from_parameters(COST)

    def of(self, signed: Signed) -> Password | None:
        """Return what a user has set."""
        return factors.get(self._store, signed.user.number).password

    def enrol(self, signed: Signed) -> Enrolment:
        """Draw a seed, which nothing is stored of before its codes are seen to work.

        Raises:
            ProofNeededError: the user must prove their person first.
        """
        allowed("factors.add")
        seed, user = draw_seed(), signed.user
        issuer = self._settings.sender_name_in(user.language)
        made = f"{int(self._clock.now().timestamp())} {seed}"
        sealed = seal(self._key, made, f"enrolment {user.number}")
        return Enrolment(seed, seed_uri(seed, user.address, issuer), sealed)

    @act("factors.add")
    def set(
        self, signed: Signed, sealed: str, *, password: str, repeated: str, code: str
    ) -> list[str]:
        """Set a password with an app, in place of a former one.

        Returns:
            The recovery codes, which are shown once.

        Raises:
            InputError: the password cannot be, the code does not fit, or the page is too old.
        """
        user, now = signed.user, self._clock.now()
        seed = self._drawn(user, sealed, now)
        if seed is None:
            said = "the page lay open for too long"
            raise InputError.of("code", said, "take the new key", code="stale_page")
        if problem := problem_of(password, repeated, (user.name, user.address)):
            raise InputError([problem])
        step = matching_step(seed, code, now, 0)
        if step is None:
            said = "it does not fit"
            raise InputError.of("code", said, "check the device's clock", code="bad_code")
        codes = draw_recovery()
        made = Password(
            self._hash(password),
            seal(self._key, seed, f"seed {user.number}"),
            step,
            tuple(recovery_digest(self._key, one) for one in codes),
        )

        def decide(known: Factors) -> Factors:
            return replace(known, password=made)

        factors.change(self._store, user.number, decide, told(user, now, "password"))
        return codes

    def _drawn(self, user: User, sealed: str, now: datetime) -> str | None:
        made, _, seed = (unseal(self._key, sealed, f"enrolment {user.number}") or "").partition(" ")
        fresh = bool(seed) and now.timestamp() - int(made) < SEED_MINUTES * 60
        return seed if fresh else None

    @act("factors.remove")
    def remove(self, signed: Signed) -> None:
        """Remove the password of the user, and the app's seed with it.

        Raises:
            NotFoundError: they have none.
        """

        def decide(known: Factors) -> Factors | None:
            return replace(known, password=None) if known.password else None

        step = told(signed.user, self._clock.now(), "password")
        if not factors.change(self._store, signed.user.number, decide, step):
            raise NotFoundError("password", signed.user.name)

    def answer(self, address: str, password: str, code: str, visitor: Visitor) -> Answer:
        """Tell whose address, password and code these are.

        Takes as long, and waits as long, whoever's address it is; and does not tell which of the
        three is wrong.
        """
        try:
            key = parse_address(address).key
        except AddressError:
            return Answer()
        user, now = stored.of_address(self._store, key), self._clock.now()
        known = user is not None and user.number in attempts.known(self._store, visitor.browser)
        counted = rules(
            self._limits.hidden(f"user {key}"),
            self._limits.hidden(f"network {visitor.network}"),
            visitor.browser if known else "",
        )
        if wait := attempts.begin(self._store, counted, now):
            return Answer(wait=wait)
        number = user.number if user else 0
        has = factors.get(self._store, number).password
        right = self._fits(has.hashed if has else self._nobody, password)
        taken = factors.change(
            self._store, number, lambda now_: self._used(now_, number, code, right)
        )
        if user is None or not taken or user.standing is Standing.DISABLED:
            if user and has:
                self._failed(user, now)
            return Answer()
        attempts.forget(self._store, [name for name in counted if not name.startswith("network")])
        return Answer(user)

    def _used(self, known: Factors, number: int, code: str, right: bool) -> Factors | None:
        """Use a code up; None: it does not fit, or the password did not, or there is none."""
        has = known.password
        seed = unseal(self._key, has.seed, f"seed {number}") if has else None
        step = matching_step(seed or _NO_SEED, code, self._clock.now(), has.step if has else 0)
        less = spent(has, self._key, code) if has else None
        if not right or has is None or seed is None:
            return None
        if step is not None:
            return replace(known, password=replace(has, step=step))
        return replace(known, password=less) if less else None

    def _failed(self, user: User, now: datetime) -> None:
        reason = "password or code do not fit"
        facts: dict[str, str | int] = {"user": user.number, "way": "password", "reason": reason}
        events.record(self._store, Event("sign_in.failed", now, facts))

    def _hash(self, password: str) -> str:
        with _slots:
            return self._hasher.hash(self._mixed(password))

    def _fits(self, hashed: str, password: str) -> bool:
        with _slots:
            try:
                return self._hasher.verify(hashed, self._mixed(password))
            except (VerificationError, InvalidHashError):
                return False

    def _mixed(self, password: str) -> bytes:
        given = normalised(password[: LONGEST_PASSWORD + 1])
        return hmac.digest(self._pepper, given, "sha256")

    @cached_property
    def _nobody(self) -> str:
        """Return a hash that no password has, for those who have none: it takes as long."""
        return self._hasher.hash(draw_seed())
