"""Sends a test message through each relay, signed as all mail is, and tells what became of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.rendering import service_mail
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding
from mailer.domain.settings.transport_url import Destination
from mailer.domain.subscribers.address import parse_address
from mailer.message.outgoing.service_mail import ServiceMail, compose
from mailer.message.outgoing.verp import ReturnPath
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Limits
from mailer.relay.opening import open_transport
from mailer.services.sending import composing
from mailer.services.service_mail.posting import Posting

SECONDS: Final = 15.0
"""For each relay."""
LIMITS: Final = Limits(connect=5.0, command=10.0, final=10.0)
NOBODY: Final = 0
_IDENTITY_BITS: Final = 63

_CODES: Final = {
    Outcome.ACCEPTED: "test.accepted",
    Outcome.REJECTED: "test.refused",
    Outcome.DEFERRED: "test.deferred",
}


def messages(settings: Settings, clock: Clock, address: str, language: str) -> list[Envelope]:
    """Make a message for each relay; bounces of them are nobody's.

    Raises:
        ConfigError: the settings lack what every message needs.
        InputError: the address is none.
    """
    settings.check_for_sending()
    recipient = parse_address(address).given
    signer, keys = Signer(secret_key(settings)), composing.signing_keys(settings)
    path = ReturnPath(settings.list_name, settings.list_domain, signer)
    made = []
    for place, relay in enumerate(settings.relays):
        values = {"list": settings.sender_name_in(language), "relay": str(relay)}
        mail = ServiceMail(
            identity=secrets.randbits(_IDENTITY_BITS) | 1 << _IDENTITY_BITS,
            subscriber=NOBODY,
            address=recipient,
            rendered=service_mail.render("test", language, values),
            asked_by_program=True,
        )
        who = composing.identity(settings, language)
        message = compose(mail, who, signer, clock.now(), keys)
        sender = path.write(mail.identity, NOBODY)
        made.append(composing.enveloped(message, place, sender))
    return made


async def send(settings: Settings, envelopes: Sequence[Envelope]) -> list[Finding]:
    """Hand each relay its message; returns what each said."""
    pairs = zip(settings.relays, envelopes, strict=True)
    return list(await asyncio.gather(*(_through(relay, one) for relay, one in pairs)))


async def _through(relay: Destination, envelope: Envelope) -> Finding:
    told = {"relay": str(relay)}
    pool = open_transport((relay,), connections=1, limits=LIMITS)
    try:
        async with asyncio.timeout(SECONDS):
            attempt: Attempt = await Posting(pool).hand_over(envelope)
    except TimeoutError:
        return found("test.unknown", why="", **told)
    finally:
        await pool.close()
    answer = f"{attempt.code or ''} {attempt.enhanced} {attempt.text}"
    return found(_CODES.get(attempt.outcome, "test.unknown"), why=answer, **told)
