"""Choice of the findings about a mail's sender that are believed: those of our own server.

Anybody can write `Authentication-Results`, our server's name in it too. A mail server takes such
fields out of what it lets in (RFC 8601 section 5); mail that did not pass it may hold any.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from mailer.config import Settings
from mailer.domain.inbound.received import Incoming, Received, Way
from mailer.domain.settings.listen_url import is_loopback
from mailer.message.incoming import facts as letters
from mailer.message.incoming.facts import WrittenMail

_OWN_WAYS: Final = frozenset({Way.IMAP, Way.PIPE})
"""Our server put the mail into its own mailbox, or calls a program itself."""


def read(settings: Settings, record: Received, content: bytes) -> WrittenMail:
    """Read a mail, with what our own server found of its sender if it came through it."""
    authority = settings.authentication_server if came_through(settings, record) else ""
    below = settings.authentication_place == "below"
    return letters.read(content, authority, below=below, recipients=record.recipients)


def came_through(settings: Settings, record: Received | Incoming) -> bool:
    """Tell whether a mail was handed over by our own mail server.

    LMTP is spoken by mail servers within one system (RFC 2033): by a unix socket, whose folder
    decides who may connect, and on this machine it is ours. SMTP is for anybody; where our server
    speaks it, its address must be named, this machine's too.
    """
    if record.way in _OWN_WAYS:
        return True
    if record.way is Way.LMTP and (not record.peer or is_loopback(record.peer)):
        return True
    try:
        peer = ip_address(record.peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    return any(peer in ip_network(one) for one in settings.authentication_hosts)
