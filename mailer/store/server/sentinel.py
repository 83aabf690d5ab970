"""Finds a store that Sentinels watch: they say which machine serves, and where it moved to."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

from mailer.store.server.client import AsyncClient, Client

PORT: Final = 26379
ASK_SECONDS: Final = 5.0
"""The time that one Sentinel may take to answer before the next is asked."""


class Watched(NamedTuple):
    """A server that Sentinels watch, and how to speak to them and to it."""

    hosts: list[tuple[str, int]]
    name: str
    secure: dict[str, Any]
    """For the connections to the Sentinels, which ask for no login."""
    options: dict[str, Any]
    """For those to the server itself: its login, its database."""


def read(address: str) -> Watched | None:
    """Read `redis[s]+sentinel://[user:password@]host1:port,host2/name[/database]`.

    Returns:
        What it says, or None if it is another kind of address.
    """
    parts = urlsplit(address)
    if not parts.scheme.endswith("+sentinel"):
        return None
    login, _, netloc = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    hosts = [urlsplit(f"//{host}") for host in netloc.split(",")]
    name, _, database = parts.path.strip("/").partition("/")
    secure = {"ssl": True} if parts.scheme == "rediss+sentinel" else {}
    options: dict[str, Any] = {"db": int(database or 0), **secure}
    if password:
        options |= {"username": unquote(user) or None, "password": unquote(password)}
    return Watched([(str(h.hostname), h.port or PORT) for h in hosts], name, secure, options)


class _Connection(redis.sentinel.SentinelManagedConnection):
    """Ends when a reply could not be read, as every other kind of connection does by itself.

    Without that, one whose wait was broken off (by SIGTERM, in a worker that waits for jobs) would
    go back to the pool, and the next command would get the reply to the one before.
    """

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Read one reply."""
        options.setdefault("disconnect_on_error", True)
        found: Any = super().read_response(*args, **options)
        return found


class _SecureConnection(_Connection, redis.sentinel.SentinelManagedSSLConnection):
    """The same with TLS."""


def connect(watched: Watched, options: dict[str, Any]) -> Client:
    """Return a client for the server that serves now; nothing is sent yet."""
    kind = _SecureConnection if watched.options.get("ssl") else _Connection
    sentinel: Any = redis.sentinel.Sentinel
    asked = sentinel(watched.hosts, socket_timeout=ASK_SECONDS, **watched.secure)
    found: Client = asked.master_for(
        watched.name, Client, **options, **watched.options, connection_class=kind
    )
    return found


def connect_async(watched: Watched, options: dict[str, Any]) -> AsyncClient:
    """Return the same for asyncio, whose connections do end by themselves."""
    sentinel: Any = redis.asyncio.sentinel.Sentinel
    asked = sentinel(watched.hosts, socket_timeout=ASK_SECONDS, **watched.secure)
    found: AsyncClient = asked.master_for(watched.name, AsyncClient, **options, **watched.options)
    return found


def clients_of(client: Any) -> list[Any]:
    """Return a client's own clients of Sentinels, which it does not close with itself."""
    manager = getattr(client.connection_pool, "sentinel_manager", None)
    return list(manager.sentinels) if manager else []
