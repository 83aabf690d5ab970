"""Makes the transport that the settings ask for; a new kind of transport is registered here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.settings.transport_url import Destination, TransportUrl
from mailer.relay.breaker import MOST_REFUSALS
from mailer.relay.direct import Carrier, Direct
from mailer.relay.limits import Backoff, Limits
from mailer.relay.maildir import Maildir
from mailer.relay.pipe import Pipe
from mailer.relay.smtp.pool import RelayPool
from mailer.relay.transport import Transport

CARRIERS: Final[Mapping[str, Callable[[str], Carrier]]] = {
    "maildir": Maildir,
    "pipe": Pipe,
}
"""The maker of the carrier for each scheme of `domain.settings.transport_url`, given its place."""


def open_transport(
    relays: Sequence[Destination],
    *,
    connections: int,
    refusals: int = MOST_REFUSALS,
    limits: Limits | None = None,
    backoff: Backoff | None = None,
    ehlo_name: str | None = None,
) -> Transport:
    """Make a transport; call it in the event loop that it is for.

    Args:
        relays: SMTP relays, or one other destination by itself.
        connections: most connections, or messages, at once.
        refusals: so many equal refusals in a row are about us.
        limits: time-outs of SMTP.
        backoff: how what fails is left alone.
        ehlo_name: what we call ourselves to SMTP relays; none: the machine's full name.

    Raises:
        ValueError: there is none, or SMTP and another way are mixed.
    """
    smtp = [relay for relay in relays if isinstance(relay, RelayUrl)]
    others = [relay for relay in relays if isinstance(relay, TransportUrl)]
    if len(others) == 1 and not smtp:
        carrier = CARRIERS[others[0].scheme](others[0].place)
        return Direct(
            others[0], carrier, connections=connections, refusals=refusals, backoff=backoff
        )
    if others:
        raise ValueError("One way other than SMTP is used by itself; correct the setting relays.")
    return RelayPool(
        smtp,
        connections=connections,
        refusals=refusals,
        limits=limits,
        backoff=backoff,
        ehlo_name=ehlo_name,
    )
