"""Judges how a relay is connected to: TLS offered, a certificate that is its own and lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding
from mailer.domain.settings.listen_url import is_loopback
from mailer.domain.settings.relay_url import RelayUrl, StartTls

SOON_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Seen:
    """What a relay showed at a look."""

    offers: bool
    """STARTTLS, or TLS from the first octet."""
    problem: str = ""
    """Why its certificate does not hold; empty: it does, or there is none."""
    until: datetime | None = None
    """When the certificate ends, if it could be verified."""
    date: datetime | None = None
    """What its greeting says that the time is, if it does."""


def judge(relay: RelayUrl, seen: Seen, now: datetime) -> Finding:
    """Judge what a relay showed beside what the settings ask of it."""
    required = relay.tls or relay.starttls is StartTls.REQUIRED
    told = {"relay": relay.name}
    if not seen.offers and required:
        return found("relay.no_tls_required", **told)
    never = relay.starttls is StartTls.NO and not relay.tls
    plain = never or not seen.offers
    if not required and is_loopback(relay.host) and (plain or seen.problem):
        return found("relay.local", **told)
    if plain:
        return found("relay.no_tls", **told)
    if seen.problem:
        return found("relay.invalid" if required else "relay.unverified", why=seen.problem, **told)
    days = (seen.until - now).days if seen.until else SOON_DAYS
    if days < SOON_DAYS:
        return found("relay.expires", days=days, **told)
    return found("relay.tls", days=days, **told)
