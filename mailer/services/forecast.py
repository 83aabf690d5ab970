"""Tells how many would get a campaign, and in which language, if it were started now."""

from __future__ import annotations

from mailer.config import Settings
from mailer.domain.campaign import Campaign
from mailer.services import contents
from mailer.services.campaigns import delivery_languages
from mailer.store import keys
from mailer.store.audience import concerned
from mailer.store.connection import Store


def forecast(store: Store, settings: Settings, campaign: Campaign) -> dict[str, int]:
    """Count by delivery language, by the rules of the start; nothing is frozen.

    Returns:
        Language -> deliveries, most first; without languages that nobody would get it in.
    """
    content = contents.load(store, settings, campaign)
    languages, default = delivery_languages(store, settings, content)
    rest = _audience(store, campaign)
    counted: dict[str, int] = {}
    for reader, delivery in languages.items():
        theirs = rest & _bits(store, keys.language_bits(reader))
        rest ^= theirs
        counted[delivery] = counted.get(delivery, 0) + theirs.bit_count()
    counted[default] = counted.get(default, 0) + rest.bit_count()
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return {language: number for language, number in ordered if number}


def _audience(store: Store, campaign: Campaign) -> int:
    audience = _bits(store, keys.status_bits("active"))
    for group in concerned(campaign):
        any_of = 0
        for bitmap in group:
            any_of |= _bits(store, bitmap)
        audience &= any_of
    return audience & ~_bits(store, keys.SUPPRESSED)


def _bits(store: Store, bitmap: str) -> int:
    """Read a whole bitmap as one number: 1.2 MB for ten million subscribers."""
    return int.from_bytes(store.redis.get(bitmap) or b"", "little")
