"""Gives a campaign a speed of its own, also while it is sending."""

from __future__ import annotations

from mailer.clock import Clock
from mailer.domain.campaigns.campaign import FINAL, Campaign
from mailer.domain.campaigns.rate_limit import SHAPE, RateLimit, parse_rate_limit
from mailer.domain.events import Event
from mailer.errors import InputError, StateError
from mailer.services.access.acting import act, tell
from mailer.store.campaigns import records as campaigns
from mailer.store.campaigns import throttle
from mailer.store.server.connection import Store


@act("campaigns.speed", "number", "speed")
def set_speed(store: Store, clock: Clock, number: int, speed: str) -> Campaign:
    """Limit how many messages of a campaign leave in a time; it takes effect within a second.

    The limits of the settings hold as well.

    Args:
        store: the open store.
        clock: tells the time.
        number: the campaign's.
        speed: such as `600 a minute`; empty: no limit of its own.

    Raises:
        NotFoundError: there is none of that number.
        InputError: the words say no such limit.
        StateError: it has ended.
    """
    limit = _read(speed)
    campaign = campaigns.get(store, number)
    if campaign.state in FINAL:
        raise StateError("campaign", str(number), campaign.state.value, "change the speed of")
    words = str(limit) if limit else ""

    def event(before: str) -> Event:
        fields: dict[str, str | int] = {"campaign": number, "speed": words, "before": before}
        return Event("campaign.paced", clock.now(), fields)

    before = throttle.set_own(store, number, limit, event)
    tell(before={"speed": before}, after={"speed": words})
    return campaigns.get(store, number)


def _read(speed: str) -> RateLimit | None:
    if not speed.strip():
        return None
    remedy = SHAPE.partition(", ")[0]
    try:
        limit = parse_rate_limit(speed)
    except ValueError:
        said = f"{speed!r} is no speed"
        raise InputError.of("speed", said, remedy, code="rate", facts={"value": speed}) from None
    if limit.domain or limit.relay:
        said = "a campaign's own limit is for all of its mail"
        raise InputError.of("speed", said, remedy, code="rate", facts={"value": speed})
    return limit
