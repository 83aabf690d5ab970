"""Opens the store: our own server, or the one that the settings name, with its version checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from mailer.errors import StoreError
from mailer.store.scripts import AsyncScripts, Scripts
from mailer.store.server import schema, sentinel
from mailer.store.server.embedded import Durability, EmbeddedServer

OLDEST_VALKEY: Final = (8, 0)
OLDEST_REDIS: Final = (7, 2)
FSYNC_MILLISECONDS: Final = 10_000
ANSWER_SECONDS: Final = 30.0
"""How long the store may take over a command. Some are work on a whole list or wait for the disk,
and a machine may stand still for a while; the client's own five seconds would give up on them."""
PATIENCE_SECONDS: Final = 30.0
"""How long one who only looks on waits for a store that has gone: it may be starting again."""
LOOK_AGAIN_SECONDS: Final = 0.2

Found = TypeVar("Found")


@dataclass
class Store:
    """An open store. Values are bytes, both ways.

    Attributes:
        redis: the connection pool for synchronous use; typed loosely, for redis-py types every
            reply as bytes or text, whatever the connection decodes.
        durability: `always`, or `everysec`: then `durable` waits for the disk.
        address: how to connect, as given to `connect` and `connect_async`.
    """

    redis: Any
    durability: Durability
    address: str
    embedded: EmbeddedServer | None = None
    scripts: Scripts = field(init=False)

    def __post_init__(self) -> None:
        """Make the scripts callable."""
        self.scripts = Scripts(self.redis)

    def durable(self) -> None:
        """Return once what this connection wrote is on disk (a no-op where it always is).

        Raises:
            StoreError: the server did not confirm in time; nothing may be acknowledged.
        """
        if self.durability == "always":
            return
        local, _ = self.redis.waitaof(1, 0, FSYNC_MILLISECONDS)
        if not local:
            raise StoreError("The store did not confirm that it wrote to disk; is the disk full?")

    def weaknesses(self) -> list[str]:
        """Say what in the server's set-up could lose what we acknowledged; ours has nothing."""
        found = []
        if not int(self.redis.info("persistence").get("aof_enabled", 1)):
            found.append(
                "The store does not write to disk as it goes: a restart of its server would lose "
                "readers and mails. Set `appendonly yes` there."
            )
        policy = self.redis.info("memory").get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            found.append(
                f"The store would throw data away when its memory is full ({policy}). Set "
                "`maxmemory-policy noeviction` there."
            )
        return found

    def patiently(
        self, read: Callable[[], Found], sleep: Callable[[float], None] = time.sleep
    ) -> Found:
        """Read something, again if the store was lost meanwhile: it may be starting again.

        Only for reading: after a lost connection nobody knows whether a change was made.

        Args:
            read: what to do; may be called several times.
            sleep: waits a while.

        Raises:
            StoreError: it did not come back.
        """
        waited = 0.0
        while True:
            try:
                return read()
            except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
                if waited >= PATIENCE_SECONDS:
                    raise trouble(error) from error
            sleep(LOOK_AGAIN_SECONDS)
            waited += LOOK_AGAIN_SECONDS

    def asyncio(self) -> AsyncStore:
        """Open the same store for use in the running event loop."""
        client = connect_async(self.address)
        return AsyncStore(client, self.durability, AsyncScripts(client))

    def close(self) -> None:
        """Close the connections, and the server if it is ours and nobody else uses it."""
        for watcher in sentinel.clients_of(self.redis):
            watcher.close()
        self.redis.close()
        if self.embedded is not None:
            self.embedded.close()


@dataclass
class AsyncStore:
    """An open store for one event loop."""

    redis: Any
    durability: Durability
    scripts: AsyncScripts

    async def durable(self) -> None:
        """Return once what was written is on disk; see `Store.durable`."""
        if self.durability == "always":
            return
        local, _ = await self.redis.waitaof(1, 0, FSYNC_MILLISECONDS)
        if not local:
            raise StoreError("The store did not confirm that it wrote to disk; is the disk full?")

    async def close(self) -> None:
        """Close the connections."""
        for watcher in sentinel.clients_of(self.redis):
            await watcher.aclose()
        await self.redis.aclose()


def trouble(error: Exception) -> StoreError:
    """Say in words what the store's client complained of in the middle of something."""
    said = str(error).rstrip(".")
    if isinstance(error, redis.AuthenticationError):  # must come first: the client counts it below
        return StoreError(f"The store does not let us in: {said}. Check the setting redis_url.")
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError):
        return StoreError(
            f"The store was lost: {said}. Does it run, or `mailer up`, whose store it is? Whether "
            "the last change was made is not known: look before you try again."
        )
    if isinstance(error, redis.exceptions.OutOfMemoryError):
        return StoreError("The store is full: give its server more memory (maxmemory).")
    if said.startswith("MISCONF"):
        return StoreError(f"The store cannot write to its disk: {said}. Make room there.")
    return StoreError(f"The store refuses: {said}. Its own log may say more.")


def open_store(
    data_dir: Path,
    redis_url: str = "",
    durability: Durability = "always",
    *,
    any_version: bool = False,
) -> Store:
    """Open the store of a data directory, or the external one at a URL.

    Args:
        data_dir: where the embedded server keeps its files; unused with a URL.
        redis_url: `redis://`, `rediss://`, `unix://` or `redis+sentinel://h1:p1,h2:p2/NAME` (or
            `rediss+sentinel://`); empty for the embedded server.
        durability: what the embedded server is started with, and what an external one is taken
            to have.
        any_version: take data of former versions too, or half-way between two: to migrate it.

    Raises:
        StoreError: it cannot be reached, is too old, or holds data of another schema version.
    """
    embedded = None if redis_url else EmbeddedServer(data_dir, durability)
    address = redis_url or f"unix://{embedded.open() if embedded else ''}"
    store = Store(connect(address), durability, address, embedded)
    try:
        _check_server(store)
        if any_version:
            schema.find(store.redis)
        else:
            schema.check(store.redis)
    except (redis.ResponseError, redis.AuthenticationError) as error:
        store.close()
        raise trouble(error) from error
    except redis.RedisError as error:
        store.close()
        raise StoreError(
            f"The store at {_shown(address)} cannot be used: {str(error).rstrip('.')}. "
            "Is the server running, and is the setting redis_url right?"
        ) from error
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def opened(
    data_dir: Path, redis_url: str = "", durability: Durability = "always"
) -> Iterator[Store]:
    """Open a store for the length of a `with` block."""
    store = open_store(data_dir, redis_url, durability)
    try:
        yield store
    finally:
        store.close()


def connect(address: str) -> redis.Redis:
    """Return a client for an address; nothing is sent yet.

    Commands are not sent again by themselves after a lost connection: whether that is safe is
    for the caller to know.
    """
    options = _options()
    if (watched := sentinel.read(address)) is not None:
        return sentinel.connect(watched, options)
    return redis.Redis.from_url(address, **options)


def connect_async(address: str) -> redis.asyncio.Redis:
    """Return an asyncio client for an address; nothing is sent yet."""
    options = _options(asynchronous=True)
    if (watched := sentinel.read(address)) is not None:
        return sentinel.connect_async(watched, options)
    return redis.asyncio.Redis.from_url(address, **options)


def _options(*, asynchronous: bool = False) -> dict[str, Any]:
    retry: Any = (
        redis.asyncio.retry.Retry(NoBackoff(), 0) if asynchronous else Retry(NoBackoff(), 0)
    )
    return {
        "retry": retry,
        "socket_connect_timeout": 10.0,
        "socket_timeout": ANSWER_SECONDS,
        "protocol": 2,
    }


def _shown(address: str) -> str:
    """Return the address without its password."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _check_server(store: Store) -> None:
    info = store.redis.info("server")
    name = "valkey_version" if "valkey_version" in info else "redis_version"
    version = tuple(int(part) for part in str(info[name]).split(".")[:2])
    oldest = OLDEST_VALKEY if name == "valkey_version" else OLDEST_REDIS
    if version < oldest:
        raise StoreError(
            f"The store runs version {info[name]}; Mailer needs Valkey 8 or Redis 7.2 or newer."
        )
