"""Whose findings about a mail's sender are believed: our own server's, of what came through it.

Anybody can write `Authentication-Results`, our server's name in it too. A mail server takes such
fields out of what it lets in (RFC 8601 section 5); mail that did not pass it may hold any.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from mailer.config import Settings
from mailer.domain.listen_url import is_loopback
from mailer.domain.received import Received, Way

_OWN_WAYS = frozenset({Way.IMAP, Way.PIPE})
"""Our server put the mail into its own mailbox, or calls a program itself."""


def authority(settings: Settings, record: Received) -> str:
    """Return the name of the server whose findings in a mail are believed; empty: nobody's."""
    return settings.authentication_server if _came_through(settings, record) else ""


def _came_through(settings: Settings, record: Received) -> bool:
    """Tell whether a mail was handed over by our own mail server."""
    if record.way in _OWN_WAYS or not record.peer or is_loopback(record.peer):
        return True  # who may use a unix socket is decided by its folder
    try:
        peer = ip_address(record.peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    return any(peer in ip_network(one) for one in settings.authentication_hosts)
